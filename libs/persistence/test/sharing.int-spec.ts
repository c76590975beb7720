import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { PrivateServer } from '../src/testing/index.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../../docs/sql/${name}`, import.meta.url));

/** The documented examples, run as they stand. */
describe('data shared with others', () => {
  let server: PrivateServer;
  let downstream: PrivateServer;
  beforeAll(async () => {
    server = await PrivateServer.start({
      shared_preload_libraries: 'timescaledb',
      wal_level: 'logical',
      // No worker of TimescaleDB is connected to a database that is copied.
      max_worker_processes: '0',
    });
    await server.query('postgres', 'CREATE DATABASE fab_a');
    await migrate(server.url('fab_a'));
    await server.query('postgres', 'CREATE DATABASE fab_b TEMPLATE fab_a');
    await server.query('postgres', `ALTER ROLE chip_reader LOGIN PASSWORD 'reads only'`);
    await server.query('postgres', `ALTER ROLE chip_api LOGIN PASSWORD 'api'`);
  }, 120_000);
  afterAll(async () => {
    await downstream?.stop();
    await server?.stop();
  });

  const store = (fab: string, lot: string, results: string[]): Promise<object[]> =>
    server.query(
      fab,
      `INSERT INTO lots (id, site, lot_id) VALUES (md5('${lot}')::uuid, '${fab}', '${lot}') ON CONFLICT DO NOTHING;
       INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, completed_at, metadata)
       SELECT md5('${lot}' || n)::uuid, md5('${lot}')::uuid, n::text, 'visual', 'completed', result, '2026-01-20T10:00:00Z', '{"secret": 1}'
       FROM unnest(ARRAY['${results.join("', '")}']) WITH ORDINALITY AS r (result, n)
       ON CONFLICT (id) DO UPDATE SET result = excluded.result`,
    );
  const eventually = async <T>(read: () => Promise<T>, expected: T): Promise<void> => {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const value = await read();
      if (JSON.stringify(value) === JSON.stringify(expected)) {
        return;
      }
      if (performance.now() > deadline) {
        expect(value).toEqual(expected);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it("postgres_fdw: the API of one fab reads another fab's yield, live, and cannot change it", async () => {
    await store('fab_a', 'A1', ['pass', 'fail']);
    await store('fab_b', 'B1', ['pass', 'pass', 'fail']);
    const variables = {
      fab: 'fab_b',
      host: '127.0.0.1',
      port: String(server.port),
      database: 'fab_b',
      password: 'reads only',
    };
    // Twice: it is also how a new password is set.
    for (let round = 0; round < 2; round++) {
      await server.psql('fab_a', example('other-fab.sql'), variables);
    }
    const api = new Database({
      url: server.url('fab_a').replace(/\/\/[^@]*@/, '//chip_api:api@'),
      applicationName: 'chip-test',
    });
    const both = (): Promise<object[]> =>
      api.query(
        `SELECT 'here' AS fab, day, sum(units) AS units, sum(passed) AS passed FROM yield_daily GROUP BY day
         UNION ALL SELECT 'fab_b', day, sum(units), sum(passed) FROM fab_b.yield_daily GROUP BY day ORDER BY fab DESC`,
      );
    expect(await both()).toEqual([
      { fab: 'here', day: '2026-01-20', units: 2, passed: 1 },
      { fab: 'fab_b', day: '2026-01-20', units: 3, passed: 2 },
    ]);
    await store('fab_b', 'B1', ['pass', 'pass', 'pass']);
    expect((await both())[1]).toMatchObject({ units: 3, passed: 3 });
    await expect(api.query('DELETE FROM fab_b.lots')).rejects.toMatchObject({ kind: 'bug' });
    await api.close();
  });

  it('logical replication: a downstream service follows the results, also after it was away, and sees no metadata', async () => {
    downstream = await PrivateServer.start({});
    await server.psql('fab_a', example('publication.sql'), { password: 'replicates' });
    await downstream.psql('postgres', example('subscription.sql'), {
      host: '127.0.0.1',
      port: String(server.port),
      database: 'fab_a',
      password: 'replicates',
    });
    const results = async (): Promise<string[]> =>
      (
        await downstream.query<{ line: string }>(
          'postgres',
          `SELECT concat_ws(' ', l.lot_id, i.chip_id, i.result) AS line FROM inspections AS i JOIN lots AS l ON l.id = i.lot_id ORDER BY 1`,
        )
      ).map((row) => row.line);
    await eventually(results, ['A1 1 pass', 'A1 2 fail']);
    await store('fab_a', 'A2', ['fail']);
    await eventually(results, ['A1 1 pass', 'A1 2 fail', 'A2 1 fail']);
    await downstream.query('postgres', 'ALTER SUBSCRIPTION chip_results DISABLE');
    await store('fab_a', 'A2', ['pass', 'pass']);
    await downstream.query('postgres', 'ALTER SUBSCRIPTION chip_results ENABLE');
    await eventually(results, ['A1 1 pass', 'A1 2 fail', 'A2 1 pass', 'A2 2 pass']);
    const columns = await downstream.query<{ column_name: string }>(
      'postgres',
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'inspections' AND column_name = 'metadata'`,
    );
    expect(columns).toEqual([]);
  });

  it.each([
    ['chip_replica', 'replicates', 'SELECT id, site, lot_id FROM lots', null],
    ['chip_replica', 'replicates', 'SELECT metadata FROM inspections', 'permission denied for table inspections'],
    ['chip_replica', 'replicates', `UPDATE lots SET lot_id = 'X'`, 'permission denied for table lots'],
    ['chip_replica', 'replicates', 'SELECT * FROM audit_log', 'permission denied for table audit_log'],
    ['chip_replica', 'replicates', 'SELECT * FROM private.api_keys', 'permission denied for schema private'],
    ['chip_replica', 'replicates', 'SELECT * FROM private.usable_keys(NULL)', 'permission denied for schema private'],
    // The role of the foreign server.
    ['chip_reader', 'reads only', 'SELECT * FROM private.api_keys', 'permission denied for schema private'],
    ['chip_reader', 'reads only', 'SELECT * FROM private.ended_sessions', 'permission denied for schema private'],
    ['chip_reader', 'reads only', `UPDATE lots SET lot_id = 'X'`, 'permission denied for table lots'],
  ])('%s with %j may %s: %s', async (role, password, statement, refusal) => {
    const database = new Database({
      url: server.url('fab_a').replace(/\/\/[^@]*@/, `//${role}:${encodeURIComponent(password)}@`),
      applicationName: 'chip-test',
    });
    const outcome = await database.query(statement).then(
      () => null,
      (error: Error) => error.message,
    );
    await database.close();
    expect(outcome).toEqual(refusal === null ? null : expect.stringContaining(refusal));
  });
});
