import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 as uuidV5 } from 'uuid';
import { LoadSession } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';
import { editions, type EditionUnderTest } from './editions.ts';

const id = (name: string): string => uuidV5(name, uuidV5.URL);

/** One stored attempt: what the merge of the writer might put into both tables. */
interface Stored {
  unit: number;
  attempt: number;
  status: 'completed' | 'failed' | 'voided' | 'in_progress';
  result: 'pass' | 'fail' | null;
  day: number;
  equipment: string | null;
  product: string | null;
}
const stored: fc.Arbitrary<Stored> = fc
  .record({
    unit: fc.integer({ min: 0, max: 11 }),
    attempt: fc.integer({ min: 1, max: 3 }),
    status: fc.constantFrom('completed', 'completed', 'completed', 'failed', 'voided', 'in_progress'),
    pass: fc.boolean(),
    day: fc.integer({ min: 0, max: 400 }),
    equipment: fc.constantFrom('E1', 'E2', null),
    product: fc.constantFrom('P1', null),
  })
  .map(({ pass, ...rest }) => ({
    ...rest,
    result: rest.status === 'completed' ? (pass ? 'pass' : 'fail') : null,
  })) as fc.Arbitrary<Stored>;

const UPSERTS = [
  `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, completed_at, equipment_id, product)
   SELECT DISTINCT ON (id) id, lot, chip, 'electrical', status, result, completed_at, equipment, product
   FROM jsonb_to_recordset($1::text::jsonb) AS s (id uuid, lot uuid, chip text, status inspection_status_enum, result text, completed_at timestamptz, equipment text, product text)
   ORDER BY id
   ON CONFLICT (id) DO UPDATE SET status = excluded.status, result = excluded.result, completed_at = excluded.completed_at,
     equipment_id = excluded.equipment_id, product = excluded.product`,
  `INSERT INTO inspection_attempts (inspection_id, step, attempt_key, attempt_no, lot_id, inspection_type, status, result, occurred_at, first_occurred_at, event_id, event_ids, completed_at, equipment_id, product)
   SELECT DISTINCT ON (id, attempt) id, '', attempt, attempt_no, lot, 'electrical', status, result, '2026-01-01', '2026-01-01', id, ARRAY[id], completed_at, equipment, product
   FROM jsonb_to_recordset($1::text::jsonb) AS s (id uuid, lot uuid, attempt text, attempt_no integer, status inspection_status_enum, result text, completed_at timestamptz, equipment text, product text)
   ORDER BY id, attempt
   ON CONFLICT (inspection_id, step, attempt_key) DO UPDATE SET status = excluded.status, result = excluded.result,
     completed_at = excluded.completed_at, equipment_id = excluded.equipment_id, product = excluded.product`,
] as const;

