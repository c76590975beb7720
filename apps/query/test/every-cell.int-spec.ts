import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@chip/persistence';
import { migrate } from '@chip/persistence/schema';
import { PrivateServer } from '@chip/persistence/testing';
import { waitFor } from '@chip/testing';
import { QueryApp } from './query-app.ts';
import { seedAttempts, sumUpDays } from './seed.ts';

const RECIPE = fileURLToPath(new URL('../../../docs/sql/cell.sql', import.meta.url));
const CELLS = ['fab_a', 'fab_b'] as const;
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** Chips have the same names in both. */
const CHIPS = { fab_a: { all: 30, passed: 21 }, fab_b: { all: 50, passed: 44 } } as const;

describe('a central database over two cells', () => {
  let server: PrivateServer;
  const databases: Database[] = [];
  const apps: QueryApp[] = [];
  let central: QueryApp;
  let ofCells: QueryApp[];

  const as = (role: string, database: string): string =>
    server.url(database).replace(/\/\/[^@]*@/, `//${role}:${role}@`);
  const start = async (database: string): Promise<QueryApp> => {
    const app = await QueryApp.start(as('chip_api', database), { READ_DATABASE_URL: as('chip_reader', database) });
    apps.push(app);
    return app;
  };

  beforeAll(async () => {
    // Without its workers: they keep a session in each database, and one in use cannot be copied.
    server = await PrivateServer.start({
      shared_preload_libraries: 'timescaledb',
      'timescaledb.max_background_workers': '0',
    });
    await server.query('postgres', 'CREATE DATABASE central');
    await migrate(server.url('central'));
    for (const cell of CELLS) {
      await server.query('postgres', `CREATE DATABASE ${cell} TEMPLATE central`);
      // Once more, for what a copy does not have: rights and settings of the database itself.
      await migrate(server.url(cell));
    }
    // The limits of migrations are for one database per server.
    for (const role of ['chip_reader', 'chip_api']) {
      await server.query('postgres', `ALTER ROLE ${role} LOGIN PASSWORD '${role}' CONNECTION LIMIT 60`);
    }
    for (const cell of CELLS) {
      const database = new Database({ url: server.url(cell), applicationName: 'chip-test' });
      databases.push(database);
      await fill(cell, database);
    }
    for (const cell of CELLS) {
      await join(cell);
    }
    // As after a change of the password.
    await join('fab_a');
    central = await start('central');
    ofCells = await Promise.all(CELLS.map(start));
  }, 240_000);
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.stop()));
    await Promise.all(databases.map((database) => database.close()));
    await server?.stop();
  });

  const join = (cell: string): Promise<void> =>
    server.psql('central', RECIPE, {
      cell,
      host: '127.0.0.1',
      port: String(server.port),
      database: cell,
      password: 'chip_reader',
    });

  async function fill(cell: (typeof CELLS)[number], database: Database): Promise<void> {
    const { all, passed } = CHIPS[cell];
    const ids = await seedAttempts(
      database,
      Array.from({ length: all }, (_, i) => ({
        site: cell,
        lot_id: 'LOT1',
        chip_id: `C${i}`,
        result: i < passed ? ('pass' as const) : ('fail' as const),
        product: 'P1',
        equipment_id: `${cell}-1`,
        occurred_at: `2026-03-0${1 + (i % 4)}T08:00:00Z`,
        hard_bin: i < passed ? 1 : 7,
      })),
    );
    await seedAttempts(
      database,
      (cell === 'fab_a' ? ['new'] : ['new', 'other']).map((chip_id) => ({
        site: cell,
        chip_id,
        status: 'pending',
        occurred_at: new Date().toISOString(),
        completed_at: null,
      })),
    );
    // The same set of names in both cells has the same id.
    await database.query(
      `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value)
       SELECT a.occurred_at, a.inspection_id, a.event_id, 'vth', 0.5 + (row_number() OVER ()) * 0.001
       FROM inspection_attempts a WHERE a.inspection_id = ANY ($1)`,
      [ids],
    );
    await database.query('SELECT pack_measurements()');
    await database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host)
       SELECT now() - interval '15 minutes' + n * interval '1 second', 'etch', 'pressure', n, $1 FROM generate_series(1, 40) AS n`,
      [cell],
    );
    // As the writer does.
    await database.query(
      `INSERT INTO metrics_delta SELECT time_bucket('1 hour', time), service_name, metric_name, host, sum(metric_value), count(*),
         min(metric_value), max(metric_value) FROM system_metrics GROUP BY 1, 2, 3, 4`,
    );
    await database.query(`SELECT init_position('inspection.results.v1', 0, 0, 0)`);
    await database.query('SELECT fold_yield()');
    if (cell === 'fab_a') {
      // The other one counts its attempts one by one.
      await sumUpDays(server.url(cell));
    }
  }

  /** Answers of the central service, and of each cell. */
  async function everywhere<T>(path: string): Promise<{ whole: T; parts: T[] }> {
    const [whole, ...parts] = await Promise.all(
      [central, ...ofCells].map(async (app) => {
        const { status, body } = await app.get<T>(path);
        expect([path, status, status === 200 ? '' : body]).toEqual([path, 200, '']);
        return body;
      }),
    );
    return { whole: whole!, parts };
  }

  it('adds yields, bins and samples of the cells up, exactly', async () => {
    const yields = await everywhere<{ totals: { units: number; passed: number } }>(`/v1/yield?group_by=day&${RANGE}`);
    expect(yields.parts.map(({ totals }) => [totals.units, totals.passed])).toEqual([
      [30, 21],
      [50, 44],
    ]);
    expect(yields.whole.totals).toMatchObject({ units: 80, passed: 65, yield: 65 / 80 });
    const byDay = await everywhere<{ groups: { key: string; units: number }[] }>(
      `/v1/yield?kind=first_pass&group_by=day&${RANGE}`,
    );
    for (const { key, units } of byDay.whole.groups) {
      const sum = byDay.parts.flatMap(({ groups }) => groups.filter((group) => group.key === key));
      expect(units).toBe(sum.reduce((total, group) => total + group.units, 0));
    }
    const bins = await everywhere<{ groups: { key: number; count: number }[] }>(`/v1/bins/pareto?bin=hard&${RANGE}`);
    expect(Object.fromEntries(bins.whole.groups.map(({ key, count }) => [key, count]))).toEqual({ 1: 65, 7: 15 });
    const telemetry = await everywhere<{ totals: { sample_count: number } }>(
      `/v1/telemetry/summary?metric_name=pressure&from=${minutesAgo(20)}&to=${minutesAgo(5)}`,
    );
    expect(telemetry.whole.totals.sample_count).toBe(80);
    const values = await central.get<{ count?: number; n?: number }>(
      `/v1/capability?parameter=vth&lsl=0&usl=1&${RANGE}`,
    );
    // A set that both cells have must not count its values twice.
    expect([values.status, JSON.stringify(values.body)]).toEqual([200, expect.stringContaining('80')]);
    const capabilities = `/v1/capabilities?product=P1&${RANGE}`;
    const { parameters } = (await central.get<{ parameters: { n: number }[] }>(capabilities)).body;
    expect(parameters).toMatchObject([{ n: 80 }]);
    const exported = await central.get<string>(`/v1/export/measurements?${RANGE}`);
    expect(exported.body.trim().split('\r\n')).toHaveLength(81);
    // Computed when asked: the cells have not refreshed theirs.
    const days = await central.get<{ groups: { status: string; inspection_count: number }[] }>('/v1/summary/daily');
    expect(days.body.groups).toMatchObject([{ status: 'pending', inspection_count: 3 }]);
  });

  it('reads values where the script of an earlier version left out columns of a daily table', async () => {
    const capabilities = `/v1/capabilities?product=P1&${RANGE}`;
    const { body } = await central.get<object>(capabilities);
    await server.query(
      'central',
      `DO $$ DECLARE
         known text := (SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns
           WHERE table_schema = 'every_cell' AND table_name = 'daily_measured' AND ordinal_position <= 24);
       BEGIN
         ALTER VIEW every_cell.daily_measured RENAME TO all_columns;
         EXECUTE 'CREATE VIEW every_cell.daily_measured AS SELECT ' || known || ' FROM every_cell.all_columns';
         GRANT SELECT ON every_cell.daily_measured TO chip_reader;
       END $$`,
    );
    expect(await central.get(capabilities)).toMatchObject({ status: 200, body });
    await join('fab_a');
    expect(await central.get(capabilities)).toMatchObject({ status: 200, body });
  });

  it('tells the lots and positions of the cells apart', async () => {
    const lots = await central.get<{ items: { site: string }[] }>('/v1/lots');
    expect(lots).toMatchObject({ status: 200, body: { items: expect.any(Array) } });
    expect(lots.body.items.map(({ site }) => site).sort()).toEqual([...CELLS]);
    const one = await central.get<{ totals: object }>(`/v1/yield?site=fab_b&${RANGE}`);
    expect(one.body.totals).toMatchObject({ units: 50, passed: 44 });
    const pipeline = await central.get<{ partitions: { topic: string }[]; as_of: { positions: { topic: string }[] } }>(
      '/v1/pipeline',
    );
    const topics = CELLS.map((cell) => `${cell}.inspection.results.v1`);
    expect(pipeline.body.partitions.map(({ topic }) => topic)).toEqual(topics);
    expect(pipeline.body.as_of.positions.map(({ topic }) => topic)).toEqual(topics);
  });

  it('answers nothing while a cell is away, and names it; a caller with limits is refused', async () => {
    await server.query('postgres', 'ALTER DATABASE fab_b ALLOW_CONNECTIONS false');
    await server.query('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fab_b'`);
    try {
      // The first question after the loss may find the connection broken, which is the same to its caller.
      const away = await waitFor(
        () => central.get<{ code: string; detail: string }>(`/v1/yield?${RANGE}`),
        ({ body }) => body.detail?.includes('fab_b') ?? false,
        { intervalMs: 100 },
      );
      expect(away).toMatchObject({
        status: 503,
        body: {
          code: 'database_unavailable',
          detail: 'the database fab_b does not answer, and without its part the answer would be wrong: try again',
        },
      });
      expect((await central.get('/health/ready')).status).toBe(200);
      expect((await ofCells[0]!.get(`/v1/yield?${RANGE}`)).status).toBe(200);
    } finally {
      await server.query('postgres', 'ALTER DATABASE fab_b ALLOW_CONNECTIONS true');
    }
    await waitFor(
      () => central.get(`/v1/yield?${RANGE}`),
      ({ status }) => status === 200,
    );
    const limited = new Database({ url: as('chip_reader', 'central'), applicationName: 'chip-test' });
    await expect(
      limited.withSnapshot(
        (snapshot) => snapshot.query('SELECT count(*) FROM inspections'),
        [
          ['search_path', 'limited, public'],
          ['role', 'chip_limited'],
        ],
      ),
    ).rejects.toMatchObject({ sqlstate: '42501' });
    await limited.close();
  });
});
