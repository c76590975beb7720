import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LoadSession, placeHold, setRetention } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';
import { packMeasurements } from '../src/upkeep/pack-measurements.ts';
import { editions, type EditionUnderTest } from './editions.ts';

// Long on a machine that does much else: every step is a transaction of its own.
jest.setTimeout(600_000);

type Query = <T extends object>(text: string) => Promise<T[]>;

/** Every measurement as text, in an order of its own. */
const ALL = `SELECT concat_ws('|', to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), inspection_id, event_id, quote_literal(name),
    coalesce(encode(float8send(value), 'hex'), '-'), coalesce(quote_literal(unit), '-'), coalesce(encode(float8send(lower_limit), 'hex'), '-'),
    coalesce(encode(float8send(upper_limit), 'hex'), '-')) AS line
  FROM measurements ORDER BY 1`;
const allOf = async (query: Query): Promise<string[]> => (await query<{ line: string }>(ALL)).map(({ line }) => line);

/**
 * Events of months with one to nine measurements: repeated names, nulls, units and limits of their own, numbers at the edge;
 * one event of 2,000, which goes on over many blocks.
 */
const oldRows = (events: number): string => `
  INSERT INTO measurements (time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit)
  SELECT '2026-01-05T00:00:00.000001Z'::timestamptz + e % 100 * INTERVAL '1 day', md5('i' || e / 2)::uuid, md5('e' || e)::uuid,
    (ARRAY['width', 'hö"he', '{a,b}', 'NULL', 'width'])[1 + n % 5],
    (ARRAY[0, '-0', 1e100, 5e-324, NULL, 'NaN', 'Infinity', n / 3.0]::float8[])[1 + (e + n) % 8],
    (ARRAY['nm', NULL, '', 'NULL', E'\\\\ "'])[1 + (e + n) % 5], CASE WHEN e % 3 = 0 THEN n + e END, CASE WHEN n % 2 = 0 THEN n + 0.1 END
  FROM generate_series(1, ${events}) AS e, LATERAL generate_series(1, CASE WHEN e = 7 THEN 2000 ELSE 1 + e % 9 END) AS n`;

describe.each(Object.entries(editions))('measurements as vectors, %s edition', (_, open) => {
  let db: EditionUnderTest;
  beforeAll(async () => {
    db = await open();
  }, 300_000);
  afterAll(() => db.close());

  const query: Query = (text) => db.query(text);
  const counts = async (): Promise<object> =>
    (
      await query<object>(`SELECT (SELECT count(*)::int FROM measurement_rows) AS rows, (SELECT count(*)::int FROM measurement_vectors) AS vectors,
        (SELECT count(*)::int FROM show_chunks('measurement_rows')) AS chunks`)
    )[0]!;

  it('pack rows without changing one of them, and drop their chunks', async () => {
    await query(oldRows(400));
    const before = await allOf(query);
    expect(before.length).toBeGreaterThan(3_900);
    expect(await counts()).toMatchObject({ vectors: 0, rows: before.length });
    let steps = 0;
    for (;;) {
      // Steps of one block, so that events lie across them.
      const [step] = await query<{ n: number | null }>(`SELECT pack_measurements(1, '0')::int AS n`);
      if (step!.n === null) {
        // An empty chunk is dropped when no transaction of the server, also of another suite, could still look into it.
        if ((await query('SELECT FROM measurement_packing')).length === 0) {
          break;
        }
        await sleep(50);
        continue;
      }
      steps += 1;
      if (steps % 10 === 0) {
        expect(await allOf(query)).toEqual(before);
      }
    }
    expect(steps).toBeGreaterThan(20);
    expect(await allOf(query)).toEqual(before);
    expect(await counts()).toEqual({ rows: 0, vectors: 400, chunks: 0 });
    expect(await query('SELECT * FROM measurement_packing')).toEqual([]);
    const [sets] = await query<object>(
      'SELECT count(*)::int AS n, count(DISTINCT (names, units, lower_limits, upper_limits))::int AS different FROM measurement_sets',
    );
    expect(sets).toEqual({ n: (sets as { n: number }).n, different: (sets as { n: number }).n });
  });

  it('prune sets that nothing uses any more, and no other', async () => {
    const [stored] = await query<{ id: string }>(
      `SELECT store_measurement_sets('[{"names": ["lonely"], "units": [null], "lower_limits": [null], "upper_limits": [1.5]}]') AS id`,
    );
    const before = await allOf(query);
    expect(await query('SELECT prune_measurement_sets()::int AS n')).toEqual([{ n: 1 }]);
    expect(await query(`SELECT 1 FROM measurement_sets WHERE id = '${stored!.id}'`)).toEqual([]);
    expect(await query('SELECT prune_measurement_sets()::int AS n')).toEqual([{ n: 0 }]);
    expect(await allOf(query)).toEqual(before);
  });
});

