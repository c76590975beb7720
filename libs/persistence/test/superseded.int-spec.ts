import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { migrate } from '../src/schema/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

/** One stored attempt, as the merge of the writer might leave it. */
const attempt = fc.record({
  unit: fc.integer({ min: 0, max: 9 }),
  step: fc.constantFrom('', '', 'probe'),
  attempt: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'failed', 'voided', 'in_progress'),
  result: fc.constantFrom('pass', 'fail'),
  // Tied at times, and not in the order of completion.
  occurred_at: fc.integer({ min: 0, max: 3 }),
  completed_at: fc.integer({ min: 0, max: 30 }),
  attempt_no: fc.constantFrom(null, null, 1, 2),
  event_id: fc.uuid(),
  equipment_id: fc.constantFrom('E1', 'E2', null),
  product: fc.constantFrom('P1', null),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

/** What happens between two loads. */
const upkeep = fc.constantFrom('fold', 'fold a few', 'delete attempts', 'nothing');

const STORE = `
  INSERT INTO inspection_attempts (inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at,
    first_occurred_at, event_id, event_ids, completed_at, attempt_no, equipment_id, product)
  SELECT DISTINCT ON (i.id, c.step, c.attempt) i.id, c.step, 'a:' || c.attempt, i.lot_id, i.inspection_type, c.status,
    CASE WHEN c.status = 'completed' THEN c.result END, at.occurred, at.occurred, c.event_id, ARRAY[c.event_id],
    CASE WHEN c.status = 'completed' THEN at.completed END, c.attempt_no, c.equipment_id, c.product
  FROM jsonb_to_recordset($1::text::jsonb) AS c (unit int, step text, attempt int, status inspection_status_enum, result text,
    occurred_at int, completed_at int, attempt_no int, event_id uuid, equipment_id text, product text)
  JOIN inspections i ON i.chip_id = c.unit::text
  CROSS JOIN LATERAL (SELECT '2026-01-01Z'::timestamptz + c.occurred_at * INTERVAL '1 day' AS occurred,
    '2026-01-01Z'::timestamptz + c.completed_at * INTERVAL '7 hours' AS completed) AS at
  ORDER BY i.id, c.step, c.attempt, c.event_id
  ON CONFLICT (inspection_id, step, attempt_key) DO UPDATE SET
    (status, result, occurred_at, event_id, completed_at, attempt_no, equipment_id, product)
    = (excluded.status, excluded.result, excluded.occurred_at, excluded.event_id, excluded.completed_at, excluded.attempt_no,
       excluded.equipment_id, excluded.product)`;

const place = (row: string): string => `${row}.occurred_at, coalesce(${row}.attempt_no, 0), ${row}.event_id`;
/** That each policy prefers the attempt `other` of a unit to its attempt `a`. */
const PREFERS = {
  last: `(${place('other')}) > (${place('a')})`,
  first: `(${place('other')}) < (${place('a')})`,
  best: `((other.result = 'pass')::int, ${place('other')}) > ((a.result = 'pass')::int, ${place('a')})`,
  worst: `((other.result = 'fail')::int, ${place('other')}) > ((a.result = 'fail')::int, ${place('a')})`,
};
const NAMES = Object.keys(PREFERS).flatMap((policy) => [`superseded_${policy}`, `superseded_${policy}_passed`]);
const GROUP = 'day, inspection_type, product, equipment_id, lot_id';

const summed = (values: readonly string[], from: string): string => `
  SELECT day::text, inspection_type, product, equipment_id, lot_id, ${NAMES.map((name, i) => `sum(${values[i]})::int AS ${name}`).join(', ')}
  FROM ${from} GROUP BY ${GROUP} HAVING ${values.map((value) => `sum(${value}) <> 0`).join(' OR ')} ORDER BY 1, 2, 3, 4, 5`;
/** What the sums say. */
const SUMS = summed(
  NAMES,
  `(SELECT ${GROUP}, ${NAMES.join(', ')} FROM yield_daily_base UNION ALL SELECT ${GROUP}, ${NAMES.join(', ')} FROM yield_delta) AS part`,
);
/** The same, by comparing each copy with every other one of its unit. */
const COMPARED = summed(
  Object.keys(PREFERS)
    .flatMap((policy) => [policy, `(${policy} AND result = 'pass')`])
    .map((term) => `${term}::int`),
  `(SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, inspection_type, product, equipment_id, lot_id, result, ${Object.entries(
    PREFERS,
  )
    .map(
      ([policy, prefers]) =>
        `EXISTS (SELECT FROM yield_retests AS other WHERE other.inspection_id = a.inspection_id AND ${prefers}) AS ${policy}`,
    )
    .join(', ')} FROM yield_retests AS a) AS compared`,
);

async function storeUnits({ database }: TestDatabase): Promise<void> {
  await database.query(
    `INSERT INTO lots (id, lot_id) SELECT md5('lot' || n)::uuid, 'L' || n FROM generate_series(0, 1) AS n`,
  );
  await database.query(
    `INSERT INTO inspections (id, lot_id, chip_id, inspection_type) SELECT md5('unit' || n)::uuid, md5('lot' || n % 2)::uuid, n::text, 'visual'
     FROM generate_series(0, 9) AS n`,
  );
}

describe('superseded attempts in the sums of yield', () => {
  const rounds = fc.sample(fc.record({ attempts: fc.array(attempt, { minLength: 1, maxLength: 8 }), upkeep }), {
    numRuns: 80,
    seed: 20_261_128,
  });
  const apply = async ({ database }: TestDatabase, attempts: readonly Attempt[], what: string): Promise<void> => {
    await database.query(STORE, [JSON.stringify(attempts)]);
    switch (what) {
      case 'fold':
        await database.query('SELECT fold_yield()');
        break;
      case 'fold a few':
        await database.query('SELECT fold_yield(3)');
        break;
      case 'delete attempts':
        // As retention does: the copies stay.
        await database.query(
          `DELETE FROM inspection_attempts WHERE (inspection_id, step, attempt_key) IN (
             SELECT inspection_id, step, attempt_key FROM inspection_attempts ORDER BY event_id LIMIT 2)`,
        );
        break;
      default:
    }
  };
  const expectEqual = async ({ database }: TestDatabase): Promise<number> => {
    const sums = await database.query(SUMS);
    expect(sums).toEqual(await database.query(COMPARED));
    return sums.length;
  };

  describe('of a new database', () => {
    let db: TestDatabase;
    beforeAll(async () => {
      db = await createTestDatabase();
      await storeUnits(db);
    });
    afterAll(() => db.drop());

    it('are those that another copy of their unit beats, whatever retest, correction, withdrawal or retention comes', async () => {
      let rows = 0;
      for (const { attempts, upkeep: what } of rounds) {
        await apply(db, attempts, what);
        rows += await expectEqual(db);
      }
      // Otherwise the histories would be too easy.
      expect(rows).toBeGreaterThan(500);
      const [{ deleted }] = (await db.database.query<{ deleted: number }>(
        `SELECT count(*)::int AS deleted FROM yield_retests AS copy LEFT JOIN inspection_attempts AS a USING (inspection_id, step, attempt_key)
          WHERE a.inspection_id IS NULL`,
      )) as [{ deleted: number }];
      expect(deleted).toBeGreaterThan(0);
    });

    it('cost no delta where nothing changes', async () => {
      // The first time, copies of attempts that were deleted and stored again follow these.
      for (const value of [1, 2]) {
        await db.database.query('SELECT fold_yield()');
        await db.database.query(`UPDATE inspection_attempts SET metadata = jsonb_build_object('a', $1::int)`, [value]);
      }
      expect(await db.database.query('SELECT FROM yield_delta')).toEqual([]);
    });
  });

  it('are counted for what an earlier version stored', async () => {
    const old = await createTestDatabase({ empty: true });
    try {
      await migrate(old.url, { to: '0051-unused-sets-by-join' });
      await storeUnits(old);
      for (const { attempts, upkeep: what } of rounds.slice(0, 20)) {
        await apply(old, attempts, what);
      }
      const retests = await old.database.query('SELECT * FROM yield_retests ORDER BY 1, 2, 3');
      const marks = await old.database.query('SELECT * FROM attempt_day_changes ORDER BY 1, 2');
      await migrate(old.url);
      expect(await expectEqual(old)).toBeGreaterThan(5);
      expect(await old.database.query('SELECT * FROM yield_retests ORDER BY 1, 2, 3')).toEqual(retests);
      // So that the upkeep does not sum up every day again.
      expect(await old.database.query('SELECT * FROM attempt_day_changes ORDER BY 1, 2')).toEqual(marks);
      for (const { attempts, upkeep: what } of rounds.slice(20, 40)) {
        await apply(old, attempts, what);
        await expectEqual(old);
      }
    } finally {
      await old.drop();
    }
  });
});