const RECOMPUTED = `
  SELECT day::text, inspection_type, product, equipment_id, lot_id, sum(units)::int AS units, sum(passed)::int AS passed,
    sum(units - passed)::int AS failed, sum(insertions)::int AS insertions, sum(insertions_passed)::int AS insertions_passed
  FROM (
    SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, inspection_type, product, equipment_id, lot_id, 1 AS units,
      (result = 'pass')::int AS passed, 0 AS insertions, 0 AS insertions_passed
    FROM inspections WHERE result IS NOT NULL
    UNION ALL
    SELECT (completed_at AT TIME ZONE 'UTC')::date, inspection_type, product, equipment_id, lot_id, 0, 0, 1, (result = 'pass')::int
    FROM inspection_attempts WHERE status = 'completed'
  ) AS counted GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;
const SUMMARY = `
  SELECT day::text, inspection_type, product, equipment_id, lot_id, units::int, passed::int, failed::int, insertions::int, insertions_passed::int
  FROM yield_daily ORDER BY 1, 2, 3, 4, 5`;
/** Copies of attempts that are not as the attempt itself, and units that were tested twice without copies: none. */
const WRONG_RETESTS = `
  SELECT coalesce(copy.inspection_id, a.inspection_id) AS unit FROM yield_retests AS copy
  FULL JOIN (
    SELECT *, count(*) OVER (PARTITION BY inspection_id) AS times FROM inspection_attempts WHERE status = 'completed'
  ) AS a USING (inspection_id, step, attempt_key)
  WHERE a.times > 1 AND copy.inspection_id IS NULL OR copy.inspection_id IS NOT NULL AND
    (copy.completed_at, copy.occurred_at, copy.event_id, copy.attempt_no, copy.result, copy.inspection_type, copy.product, copy.equipment_id, copy.lot_id)
    IS DISTINCT FROM (a.completed_at, a.occurred_at, a.event_id, a.attempt_no, a.result, a.inspection_type, a.product, a.equipment_id, a.lot_id)`;

const rowsOf = (changes: Stored[]): string =>
  JSON.stringify(
    changes.map((change) => ({
      id: id(`unit ${change.unit}`),
      lot: id(`lot ${change.unit % 3}`),
      chip: String(change.unit),
      attempt: `a:${change.attempt}`,
      attempt_no: change.attempt,
      status: change.status,
      result: change.result,
      completed_at:
        change.result === null ? null : new Date(Date.UTC(2026, 0, 1) + change.day * 43_200_000).toISOString(),
      equipment: change.equipment,
      product: change.product,
    })),
  );

describe.each(Object.entries(editions))('yield_daily, %s edition', (_, open) => {
  let db: EditionUnderTest;
  beforeAll(async () => {
    db = await open();
    for (let lot = 0; lot < 3; lot++) {
      await db.query('INSERT INTO lots (id, lot_id) VALUES ($1, $2)', [id(`lot ${lot}`), `L${lot}`]);
    }
  });
  afterAll(() => db.close());

  it('equals a recompute after every change, whatever late retest or withdrawal moves a unit to another day', async () => {
    const histories = fc.sample(fc.array(stored, { minLength: 1, maxLength: 15 }), { numRuns: 60, seed: 20_080_719 });
    for (const [index, changes] of histories.entries()) {
      await db.query(UPSERTS[0], [rowsOf(changes)]);
      await db.query(UPSERTS[1], [rowsOf(changes)]);
      if (index % 7 === 3) {
        await db.query('SELECT fold_yield(20)');
      }
      expect(await db.query(SUMMARY)).toEqual(await db.query(RECOMPUTED));
      expect(await db.query(WRONG_RETESTS)).toEqual([]);
    }
    expect((await db.query('SELECT FROM yield_retests')).length).toBeGreaterThan(10);
    await db.query('SELECT fold_yield()');
    expect(await db.query(SUMMARY)).toEqual(await db.query(RECOMPUTED));
    expect((await db.query<{ n: number }>('SELECT count(*)::int AS n FROM yield_delta'))[0]?.n).toBe(0);
  });

  it('writes no delta for a change that moves nothing', async () => {
    await db.query(`UPDATE inspections SET updated_at = now(), metadata = '{"a": 1}'`);
    expect((await db.query<{ n: number }>('SELECT count(*)::int AS n FROM yield_delta'))[0]?.n).toBe(0);
  });

  it('keeps what it counted when retention deletes old attempts', async () => {
    const before = await db.query(SUMMARY);
    await db.query(`UPDATE retention_settings SET keep = INTERVAL '1 day' WHERE table_name = 'inspection_attempts'`);
    const [removed] = await db.query<{ n: number }>(`SELECT apply_retention('inspection_attempts')::int AS n`);
    expect(removed?.n).toBeGreaterThan(0);
    expect(await db.query(SUMMARY)).toEqual(before);
  });
});

describe('summaries', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [id('lot')]);
  });
  afterAll(() => db.drop());

  const insert = (chip: string, columns: string, values: string): Promise<object[]> =>
    db.database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, ${columns}) VALUES ($1, $2, $3, 'visual', ${values})`,
      [id(`i ${chip}`), id('lot'), chip],
    );

  it('daily_inspection_summary counts by day, type and status with the mean duration, and says when it was refreshed', async () => {
    const at = (hours: number): string =>
      `date_trunc('day', now(), 'UTC') - INTERVAL '10 days' + INTERVAL '${hours} hours'`;
    await insert('1', 'status, created_at, started_at, completed_at', `'completed', ${at(0)}, ${at(0)}, ${at(1)}`);
    await insert('2', 'status, created_at, started_at, completed_at', `'completed', ${at(23)}, ${at(1)}, ${at(4)}`);
    await insert('3', 'status, created_at', `'pending', ${at(5)}`);
    await insert('4', 'status, created_at', `'pending', now() - INTERVAL '100 days'`);
    const [before] = await db.database.query<{ refreshed_at: string }>('SELECT refreshed_at FROM summary_refreshes');
    await db.database.query('SELECT refresh_daily_inspection_summary()');
    expect(
      await db.database.query(
        'SELECT inspection_type, status, inspection_count, avg_duration_seconds FROM daily_inspection_summary ORDER BY status',
      ),
    ).toEqual([
      { inspection_type: 'visual', status: 'pending', inspection_count: 1, avg_duration_seconds: null },
      { inspection_type: 'visual', status: 'completed', inspection_count: 2, avg_duration_seconds: 7200 },
    ]);
    const [after] = await db.database.query<{ refreshed_at: string }>('SELECT refreshed_at FROM summary_refreshes');
    expect((after as { refreshed_at: string }).refreshed_at > (before as { refreshed_at: string }).refreshed_at).toBe(
      true,
    );
  });

  it('is refreshed while a reader holds it, and read while it is refreshed', async () => {
    const reader = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
    const refresher = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
    for (const session of [reader, refresher]) {
      await session.query("SET lock_timeout = '100ms'");
    }
    await reader.begin();
    await reader.query('SELECT * FROM daily_inspection_summary');
    await refresher.begin();
    await refresher.query('SELECT refresh_daily_inspection_summary()');
    // Not committed: the refresh still holds its locks.
    expect(await reader.query('SELECT count(*) AS n FROM daily_inspection_summary')).toEqual([{ n: 2 }]);
    await refresher.query('COMMIT');
    for (const session of [reader, refresher]) {
      await session.close();
    }
  });

  it('deletes nothing of a lot on legal hold', async () => {
    const hold = id('held lot');
    await db.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'HELD')`, [hold]);
    for (const [lot, chip] of [
      [hold, 'h'],
      [id('lot'), 'f'],
    ] as const) {
      const inspection = id(`hold ${chip}`);
      await db.database.query(
        `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, step, attempt_key) VALUES ($1, $2, $3, 'visual', '', 'a:2')`,
        [inspection, lot, chip],
      );
      for (const attempt of ['a:1', 'a:2']) {
        await db.database.query(
          `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, occurred_at, first_occurred_at, event_id, event_ids)
           VALUES ($1, $3, $2, 'visual', 'failed', '2020-01-01', '2020-01-01', $1, ARRAY[$1::uuid])`,
          [inspection, lot, attempt],
        );
      }
      await db.database.query(
        `INSERT INTO measurements (time, inspection_id, event_id, name, value) VALUES ('2020-01-01', $1, $1, 'm', 1), (now(), $1, $1, 'm', 1)`,
        [inspection],
      );
      await db.database.query(
        `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um) VALUES ($1, $1, 1, '2020-01-01', 'c', 0, 0), ($1, $1, 2, now(), 'c', 0, 0)`,
        [inspection],
      );
    }
    await db.database.query(
      `INSERT INTO legal_holds (lot_id, reason, placed_by) VALUES ($1, 'customer claim', 'somebody')`,
      [hold],
    );
    const left = async (): Promise<object> => {
      const [counts] = await db.database.query<object>(
        `SELECT (SELECT count(*) FROM measurements) AS measurements, (SELECT count(*) FROM defects) AS defects,
           (SELECT count(*) FROM inspection_attempts) AS attempts`,
      );
      return counts as object;
    };
    const apply = async (): Promise<void> => {
      for (const table of ['measurements', 'defects', 'inspection_attempts']) {
        await db.database.query('SELECT apply_retention($1)', [table]);
      }
    };
    await apply();
    expect(await left()).toEqual({ measurements: 4, defects: 4, attempts: 4 });
    for (const table of ['measurements', 'defects', 'inspection_attempts']) {
      await db.database.query(`SELECT set_retention($1, '1 year')`, [table]);
    }
    await apply();
    // Of the free lot: the old measurement, the old defect, and the attempt that is not the current one.
    expect(await left()).toEqual({ measurements: 3, defects: 3, attempts: 3 });
    await db.database.query('DELETE FROM legal_holds');
    await apply();
    expect(await left()).toEqual({ measurements: 2, defects: 2, attempts: 2 });
  });

  it('refuses retention of a table that has none', async () => {
    await expect(db.database.query(`SELECT set_retention('lots', '1 day')`)).rejects.toMatchObject({
      sqlstate: '22023',
    });
  });

  it('counts what was stored before the summary existed', async () => {
    const old = await createTestDatabase({ empty: true });
    try {
      await migrate(old.url, { to: '0006-schema-info' });
      await old.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L0'), ($2, 'L1'), ($3, 'L2')`, [
        id('lot 0'),
        id('lot 1'),
        id('lot 2'),
      ]);
      const changes = fc.sample(fc.array(stored, { minLength: 40, maxLength: 40 }), {
        numRuns: 1,
        seed: 1,
      })[0] as Stored[];
      for (const upsert of UPSERTS) {
        await old.database.query(upsert, [rowsOf(changes)]);
      }
      await migrate(old.url);
      expect(await old.database.query(SUMMARY)).toEqual(await old.database.query(RECOMPUTED));
      expect((await old.database.query(SUMMARY)).length).toBeGreaterThan(5);
      expect(await old.database.query(WRONG_RETESTS)).toEqual([]);
      expect((await old.database.query('SELECT FROM yield_retests')).length).toBeGreaterThan(2);
    } finally {
      await old.drop();
    }
  });

  it('learns the numbers of attempts that were stored before they ordered equal times', async () => {
    const old = await createTestDatabase({ empty: true });
    const { database } = old;
    try {
      await migrate(old.url, { to: '0015-late-hours' });
      await database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [id('lot')]);
      const units = ['tied', 'apart', 'deleted', 'scheduled'];
      for (const unit of units) {
        await database.query(
          `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, occurred_at, completed_at, attempt_key, equipment_id)
           VALUES ($1, $2, $3, 'electrical', 'completed', 'fail', '2026-01-01', '2026-01-01', 'a:1', 'E1')`,
          [id(unit), id('lot'), unit],
        );
      }
      // The first attempt has the greater event id; of `apart` it is the later one, too.
      for (const unit of units.slice(0, 3)) {
        for (const [attempt, result] of [
          [1, 'fail'],
          [2, 'pass'],
        ] as const) {
          await database.query(
            `INSERT INTO inspection_attempts (inspection_id, attempt_key, attempt_no, lot_id, inspection_type, status, result, occurred_at,
               first_occurred_at, event_id, event_ids, completed_at, equipment_id)
             VALUES ($1, 'a:' || $2::int, $2::int, $3, 'electrical', 'completed', $4, $5, $5, $6, ARRAY[$6::uuid], $7, 'E' || $2::int)`,
            [
              id(unit),
              attempt,
              id('lot'),
              result,
              unit === 'apart' && attempt === 2 ? '2025-12-31' : '2026-01-01',
              `${attempt === 1 ? 'f' : '0'}0000000-0000-4000-8000-00000000000${units.indexOf(unit)}`,
              `2026-01-0${attempt}`,
            ],
          );
        }
      }
      await database.query('DELETE FROM inspection_attempts WHERE inspection_id = $1', [id('deleted')]);
      await migrate(old.url);
      expect(
        await database.query(
          `SELECT chip_id, i.result, i.equipment_id, i.completed_at::date::text AS day FROM inspections AS i ORDER BY chip_id`,
        ),
      ).toEqual([
        { chip_id: 'apart', result: 'fail', equipment_id: 'E1', day: '2026-01-01' },
        { chip_id: 'deleted', result: 'fail', equipment_id: 'E1', day: '2026-01-01' },
        { chip_id: 'scheduled', result: 'fail', equipment_id: 'E1', day: '2026-01-01' },
        { chip_id: 'tied', result: 'pass', equipment_id: 'E2', day: '2026-01-02' },
      ]);
      const retests = await database.query<{ attempt_key: string; attempt_no: number | null }>(
        'SELECT attempt_key, attempt_no FROM yield_retests',
      );
      expect(retests).toHaveLength(6);
      for (const { attempt_key, attempt_no } of retests) {
        expect(attempt_key).toBe(`a:${attempt_no}`);
      }
      const sums = (table: string): Promise<object[]> =>
        database.query(
          `SELECT equipment_id, sum(units)::int AS units, sum(passed)::int AS passed FROM ${table} GROUP BY 1 HAVING sum(units) <> 0 ORDER BY 1`,
        );
      expect(await sums('yield_daily')).toEqual(
        await sums(
          `(SELECT equipment_id, 1 AS units, (result = 'pass')::int AS passed FROM inspections) AS recomputed`,
        ),
      );
    } finally {
      await old.drop();
    }
  });
});