describe('measurement vectors', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());
  const sessions: LoadSession[] = [];
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await db.database.query('TRUNCATE measurement_rows, measurement_values, measurement_sets, measurement_packing');
  });
  const openSession = async (db: TestDatabase): Promise<LoadSession> => {
    const session = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
    sessions.push(session);
    return session;
  };
  const query =
    (db: TestDatabase): Query =>
    (text) =>
      db.database.query(text);
  const pack = async (db: TestDatabase, rest = '0'): Promise<void> => {
    for (;;) {
      const [step] = await db.database.query<{ n: number | null }>(`SELECT pack_measurements(1, '${rest}')::int AS n`);
      if (step!.n === null) {
        return;
      }
    }
  };
  const chunks = (db: TestDatabase): Promise<object[]> => db.database.query(`SELECT show_chunks('measurement_rows')`);
  /** Until no chunk is left: a transaction of another suite, which could still look into one, puts its end off. */
  const packToTheEnd = async (db: TestDatabase, rows: readonly string[]): Promise<void> => {
    do {
      await sleep(50);
      await pack(db);
      expect(await allOf(query(db))).toEqual(rows);
    } while ((await chunks(db)).length > 0);
  };
  const vectors = ['time', 'inspection_id', 'event_id', 'values', 'set_id'];
  const set = `[{"names": ["a", "b"], "units": ["V", null], "lower_limits": [null, 1], "upper_limits": [2.5, null]}]`;
  const store = async (session: LoadSession): Promise<string> =>
    (await session.query<{ id: string }>('SELECT store_measurement_sets($1) AS id', [set]))[0]!.id;

  it('take over the rows of the version before, which goes on writing while they are packed', async () => {
    const old = await createTestDatabase({ empty: true });
    try {
      await migrate(old.url, { to: '0022-api-keys' });
      await old.database.query(oldRows(300));
      const before = await allOf(query(old));
      await migrate(old.url);
      expect(await allOf(query(old))).toEqual(before);
      // As that version copies: into the name of the table, with the rights of the writer.
      const writer = await openSession(old);
      await writer.query('SET ROLE chip_writer');
      const late: string[] = [];
      const columns = ['time', 'inspection_id', 'event_id', 'name', 'value', 'unit', 'lower_limit', 'upper_limit'];
      const id = '11111111-1111-4111-8111-111111111111';
      for (let round = 0; round < 10; round++) {
        await writer.begin();
        const lines = [`2026-01-05T00:00:00Z\t${id}\t${id}\tlate ${round}\t${round}\t\\N\t\\N\t\\N\n`];
        expect(await writer.copy('measurements', columns, [Buffer.from(lines.join(''))])).toBe(1);
        await writer.query('COMMIT');
        late.push(`late ${round}`);
        await old.database.query(`SELECT pack_measurements(1, '0')`);
      }
      await writer.begin();
      await expect(
        writer.copy('measurements', columns, [
          Buffer.from(
            `2026-01-05T00:00:00Z\t${id}\t${id}\tok\t1\t\\N\t\\N\t\\N\n2026-01-05T00:00:00Z\t${id}\t${id}\t\\N\t1\t\\N\t\\N\t\\N\n`,
          ),
        ]),
      ).rejects.toMatchObject({ kind: 'data', copyLine: 2 });
      await writer.rollback();
      await pack(old);
      const after = await allOf(query(old));
      expect(after.filter((line) => !line.includes('late'))).toEqual(before);
      expect(after.filter((line) => line.includes('late'))).toHaveLength(late.length);
      expect(await old.database.query('SELECT 1 FROM measurement_rows')).toEqual([]);
    } finally {
      await old.drop();
    }
  });

  it('are seen once by every snapshot, one from before the packing included', async () => {
    await db.database.query(oldRows(100));
    const before = await allOf(query(db));
    const reader = await openSession(db);
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    // Takes the snapshot without a look at any chunk.
    await reader.query('SELECT count(*) FROM lots');
    await pack(db);
    expect(await db.database.query('SELECT 1 FROM measurement_rows')).toEqual([]);
    expect(await allOf((text) => reader.query(text))).toEqual(before);
    expect(await allOf(query(db))).toEqual(before);
    expect((await chunks(db)).length).toBeGreaterThan(0);
    await reader.query('COMMIT');
    await packToTheEnd(db, before);
    expect(await chunks(db)).toEqual([]);
  });

  it('rest before the chunk is dropped, and lose nothing of what comes into it meanwhile', async () => {
    await db.database.query(oldRows(20));
    await pack(db, '1 hour');
    expect((await chunks(db)).length).toBeGreaterThan(0);
    await db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value) VALUES ('2026-01-05', md5('i')::uuid, md5('new')::uuid, 'new', 1)`,
    );
    const before = await allOf(query(db));
    await pack(db, '1 hour');
    await packToTheEnd(db, before);
    expect(await chunks(db)).toEqual([]);
  });

  it('go on after an interruption at any moment', async () => {
    await db.database.query(oldRows(400));
    const before = await allOf(query(db));
    let interrupted = 0;
    for (let n = 0; n < 12; n++) {
      const session = await openSession(db);
      const running = packMeasurements(session).catch(() => void interrupted++);
      await new Promise((resolve) => setTimeout(resolve, 5 + 15 * n));
      await db.database.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2',
        [session.backend.pid, session.backend.startedAt],
      );
      await running;
      expect(await allOf(query(db))).toEqual(before);
    }
    expect(interrupted).toBeGreaterThan(0);
    await pack(db);
    expect(await allOf(query(db))).toEqual(before);
  });

  it('share a set that two writers bring at the same time, and one that was rolled back is not there', async () => {
    const [one, other] = [await openSession(db), await openSession(db)];
    await one.begin();
    await other.begin();
    const id = await store(one);
    const waiting = store(other);
    await one.rollback();
    expect(await waiting).toBe(id);
    await other.copy('measurement_vectors', vectors, [Buffer.from(`2026-01-01\t${id}\t${id}\t{1,NULL}\t${id}\n`)]);
    await other.query('COMMIT');
    await one.begin();
    expect(await store(one)).toBe(id);
    await one.query('COMMIT');
    expect(await db.database.query('SELECT name, value, unit, lower_limit, upper_limit FROM measurements')).toEqual([
      { name: 'a', value: 1, unit: 'V', lower_limit: null, upper_limit: 2.5 },
      { name: 'b', value: null, unit: null, lower_limit: 1, upper_limit: null },
    ]);
    expect(await db.database.query('SELECT count(*) AS n FROM measurement_sets')).toEqual([{ n: 1 }]);
  });

  it('keep a set from being pruned while a transaction is about to use it', async () => {
    const writer = await openSession(db);
    await db.database.query(`SELECT store_measurement_sets('${set}')`);
    await writer.begin();
    const id = await store(writer);
    expect(await db.database.query('SELECT prune_measurement_sets() AS n')).toEqual([{ n: 0 }]);
    await writer.copy('measurement_vectors', vectors, [Buffer.from(`2026-01-01\t${id}\t${id}\t{1,2}\t${id}\n`)]);
    await writer.query('COMMIT');
    expect(await db.database.query('SELECT prune_measurement_sets() AS n')).toEqual([{ n: 0 }]);
    expect(await db.database.query('SELECT count(*) AS n FROM measurements')).toEqual([{ n: 2 }]);
  });

  it('go by retention with their chunks, but for those of lots on hold', async () => {
    const change = { actor: 'somebody', reason: 'because' };
    await db.database.query(
      `INSERT INTO lots (id, lot_id) VALUES (md5('held')::uuid, 'held'), (md5('free')::uuid, 'free');
       INSERT INTO inspections (id, lot_id, chip_id, inspection_type)
         SELECT md5(lot || n)::uuid, md5(lot)::uuid, n::text, 'electrical' FROM unnest(ARRAY['held', 'free']) AS lot, generate_series(1, 20) AS n;
       INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
         SELECT now() - months * INTERVAL '30 days', i.id, i.id, store_measurement_sets('${set}'), '{1,2}'
         FROM inspections AS i, unnest(ARRAY[0, 3, 6, 9]) AS months`,
    );
    await placeHold(db.database, { site: '', lotId: 'held' }, change);
    await setRetention(db.database, 'measurements', '60 days', change);
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 3 }]);
    expect(
      await db.database.query(
        `SELECT lots.lot_id, count(*) AS n FROM measurements JOIN inspections AS i ON i.id = inspection_id JOIN lots ON lots.id = i.lot_id GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { lot_id: 'free', n: 40 },
      { lot_id: 'held', n: 160 },
    ]);
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 0 }]);
    await db.database.query('DELETE FROM legal_holds');
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 3 }]);
    expect(await db.database.query('SELECT count(*) AS n FROM measurements')).toEqual([{ n: 80 }]);
  });
});
