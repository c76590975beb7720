import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, initPosition, LoadSession, type Queryable } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { TABLES } from '../src/schema/declared.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('roles', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query(`REVOKE TEMPORARY ON DATABASE ${db.name} FROM PUBLIC`);
    await initPosition(db.database, 't', 0, 0n, 0n);
  });
  afterAll(() => db.drop());

  /** The statement's SQLSTATE as that role, or `ok`; nothing it did stays. */
  const as = async (role: string, statement: string): Promise<string> => {
    let outcome = 'ok';
    const undo = new Error('undo');
    await db.database
      .withTransaction(async (tx: Queryable) => {
        await tx.query(`SET LOCAL ROLE ${role}`);
        try {
          await tx.query(statement);
        } catch (error) {
          outcome = (error as { sqlstate?: string }).sqlstate ?? String(error);
        }
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) {
          throw error;
        }
      });
    return outcome;
  };
  const denied = '42501';
  const lot = `INSERT INTO lots (id, lot_id) VALUES (gen_random_uuid(), 'L')`;
  const standstill = `INSERT INTO ingest_partitions (source_topic, source_partition, state, at_offset, owner) VALUES ('t', 0, 'send_failed', 1, 'me')`;
  const decision = `INSERT INTO ingest_decisions (source_topic, source_partition, kind, at_offset, to_offset, decided_by, reason) VALUES ('t', 0, 'resume', 1, 2, 'me', 'r')`;
  const parameter = `INSERT INTO parameters (name, valid_from, reason, created_by) VALUES ('p', now(), 'r', 'me')`;
  const audit = `SELECT append_audit('api', 'somebody', 'a', 's', 'because', NULL, NULL)`;
  const audits = `SELECT append_audits('api', 'somebody', 'a', ARRAY['s', 't'], 'because', NULL, NULL)`;
  const endSession = `SELECT private.end_session(sha256('s'), now() + INTERVAL '1 hour')`;

  it.each([
    ['chip_writer', lot, 'ok'],
    ['chip_writer', `INSERT INTO metrics_delta VALUES (now(), 's', 'm', NULL, 1, 1, 1, 1)`, 'ok'],
    ['chip_writer', 'SELECT fold_metrics(), fold_yield()', 'ok'],
    ['chip_writer', `SELECT apply_retention('measurements'), apply_retention('system_metrics')`, 'ok'],
    ['chip_writer', 'SELECT refresh_daily_inspection_summary()', 'ok'],
    ['chip_writer', `SELECT take_partition('t', 0, 'me')`, 'ok'],
    ['chip_writer', `UPDATE stream_positions SET state = 'gap'`, 'ok'],
    ['chip_writer', `SELECT set_retention('measurements', '1 day')`, denied],
    ['chip_writer', 'DELETE FROM inspections', denied],
    ['chip_writer', 'DELETE FROM stream_positions', denied],
    ['chip_writer', 'DROP TABLE defects', denied],
    ['chip_writer', 'CREATE TABLE mine (a int)', denied],
    [
      'chip_writer',
      'CREATE TEMPORARY TABLE mine AS SELECT a.*, i.site, p.chip_id AS name, w.id AS wafer, e.content_hash FROM inspection_attempts a, inspections i, parts p, wafers w, inspection_events e WITH NO DATA',
      'ok',
    ],
    ['chip_reader', 'CREATE TEMPORARY TABLE mine (a int)', denied],
    ['chip_writer', 'UPDATE system_metrics SET metric_value = 0', denied],
    ['chip_ingest', 'SELECT keep FROM retention_settings', 'ok'],
    ['chip_ingest', standstill, 'ok'],
    ['chip_ingest', 'SELECT * FROM ingest_decisions', 'ok'],
    ['chip_ingest', decision, denied],
    ['chip_ingest', 'DELETE FROM ingest_partitions', denied],
    ['chip_ingest', 'SELECT * FROM inspections', denied],
    ['chip_ingest', 'SELECT * FROM audit_log', denied],
    ['chip_ingest', `UPDATE retention_settings SET keep = '1 day'`, denied],
    ['chip_writer', decision, denied],
    ['chip_api', decision, denied],
    ['chip_api', 'SELECT * FROM ingest_partitions', 'ok'],
    ['chip_writer', `UPDATE lots SET lot_id = 'X'`, denied],
    ['chip_writer', 'DELETE FROM retention_settings', denied],
    ['chip_writer', 'SELECT * FROM audit_log', denied],
    ['chip_writer', audit, denied],
    ['chip_writer', audits, denied],
    ['chip_api', lot, 'ok'],
    ['chip_api', `UPDATE inspections SET result = 'pass'`, denied],
    ['chip_api', `UPDATE lots SET lot_id = 'X'`, denied],
    ['chip_api', 'UPDATE parts SET chip_id = chip_id', denied],
    ['chip_api', 'INSERT INTO legal_holds SELECT', denied],
    ['chip_api', audit.replace("'api'", "'operator'"), denied],
    ['chip_api', audit.replace("'api'", "'schema'"), denied],
    ['chip_api', `INSERT INTO audit_writers VALUES ('chip_api', 'operator')`, denied],
    ['chip_api', `SELECT set_retention('measurements', '1 day')`, denied],
    ['chip_api', 'SELECT * FROM yield_daily, metrics_daily, schema_info, unused_indexes, slow_queries', 'ok'],
    ['chip_api', audit, 'ok'],
    ['chip_api', audits, 'ok'],
    ['chip_api', audits.replace("'api'", "'operator'"), denied],
    ['chip_api', `SELECT * FROM verify_audit('api')`, 'ok'],
    ['chip_api', `UPDATE stream_positions SET state = 'gap'`, denied],
    ['chip_api', 'SELECT fold_metrics()', denied],
    ['chip_api', 'DELETE FROM inspection_attempts', denied],
    ['chip_api', `INSERT INTO audit_log VALUES ('api', 1, now(), 'a', 'a', 'a', 'a', NULL, NULL, '', '')`, denied],
    ['chip_api', 'DELETE FROM audit_log', denied],
    ['chip_api', 'SELECT prune_audit(now(), 10)', denied],
    ['chip_api', parameter, 'ok'],
    ['chip_writer', parameter, denied],
    ['chip_api', 'DELETE FROM parameters', denied],
    ['chip_api', 'UPDATE control_limits SET centre = 0', denied],
    ['chip_api', 'TRUNCATE control_limits', denied],
    ['chip_reader', 'SELECT * FROM inspections, audit_log, stream_positions', 'ok'],
    ['chip_reader', `SELECT time_bucket('1 hour', now())`, 'ok'],
    ['chip_reader', lot, denied],
    ['chip_reader', audit, denied],
    ['chip_reader', 'SELECT refresh_daily_inspection_summary()', denied],
    // Keys and sessions: the functions of chip_api are the only way in.
    ...['chip_writer', 'chip_ingest', 'chip_api', 'chip_reader', 'chip_limited', 'chip_operator'].flatMap((role) =>
      ['api_keys', 'ended_sessions'].map((table): [string, string, string] => [
        role,
        `SELECT * FROM private.${table}`,
        denied,
      ]),
    ),
    ['chip_api', 'SELECT * FROM private.usable_keys(NULL)', 'ok'],
    ['chip_api', endSession, 'ok'],
    ['chip_api', 'SELECT * FROM private.sessions_ended(NULL)', 'ok'],
    ['chip_operator', 'SELECT prefix, role FROM private.api_keys', 'ok'],
    ['chip_operator', 'SELECT hash FROM private.api_keys', denied],
    ['chip_operator', 'UPDATE private.api_keys SET revoked_at = now()', 'ok'],
    ['chip_operator', `UPDATE private.api_keys SET role = 'admin'`, denied],
    ['chip_operator', 'DELETE FROM private.api_keys', denied],
    ['chip_operator', 'SELECT * FROM private.usable_keys(NULL)', denied],
    ['chip_operator', audit.replace("'api'", "'operator'"), 'ok'],
    ['chip_operator', audit, denied],
    ['chip_operator', audits, denied],
    ['chip_operator', audits.replace("'api'", "'operator'"), 'ok'],
    ['chip_operator', audit.replace("'api'", "'schema'"), denied],
    ['chip_operator', decision, 'ok'],
    ['chip_operator', `INSERT INTO audit_writers VALUES ('chip_operator', 'api')`, denied],
    [
      'chip_operator',
      `INSERT INTO private.api_keys (name, prefix, hash, role, created_by) VALUES ('n', 'p', sha256('k'), 'viewer', 'me')`,
      'ok',
    ],
    [
      'chip_operator',
      'SELECT FROM stream_positions, stream_gaps, ingest_partitions, ingest_decisions, audit_log, dead_letters, schema_migrations',
      'ok',
    ],
    ['chip_operator', 'SELECT * FROM inspections', denied],
    ['chip_operator', 'SELECT * FROM system_metrics', denied],
    ['chip_operator', endSession, denied],
    ['chip_operator', `UPDATE stream_positions SET state = 'gap'`, 'ok'],
    ['chip_operator', `UPDATE inspections SET result = 'pass'`, denied],
    ['chip_operator', 'DELETE FROM audit_log', denied],
    ['chip_operator', 'SELECT prune_audit(now(), 10)', denied],
    ['chip_operator', `SELECT set_retention('measurements', '1 day')`, denied],
    ['chip_operator', 'CREATE TABLE mine (a int)', denied],
    ['chip_reader', 'SELECT * FROM private.usable_keys(NULL)', denied],
    ['chip_reader', endSession, denied],
    ['chip_reader', 'SELECT * FROM private.sessions_ended(NULL)', denied],
    ['chip_writer', 'SELECT * FROM private.usable_keys(NULL)', denied],
    ['chip_limited', 'SELECT * FROM private.usable_keys(NULL)', denied],
  ])('%s: %s -> %s', async (role, statement, expected) => {
    expect(await as(role, statement)).toBe(expected);
  });

  it.each(['chip_reader', 'chip_api'])('%s reads every published table, and no table that is not', async (role) => {
    for (const table of Object.keys(TABLES)) {
      expect([table, await as(role, `SELECT FROM ${table} LIMIT 0`)]).toEqual([table, 'ok']);
    }
    await db.database.query('CREATE TABLE not_published (secret text)');
    try {
      await migrate(db.url);
      expect(await as(role, 'SELECT FROM not_published')).toBe(denied);
    } finally {
      await db.database.query('DROP TABLE not_published');
    }
  });

  it('know every table: a new one must declare whether it is published', async () => {
    const tables = await db.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
         AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')`,
    );
    expect(tables.map(({ name }) => name).sort()).toEqual(Object.keys(TABLES).sort());
  });

  it('lose what is not listed any more, and keep the rest without a change', async () => {
    const rights = () =>
      db.database.query(
        `SELECT oid::regclass::text AS name, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL ORDER BY 1`,
      );
    const before = await rights();
    await db.database.query(
      'GRANT UPDATE, DELETE ON inspections TO chip_api; GRANT SELECT ON audit_log TO chip_writer',
    );
    await db.database.query('GRANT EXECUTE ON FUNCTION prune_audit TO chip_api');
    // As in databases that were made before PostgreSQL 15.
    await db.database.query('GRANT CREATE ON SCHEMA public TO PUBLIC');
    await migrate(db.url);
    expect(await rights()).toEqual(before);
    expect(await as('chip_api', `SELECT prune_audit(now() - INTERVAL '1 year', 1)`)).toBe(denied);
    expect(await as('chip_api', 'CREATE TABLE mine (a int)')).toBe(denied);
  });

  it('may read chunks that are made after the grants', async () => {
    await db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES (now(), 's', 'm', 1)`,
    );
    expect(await as('chip_reader', 'SELECT * FROM system_metrics')).toBe('ok');
  });

  it('carry their settings, which apply to every login', async () => {
    const settings = await db.database.query<{ role: string; settings: string[] }>(
      `SELECT r.rolname AS role, s.setconfig AS settings FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = s.setrole
       JOIN pg_database AS d ON d.oid = s.setdatabase WHERE d.datname = $1`,
      [db.name],
    );
    const of = (role: string): string[] => settings.find((row) => row.role === role)?.settings ?? [];
    for (const role of ['chip_migrator', 'chip_writer', 'chip_api', 'chip_reader', 'chip_operator']) {
      expect(of(role)).toContain('jit=off');
    }
    expect(of('chip_api')).toContain('statement_timeout=30s');
    expect(of('chip_reader')).toContain('idle_in_transaction_session_timeout=60s');
    expect(of('chip_writer')).toContain('lock_timeout=10s');
    expect(of('chip_operator')).toContain('idle_in_transaction_session_timeout=60s');
    expect(of('chip_writer').join()).not.toContain('statement_timeout');
  });

  it('leave connections for loading: those that read have a limit, and get the same after each migration', async () => {
    const limits = (): Promise<object[]> =>
      db.database.query(
        `SELECT rolname AS role, rolconnlimit AS limit, current_setting('max_connections')::int AS most FROM pg_roles
         WHERE rolname IN ('chip_api', 'chip_reader', 'chip_writer', 'chip_ingest', 'chip_migrator') ORDER BY 1`,
      );
    const [api, ingest, migrator, reader, writer] = (await limits()) as { limit: number; most: number }[];
    expect([api?.limit, reader?.limit]).toEqual([Math.floor(api!.most / 2), Math.floor(api!.most / 8)]);
    expect([ingest?.limit, migrator?.limit, writer?.limit]).toEqual([-1, -1, -1]);
    await Promise.all([migrate(db.url), migrate(db.url)]);
    expect(await limits()).toEqual([api, ingest, migrator, reader, writer]);
  });

  it('log in with their own settings and rights', async () => {
    const own = (variable: string): string => {
      const url = process.env[variable];
      if (!url) {
        throw new Error(`${variable} is not set: the local stack gives each service its own user`);
      }
      const changed = new URL(url);
      changed.pathname = `/${db.name}`;
      return changed.href;
    };
    const server = {
      timezone: 'Asia/Kolkata',
      datestyle: 'German',
      intervalstyle: 'iso_8601',
      extra_float_digits: '0',
    };
    for (const [name, value] of Object.entries(server)) {
      await db.database.query(`ALTER DATABASE ${db.name} SET ${name} = '${value}'`);
    }
    const api = new Database({ url: own('QUERY_DATABASE_URL'), applicationName: 'chip-test-api' });
    expect(await api.query('SHOW jit')).toEqual([{ jit: 'off' }]);
    expect(await api.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '30s' }]);
    // Services read values as text: settings of the server must not round or reformat them.
    expect(
      await api.query(`SELECT concat_ws(' ', to_timestamp(0), interval '1 day', 0.1::float8 + 0.2) AS texts`),
    ).toEqual([{ texts: '1970-01-01 00:00:00+00 1 day 0.30000000000000004' }]);
    expect(await api.query('SHOW application_name')).toEqual([{ application_name: 'chip-test-api' }]);
    await api.close();
    const operator = new Database({ url: own('OPERATOR_DATABASE_URL'), applicationName: 'chip-test-operator' });
    await expect(operator.query(audit.replace("'api'", "'operator'"))).resolves.toHaveLength(1);
    await expect(operator.query(audit)).rejects.toThrow('chip_operator may not append to the audit stream api');
    await operator.close();
    // A writer may end the session of another writer, and of nobody else.
    const [old, next] = [
      await LoadSession.open({ url: own('WRITER_DATABASE_URL'), applicationName: 'chip-test-writer' }),
      await LoadSession.open({ url: own('WRITER_DATABASE_URL'), applicationName: 'chip-test-writer' }),
    ];
    expect(await old.takePartition('t', 0, 'old')).toBe(false);
    expect(await next.takePartition('t', 0, 'next')).toBe(true);
    await next.begin();
    await next.copy(
      'system_metrics',
      ['time', 'service_name', 'metric_name', 'metric_value'],
      [Buffer.from('2026-01-20T05:00:00Z\ts\tm\t1\n')],
    );
    await next.rollback();
    await old.close();
    await next.close();
  });
});
