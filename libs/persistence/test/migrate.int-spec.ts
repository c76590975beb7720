import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseError,
  LoadSession,
  readStatus,
  REQUIRED_SCHEMA_VERSION,
  schemaReady,
  verifyAudit,
} from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { MIGRATIONS } from '../src/schema/migrations/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

/** The whole schema as text, without what differs from run to run: pg_dump orders hypertables by whether they have chunks. */
async function dump(db: TestDatabase): Promise<string> {
  const bin = process.env['PG_BIN'];
  if (!bin) {
    throw new Error('PG_BIN is not set: it names the folder of pg_dump');
  }
  const { stdout } = await promisify(execFile)(`${bin}/pg_dump`, ['--schema-only', '--schema=public', db.url], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const entries = stdout
    .split(/^--\n-- (?=Name: )/m)
    .map((entry) => entry.replace(/^\\(un)?restrict .*$/gm, '').trim())
    // A database that had attempts before former states were kept says since when they are.
    .map((entry) => entry.replace(/(?<=SELECT greatest\(')[^']+(?='::timestamptz)/, '-infinity'));
  return entries.sort().join('\n\n');
}

const DATA: Record<string, string> = {
  '0001-inspections': `
    INSERT INTO lots (id, site, lot_id) SELECT md5('lot' || n)::uuid, 'fab', 'L' || n FROM generate_series(1, 20) AS n;
    INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, completed_at, product)
      SELECT md5('i' || n)::uuid, md5('lot' || (1 + n % 20))::uuid, n::text, 'electrical', 'completed', 'pass', now() - n * INTERVAL '1 minute', now(), 'P'
      FROM generate_series(1, 5000) AS n;
    INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at, first_occurred_at, event_id, event_ids, completed_at, product)
      SELECT id, 'a:1', lot_id, inspection_type, status, result, created_at, created_at, id, ARRAY[id], completed_at, product FROM inspections`,
  '0002-telemetry': `
    INSERT INTO system_metrics (time, service_name, metric_name, metric_value, tags)
      SELECT now() - n * INTERVAL '1 minute', 's', 'm', n, '{"a": 1}' FROM generate_series(1, 5000) AS n;
    INSERT INTO measurements (time, inspection_id, event_id, name, value) SELECT created_at, id, id, 'm', 1 FROM inspections`,
  '0004-positions': `SELECT init_position('t', 0, 0, 0)`,
  '0005-rollups': `INSERT INTO metrics_delta VALUES (date_trunc('hour', now()), 's', 'm', NULL, 1, 1, 1, 1); SELECT fold_metrics()`,
  '0023-measurement-vectors': `SELECT pack_measurements(1)`,
  '0010-audit': `SELECT append_audit('operator', 'a', 'b', 'c', 'd', NULL, NULL);
    INSERT INTO parameters (name, valid_from, unit, lower_limit, target, created_by) VALUES ('m', now(), 'nm', 5, 1, 'me')`,
  '0037-dead-letters': `
    INSERT INTO dead_letters (topic, letter_partition, letter_offset, letter_key, is_repeat, code, stage, field, detail, machine, failed_at)
      SELECT 't', 0, n, 't/0/' || n, false, 'schema_violation', 'ingest', '/a', 'd', 'm', now() FROM generate_series(1, 3) AS n;
    SELECT append_audit('operator', 'ann', 'dead_letter.replay_started', 'dead-letter:t/0/1', 'why', NULL, NULL);
    SELECT append_audit('operator', 'ann', 'dead_letter.replay_acknowledged', 'dead-letter:t/0/2', 'why', NULL, NULL)`,
};

describe('migrations', () => {
  const opened: TestDatabase[] = [];
  const empty = async (suffix = ''): Promise<TestDatabase> => {
    const db = await createTestDatabase({ empty: true, suffix });
    opened.push(db);
    return db;
  };
  /** For tests of what follows the migrations. */
  const migrated = async (): Promise<TestDatabase> => {
    const db = await createTestDatabase();
    opened.push(db);
    return db;
  };
  let fresh: string;
  beforeAll(async () => {
    fresh = await dump(await migrated());
  });
  afterAll(async () => {
    for (const db of opened) {
      await db.drop();
    }
  });

  const invalidIndexes = async (db: TestDatabase): Promise<string[]> =>
    (
      await db.database.query<{ name: string }>(
        'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid',
      )
    ).map((row) => row.name);

  it('are in order, each with the name of its class', () => {
    const names = MIGRATIONS.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
    for (const { name, class: SchemaMigration } of MIGRATIONS) {
      expect(new SchemaMigration(() => Promise.resolve([])).name).toBe(name);
    }
  });

  describe('step by step, with data in every table', () => {
    let db: TestDatabase;
    beforeAll(async () => {
      db = await empty();
      // Each alone is what a migration is that goes on after being killed, below.
      for (const [name, data] of Object.entries(DATA).sort(([one], [other]) => (one < other ? -1 : 1))) {
        await migrate(db.url, { to: name });
        await db.database.query(data);
      }
      await migrate(db.url);
    });

    it('give the same schema as at once', async () => {
      expect(await dump(db)).toBe(fresh);
      expect(fresh).toContain('CREATE TABLE public.inspections');
      expect(await invalidIndexes(db)).toEqual([]);
    });

    it('know letters that were replayed before it was kept with them', async () => {
      const rows = await db.database.query(
        `SELECT letter_key AS key FROM dead_letters WHERE replayed_at IS NOT NULL ORDER BY 1`,
      );
      expect(rows).toEqual([{ key: 't/0/2' }]);
    });
  });

  it('change nothing the second time', async () => {
    const db = await migrated();
    const lines: string[] = [];
    await migrate(db.url, { log: (line) => lines.push(line) });
    expect(lines[0]).toBe('schema is up to date');
    expect(await dump(db)).toBe(fresh);
  });

  const trail = (db: TestDatabase): Promise<object[]> =>
    db.database.query(
      `SELECT actor, reason, subject, old_value, new_value->>'version' AS version FROM audit_log
        WHERE stream = 'schema' AND action = 'schema.migrate' ORDER BY seq`,
    );
  const entries = (actor: string, reason: string, from = 0, to = MIGRATIONS.length): object[] =>
    MIGRATIONS.slice(from, to).map(({ name }, i) => ({
      actor,
      reason,
      subject: `migration:${name}`,
      old_value: MIGRATIONS[from + i - 1]?.name ?? null,
      version: name,
    }));

  describe('of several processes at the same time, in a database whose name must be quoted', () => {
    const change = { actor: 'jo', reason: "first 'installation' \\ Größe" };
    const lines: string[] = [];
    let db: TestDatabase;
    beforeAll(async () => {
      db = await empty(" of O'Brien");
      await Promise.all(
        Array.from({ length: 3 }, () => migrate(db.url, { ...change, log: (line) => lines.push(line) })),
      );
    });

    it('give the same schema', async () => {
      await schemaReady(db.database);
      expect(await dump(db)).toBe(fresh);
    });

    it('run once', () => {
      expect(lines.filter((line) => line.startsWith('0001-inspections'))).toHaveLength(1);
    });

    it('are on record once each: who, when, why and from which version', async () => {
      expect(await trail(db)).toEqual(entries(change.actor, change.reason));
      await migrate(db.url, { actor: 'jo', reason: 'again' });
      expect(await trail(db)).toHaveLength(MIGRATIONS.length);
      expect(await verifyAudit(db.database, { stream: 'schema' })).toMatchObject([
        { entries: MIGRATIONS.length, broken: null },
      ]);
    });
  });

  it('applied before they were on record are entered as such, later ones with their actor', async () => {
    const db = await empty();
    const before = MIGRATIONS.findIndex(({ name }) => name === '0014-migrations-on-record');
    await migrate(db.url, { to: (MIGRATIONS[before - 1] as { name: string }).name, actor: 'nobody saw it' });
    await migrate(db.url, { actor: 'jo', reason: 'upgrade' });
    expect(await trail(db)).toEqual([
      ...entries('unknown', 'applied before migrations were on record', 0, before),
      ...entries('jo', 'upgrade', before),
    ]);
    // Whatever writes the record of a migration writes the trail, also without saying who it is.
    await db.database.query(`INSERT INTO schema_migrations (name) VALUES ('9999-future')`);
    const { username } = new URL(db.url);
    expect((await trail(db)).at(-1)).toMatchObject({
      actor: username,
      reason: 'not given',
      version: '9999-future',
    });
  });

  it('replace the invalid index that an interrupted build left behind', async () => {
    const db = await empty();
    await migrate(db.url, { to: '0002-telemetry' });
    for (const data of [DATA['0001-inspections'], DATA['0002-telemetry']]) {
      await db.database.query(data as string);
    }
    // A unique index over equal values fails at its end, and stays as an invalid one under the name.
    await db.database
      .query('CREATE UNIQUE INDEX CONCURRENTLY idx_inspections_created_at_desc ON inspections (site)')
      .catch((error: unknown) => expect(error).toMatchObject({ sqlstate: '23505' }));
    expect(await invalidIndexes(db)).toEqual(['idx_inspections_created_at_desc']);
    // Before a later migration drops it.
    await migrate(db.url, { to: '0003-indexes' });
    expect(await invalidIndexes(db)).toEqual([]);
    expect(
      await db.database.query(`SELECT pg_get_indexdef('idx_inspections_created_at_desc'::regclass) AS definition`),
    ).toEqual([
      {
        definition: 'CREATE INDEX idx_inspections_created_at_desc ON public.inspections USING btree (created_at DESC)',
      },
    ]);
  });

  it('go on after being killed at any moment', async () => {
    const db = await empty();
    let interrupted = 0;
    for (;;) {
      let kill: Promise<unknown> | undefined;
      const attempt = migrate(db.url, {
        // Each attempt gets through one migration and is killed a little later each time, inside the next one.
        log: (line) => {
          if (/^\d{4}-/.test(line)) {
            kill ??= new Promise((resolve) => setTimeout(resolve, (interrupted * 4) % 15)).then(() =>
              db.database.query(
                `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chip-migrate' AND datname = $1`,
                [db.name],
              ),
            );
          }
        },
      })
        .then(() => true)
        .catch((error: unknown) => {
          expect(error).toBeInstanceOf(DatabaseError);
          expect(error).toMatchObject({ kind: 'transient' });
          return false;
        });
      const done = await attempt;
      await kill;
      if (done) {
        break;
      }
      interrupted++;
    }
    expect(interrupted).toBeGreaterThan(3);
    expect((await trail(db)).map((entry) => (entry as { version: string }).version)).toEqual(
      MIGRATIONS.map(({ name }) => name),
    );
    expect(await dump(db)).toBe(fresh);
    expect(await invalidIndexes(db)).toEqual([]);
  });

  it('are applied while data is loaded, without losing a row', async () => {
    const db = await empty();
    await migrate(db.url, { to: '0002-telemetry' });
    for (const data of [DATA['0001-inspections'], DATA['0002-telemetry']]) {
      await db.database.query(data as string);
    }
    const session = await LoadSession.open({ url: db.url, applicationName: 'chip-test-load' });
    await session.query("SET lock_timeout = '10s'");
    let loading = true;
    let inserted = 0;
    let longestMs = 0;
    const load = (async () => {
      while (loading) {
        const startedAt = performance.now();
        await session.begin();
        await session.copy(
          'system_metrics',
          ['time', 'service_name', 'metric_name', 'metric_value'],
          [Buffer.from(`${new Date().toISOString()}\tload\tm\t1\n`.repeat(100))],
        );
        await session.query(
          `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, completed_at, product)
           VALUES (gen_random_uuid(), md5('lot1')::uuid, gen_random_uuid()::text, 'visual', 'completed', 'pass', now(), 'P')`,
        );
        await session.query('COMMIT');
        inserted++;
        longestMs = Math.max(longestMs, performance.now() - startedAt);
      }
    })();
    await migrate(db.url);
    const during = inserted;
    loading = false;
    await load;
    await session.close();
    expect(during).toBeGreaterThan(5);
    expect(longestMs).toBeLessThan(5000);
    expect(await db.database.query(`SELECT count(*) AS n FROM system_metrics WHERE service_name = 'load'`)).toEqual([
      { n: inserted * 100 },
    ]);
    expect(await db.database.query('SELECT sum(units) AS units FROM yield_daily')).toEqual([
      { units: 5000 + inserted },
    ]);
    expect(await dump(db)).toBe(fresh);
  });

  it('wait for a table that is in use, then go on', async () => {
    const db = await empty();
    await migrate(db.url, { to: '0006-schema-info' });
    const holder = await LoadSession.open({ url: db.url, applicationName: 'chip-test-holder' });
    await holder.begin();
    await holder.query(`INSERT INTO lots (id, lot_id) VALUES (gen_random_uuid(), 'L')`);
    await holder.query('LOCK TABLE inspections IN ROW EXCLUSIVE MODE');
    const lines: string[] = [];
    await migrate(db.url, {
      to: '0008-retention',
      log: (line) => {
        lines.push(line);
        if (line.includes('trying again')) {
          void holder.query('COMMIT');
        }
      },
    });
    expect(lines).toContain('0007-summaries: a table is in use, trying again');
    expect(lines.at(-1)).toContain('0008-retention');
    await holder.close();
    expect(await db.database.query('SELECT * FROM yield_daily')).toEqual([]);
  });

  it('build an index in the end although an older transaction stays open for longer than a lock is waited for', async () => {
    const db = await empty();
    await migrate(db.url, { to: '0002-telemetry' });
    const [old, watch] = [
      await LoadSession.open({ url: db.url, applicationName: 'chip-test-export' }),
      await LoadSession.open({ url: db.url, applicationName: 'chip-test-watch' }),
    ];
    await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await old.query('SELECT count(*) FROM inspections');
    const lines: string[] = [];
    const migrated = migrate(db.url, { to: '0003-indexes', log: (line) => lines.push(line) });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'chip-migrate' AND datname = $1
      AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND query_start < clock_timestamp() - INTERVAL '7 seconds'`;
    let done = false;
    void migrated.finally(() => (done = true)).catch(() => undefined);
    while (!done && (await watch.query(waiting, [db.name])).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      // Where it gives up and begins again, no build ever waits for seven seconds.
      if (lines.some((line) => line.includes('trying again'))) {
        break;
      }
    }
    await old.query('COMMIT');
    await migrated;
    expect(lines.filter((line) => line.includes('trying again'))).toEqual([]);
    expect(await invalidIndexes(db)).toEqual([]);
    await old.close();
    await watch.close();
  });

  it('refuse a database that once held the schema and is empty now, unless asked to start from nothing', async () => {
    const db = await migrated();
    await db.database.query('DROP SCHEMA public CASCADE');
    await db.database.query('CREATE SCHEMA public');
    await expect(migrate(db.url)).rejects.toMatchObject({ code: 'schema_lost' });
    // As a process that is killed before its first migration commits leaves it.
    await db.database.query(
      'CREATE TABLE schema_migrations (id serial PRIMARY KEY, name varchar(255), executed_at timestamptz)',
    );
    await expect(migrate(db.url)).rejects.toThrow('--initialise-empty');
    await migrate(db.url, { initialiseEmpty: true });
    await schemaReady(db.database);
    await db.database.query('DROP TABLE schema_migrations CASCADE');
    await expect(migrate(db.url, { initialiseEmpty: true })).rejects.toMatchObject({ code: 'schema_lost' });
  });

  it('refuse continuous aggregates on a server that cannot run them, and so does every service', async () => {
    const db = await migrated();
    // As a dump of the Community edition looks here.
    await db.database.query('DROP TABLE metrics_hourly_base, metrics_daily_base CASCADE');
    await db.database.query('CREATE VIEW metrics_hourly AS SELECT 1 AS restored');
    for (const attempt of [() => migrate(db.url), () => schemaReady(db.database)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'edition_refused',
        message: expect.stringContaining('this server runs the Apache edition'),
      });
    }
  });

  it('tell a service that the schema is missing or too old, with the command to run', async () => {
    const db = await empty();
    await expect(schemaReady(db.database)).rejects.toThrow('npm run db -- migrate');
    await migrate(db.url, { to: '0004-positions' });
    await expect(schemaReady(db.database)).rejects.toMatchObject({
      code: 'schema_outdated',
      message: expect.stringContaining(REQUIRED_SCHEMA_VERSION),
    });
    const { database } = await migrated();
    await schemaReady(database);
    // A newer schema than this code knows is fine.
    await database.query(`INSERT INTO schema_migrations (name) VALUES ('9999-future')`);
    await schemaReady(database);
  });

  it('show their state', async () => {
    const db = await migrated();
    await db.database.query(DATA['0001-inspections'] as string);
    await db.database.query(DATA['0002-telemetry'] as string);
    const status = await readStatus(db.database);
    expect(status.info).toMatchObject({
      schema_version: REQUIRED_SCHEMA_VERSION,
      edition: 'apache',
      shape: 'folded',
    });
    expect(status.hypertables.map(({ name, chunk_interval }) => ({ name, chunk_interval }))).toEqual([
      { name: 'measurement_rows', chunk_interval: '30 days' },
      { name: 'measurement_values', chunk_interval: '30 days' },
      { name: 'system_metrics', chunk_interval: '1 day' },
    ]);
    expect(status.hypertables.find((table) => table.name === 'system_metrics')?.chunks).toBeGreaterThanOrEqual(4);
    const [oldest] = await db.database.query<{ day: string }>(
      `SELECT date_trunc('day', min(time), 'UTC') AS day FROM system_metrics`,
    );
    expect(status.hypertables.find((table) => table.name === 'system_metrics')?.oldest).toBe(oldest?.day);
    expect(status).toMatchObject({ pendingMigrations: [], invalidIndexes: [], lateHoursLeftOut: 0 });
  });
});
