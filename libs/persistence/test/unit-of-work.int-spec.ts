import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityCaseNamingStrategy, MikroORM } from '@mikro-orm/postgresql';
import { DuplicateInspectionError, type InspectionCursor, UnitOfWork } from '../src/index.ts';
import { entities } from '../src/schema/entities/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('unit of work', () => {
  let db: TestDatabase;
  let unit: UnitOfWork;
  beforeAll(async () => {
    db = await createTestDatabase();
    unit = await UnitOfWork.open({ url: db.url, applicationName: 'chip-test-unit', max: 3 });
  });
  afterAll(async () => {
    await unit.close();
    await db.drop();
  });

  const schedule = { site: 'fab', lot_id: 'LOT', chip_id: 'C1', inspection_type: 'visual' };
  const count = async (table: string): Promise<number> =>
    (await db.database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n ?? -1;

  it('schedules an inspection with its lot and part, pending, with the ids a writer computes', async () => {
    const created = await unit.run(({ inspections }) =>
      inspections.create({ ...schedule, priority: 2, metadata: { shift: 'night' }, product: 'P' }),
    );
    const [row] = await db.database.query<object>(
      `SELECT i.id, i.status, i.priority, i.product, i.metadata, l.site, l.lot_id, p.chip_id
       FROM inspections AS i JOIN lots AS l ON l.id = i.lot_id JOIN parts AS p ON p.lot_id = l.id`,
    );
    expect(row).toEqual({
      id: created.id,
      status: 'pending',
      priority: 2,
      product: 'P',
      metadata: { shift: 'night' },
      site: 'fab',
      lot_id: 'LOT',
      chip_id: 'C1',
    });
    const found = await unit.run(({ inspections }) => inspections.findById(created.id));
    expect(found).toMatchObject({ status: 'pending', chip_id: 'C1' });
    // Microseconds, of which zeros at the end are left out.
    expect(found?.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
  });

  it('answers a second one with DuplicateInspectionError, also when two come at once', async () => {
    await expect(unit.run(({ inspections }) => inspections.create(schedule))).rejects.toBeInstanceOf(
      DuplicateInspectionError,
    );
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => unit.run(({ inspections }) => inspections.create({ ...schedule, chip_id: 'C2' }))),
    );
    const failures = results.filter((result) => result.status === 'rejected').map((result) => result.reason as Error);
    expect(failures).toHaveLength(2);
    for (const failure of failures) expect(failure).toBeInstanceOf(DuplicateInspectionError);
    expect(await count('inspections')).toBe(2);
  });

  it('refuses an unknown type and a priority out of range as data', async () => {
    const bad = (changes: object): Promise<unknown> =>
      unit.run(({ inspections }) => inspections.create({ ...schedule, chip_id: 'C9', ...changes }));
    await expect(bad({ inspection_type: 'astrology' })).rejects.toMatchObject({ kind: 'data', sqlstate: '23503' });
    await expect(bad({ priority: 11 })).rejects.toMatchObject({ kind: 'data', sqlstate: '23514' });
    expect(await db.database.query(`SELECT 1 FROM parts WHERE chip_id = 'C9'`)).toEqual([]);
  });

  it('leaves nothing when its work throws, passes that error, and releases the connection', async () => {
    const before = [await count('inspections'), await count('audit_log')];
    const failure = new TypeError('mine');
    for (let attempt = 0; attempt < 10; attempt++)
      await expect(
        unit.run(async ({ inspections, audit }) => {
          await inspections.create({ ...schedule, chip_id: `never ${attempt}` });
          await audit.append({ stream: 'api', actor: 'a', action: 'b', subject: 'c', reason: 'd' });
          throw failure;
        }),
      ).rejects.toBe(failure);
    expect([await count('inspections'), await count('audit_log')]).toEqual(before);
    const [idle] = await db.database.query<{ n: number }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1 AND state LIKE 'idle in%'`,
      [db.name],
    );
    expect(idle?.n).toBe(0);
  });

  it('loses no place of its pool to connections that broke', async () => {
    // More often than the pool has places.
    for (let round = 0; round < 5; round++) {
      let attempts = 0;
      await unit.run(async ({ lots }) => {
        if (attempts++ === 0)
          await db.database.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1`,
            [db.name],
          );
        await lots.findByLotId('LOT');
      });
      expect(attempts).toBe(2);
    }
  });

  it('does its work again when the connection was lost before the commit', async () => {
    let attempts = 0;
    const created = await unit.run(async ({ inspections, audit }) => {
      attempts++;
      const inspection = await inspections.create({ ...schedule, chip_id: 'lost once' });
      await audit.append({
        stream: 'api',
        actor: 'a',
        action: 'inspection.create',
        subject: `inspection:${inspection.id}`,
        reason: 'd',
        newValue: { a: 1 },
      });
      if (attempts === 1)
        await db.database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1`,
          [db.name],
        );
      await inspections.findByStatus('pending');
      return inspection;
    });
    expect(attempts).toBe(2);
    const trail = await unit.run(({ audit }) => audit.find({ subject: `inspection:${created.id}` }));
    expect(trail).toMatchObject([{ action: 'inspection.create', new_value: { a: 1 } }]);
  });

  it('keeps a report byte for byte and finds it changed', async () => {
    const result = '{"b": 1.0,\n "a": [0.10, "ü"]}';
    const report = await unit.run(({ reports }) =>
      reports.create({
        name: 'July',
        query: '/v1/yield',
        parameters: { from: 'x' },
        as_of: { time: null },
        result,
        created_by: 'me',
      }),
    );
    const read = await unit.run(async ({ reports }) => {
      const found = await reports.findById(report.id);
      return { result: found?.result, intact: found !== null && reports.isIntact(found) };
    });
    expect(read).toEqual({ result, intact: true });
    await expect(db.database.query(`UPDATE reports SET result = '{}'`)).rejects.toThrow('append-only');
  });

  describe('pages of inspections', () => {
    const TIES = 300;
    beforeAll(async () => {
      await db.database.query('TRUNCATE inspections CASCADE');
      // As in a real data set: many machines, few distinct times.
      await db.database.query(
        `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, equipment_id, product, metadata)
         SELECT gen_random_uuid(), (SELECT id FROM lots LIMIT 1), 'tie ' || n, 'visual', 'completed', CASE WHEN n % 3 = 0 THEN 'fail' ELSE 'pass' END,
           timestamptz '2008-07-19T11:55:00.000001Z' + (n / 7) * INTERVAL '1 microsecond', 'E' || n % 2, 'P' || n % 4, jsonb_build_object('n', n % 5)
         FROM generate_series(1, ${TIES}) AS n`,
      );
    });

    it.each([1, 7, 20])('of %i give every id once, also while rows are inserted', async (limit) => {
      const expected = (await db.database.query<{ id: string }>('SELECT id FROM inspections'))
        .map((row) => row.id)
        .sort();
      const seen: string[] = [];
      let cursor: InspectionCursor | undefined;
      let inserted = 0;
      for (;;) {
        const { items, hasMore } = await unit.run(({ inspections }) => inspections.find({}, cursor, limit));
        seen.push(...items.map((item) => item.id));
        const last = items.at(-1);
        if (!hasMore || !last) break;
        cursor = { created_at: last.created_at, id: last.id };
        // Newer than anything seen: it belongs before the first page.
        if (inserted++ < 20)
          await db.database.query(
            `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, created_at)
             VALUES (gen_random_uuid(), (SELECT id FROM lots LIMIT 1), gen_random_uuid()::text, 'visual', now())`,
          );
      }
      expect(seen).toHaveLength(expected.length);
      expect([...seen].sort()).toEqual(expected);
      await db.database.query(`DELETE FROM inspections WHERE created_at > '2020-01-01'`);
    });

    it('are filtered by everything the list route offers', async () => {
      const total = async (filters: object): Promise<number> =>
        (await unit.run(({ inspections }) => inspections.find(filters, undefined, 1000))).items.length;
      const expected = async (condition: string): Promise<number> =>
        (await db.database.query<{ n: number }>(`SELECT count(*) AS n FROM inspections WHERE ${condition}`))[0]?.n ??
        -1;
      for (const [filters, condition] of [
        [{ status: 'completed' }, 'true'],
        [{ result: 'fail' }, `result = 'fail'`],
        [{ site: 'fab' }, 'false'],
        [{ lot_id: 'LOT' }, 'true'],
        [{ lot_id: 'other' }, 'false'],
        [{ chip_id: 'tie 5' }, `chip_id = 'tie 5'`],
        [{ inspection_type: 'visual', equipment_id: 'E1', product: 'P3' }, `equipment_id = 'E1' AND product = 'P3'`],
        [
          { from: '2008-07-19T11:55:00.000003Z', to: '2008-07-19T11:55:00.000009Z' },
          `created_at >= '2008-07-19T11:55:00.000003Z' AND created_at < '2008-07-19T11:55:00.000009Z'`,
        ],
        [{ metadata: { n: 2 } }, `metadata @> '{"n": 2}'`],
      ] as const)
        expect([filters, await total(filters)]).toEqual([filters, await expected(condition)]);
    });

    it('and one with its history take four statements, whatever its size', async () => {
      const [row] = await db.database.query<{ id: string; lot_id: string }>(
        'SELECT id, lot_id FROM inspections LIMIT 1',
      );
      const { id, lot_id } = row as { id: string; lot_id: string };
      await db.database.query(
        `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, occurred_at, first_occurred_at, event_id, event_ids)
         SELECT $1, 'a:' || n, $2, 'visual', 'failed', '2026-01-01'::timestamptz - n * INTERVAL '1 s', '2026-01-01', gen_random_uuid(), ARRAY[gen_random_uuid()] FROM generate_series(1, 30) AS n`,
        [id, lot_id],
      );
      await db.database.query(
        `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um) SELECT $1, $1, n, now(), 'c', n, 0 FROM generate_series(1, 50) AS n`,
        [id],
      );
      await db.database.query(
        `INSERT INTO measurements (time, inspection_id, event_id, name, value) SELECT '2026-01-01T00:00:00.000001Z', $1, $1, 'm' || n, CASE WHEN n > 1 THEN n END FROM generate_series(1, 9) AS n`,
        [id],
      );
      const history = await unit.run(({ inspections }) => inspections.findWithHistory(id));
      expect(history?.attempts.map((attempt) => attempt.attempt_key)).toEqual(
        Array.from({ length: 30 }, (_, n) => `a:${30 - n}`),
      );
      expect(history?.attempts[0]?.event_ids).toHaveLength(1);
      expect(history?.defects).toHaveLength(50);
      expect(history?.measurements).toHaveLength(9);
      expect(history?.measurements[0]).toMatchObject({ name: 'm1', value: null, time: '2026-01-01T00:00:00.000001Z' });
      expect(
        await unit.run(({ inspections }) => inspections.findWithHistory('00000000-0000-4000-8000-000000000000')),
      ).toBeNull();
    });
  });

  it('summarises metrics weighted by the number of samples', async () => {
    await db.database.query(
      `INSERT INTO metrics_delta VALUES
        ('2026-01-20T05:00:00Z', 'api', 'response_time_ms', 'h1', 100, 10, 1, 40),
        ('2026-01-20T06:00:00Z', 'api', 'response_time_ms', NULL, 900, 1, 900, 900),
        ('2026-01-20T06:00:00Z', 'db', 'response_time_ms', 'h1', 5, 1, 5, 5),
        ('2026-01-21T06:00:00Z', 'api', 'response_time_ms', 'h1', 7, 7, 1, 1)`,
    );
    await db.database.query('SELECT fold_metrics(2)');
    const question = { metric_name: 'response_time_ms', from: '2026-01-20T00:00:00Z', to: '2026-01-21T00:00:00Z' };
    expect(await unit.run(({ metrics }) => metrics.summary(question))).toEqual([
      { service_name: 'api', avg_value: 1000 / 11, min_value: 1, max_value: 900, sample_count: 11 },
      { service_name: 'db', avg_value: 5, min_value: 5, max_value: 5, sample_count: 1 },
    ]);
    expect(await unit.run(({ metrics }) => metrics.summary({ ...question, host: 'h1', service_name: 'api' }))).toEqual([
      { service_name: 'api', avg_value: 10, min_value: 1, max_value: 40, sample_count: 10 },
    ]);
    const all = { ...question, to: '2026-01-22T00:00:00Z', service_name: 'api' };
    expect(await unit.run(({ metrics }) => metrics.series(all, 'daily'))).toEqual([
      { bucket: '2026-01-20T00:00:00Z', avg_value: 1000 / 11, min_value: 1, max_value: 900, sample_count: 11 },
      { bucket: '2026-01-21T00:00:00Z', avg_value: 1, min_value: 1, max_value: 1, sample_count: 7 },
    ]);
    expect((await unit.run(({ metrics }) => metrics.series(all, 'hourly'))).map((point) => point.bucket)).toEqual([
      '2026-01-20T05:00:00Z',
      '2026-01-20T06:00:00Z',
      '2026-01-21T06:00:00Z',
    ]);
  });
});

describe('entities', () => {
  /** What MikroORM would change in the database to fit the entities; indexes, checks and comments are the migrations' alone. */
  const differences = async (db: TestDatabase): Promise<string[]> => {
    const orm = await MikroORM.init({
      clientUrl: db.url,
      dbName: db.name,
      entities,
      namingStrategy: EntityCaseNamingStrategy,
      schemaGenerator: { ignoreTriggers: true, ignoreRoutines: true },
    });
    try {
      const sql = await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false });
      return (
        sql
          .split('\n')
          .filter((line) => line.trim() !== '')
          .filter((line) => !/^(drop index|comment on) /.test(line))
          .filter(
            (line) =>
              !/drop constraint "(\w+_check|unique_inspection|parameters_limits_\w+|inspections_inspection_type_fkey)"/.test(
                line,
              ),
          )
          // Of a domain it sees the base type, and of an enum only its labels; neither by name.
          .filter((line) => !line.includes('drop type "inspection_status_enum"'))
          .filter((line) => !line.includes('alter column "inspection_type" type inspection_type_enum'))
      );
    } finally {
      await orm.close();
    }
  };

  it('agree with the migrated database, and a disagreement is found', async () => {
    const db = await createTestDatabase();
    try {
      expect(await differences(db)).toEqual([]);
      await db.database.query('ALTER TABLE lots ALTER COLUMN site TYPE text');
      await db.database.query('ALTER TABLE defects ALTER COLUMN severity SET NOT NULL');
      await db.database.query('ALTER TABLE parts DROP CONSTRAINT parts_lot_id_fkey');
      await db.database.query('ALTER TABLE wafers ADD COLUMN extra integer');
      const found = (await differences(db)).join('\n');
      for (const expected of ['"site"', '"severity"', 'parts_lot_id_fkey', '"extra"'])
        expect(found).toContain(expected);
    } finally {
      await db.drop();
    }
  });
});
