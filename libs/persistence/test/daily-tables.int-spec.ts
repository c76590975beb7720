import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { v5 as uuidV5 } from 'uuid';
import { LoadSession, type Queryable } from '../src/index.ts';
import { readStatus } from '../src/schema/database-status.ts';
import { migrate } from '../src/schema/migrate.ts';
import { createTestDatabase, sumUpDays, type TestDatabase } from '../src/testing/index.ts';

const id = (name: string): string => uuidV5(name, uuidV5.URL);
const LOT = id('lot');

/** Stores attempts as the load does, each with a defect. */
async function store(
  database: Queryable,
  attempts: readonly { unit: string; attempt?: number; at: string; result?: 'pass' | 'fail' }[],
): Promise<void> {
  for (const { unit, attempt = 1, at, result = 'pass' } of attempts) {
    const event = id(`${unit} ${attempt} ${at}`);
    await database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type) VALUES ($1, $2, $3, 'visual') ON CONFLICT DO NOTHING`,
      [id(unit), LOT, unit],
    );
    await database.query(
      `INSERT INTO inspection_attempts AS kept (inspection_id, attempt_key, attempt_no, lot_id, inspection_type, status, result, occurred_at,
         first_occurred_at, completed_at, event_id, event_ids, hard_bin)
       VALUES ($1, 'a:' || $2::int, $2::int, $3, 'visual', 'completed', $4, $5, $5, $5, $6, ARRAY[$6::uuid], 1)
       ON CONFLICT (inspection_id, step, attempt_key) DO UPDATE SET result = excluded.result, completed_at = excluded.completed_at,
         event_id = excluded.event_id, event_ids = kept.event_ids || excluded.event_ids`,
      [id(unit), attempt, LOT, result, at, event],
    );
    await database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um) VALUES ($1, $2, 1, $3, 'scratch', 0, 0)`,
      [id(unit), event, at],
    );
  }
}

const MARKED = 'SELECT DISTINCT day::text FROM attempt_day_changes ORDER BY 1';
const SUMMED = `
  SELECT day::text, result, choices, attempts, (SELECT sum(defects)::int FROM daily_defects AS d WHERE (d.day, d.choices) = (a.day, a.choices)) AS defects
  FROM daily_attempts AS a ORDER BY 1, 2, 3`;
const marked = async (database: Queryable): Promise<string[]> =>
  (await database.query<{ day: string }>(MARKED)).map(({ day }) => day);

const sumUpAll = async (url: string): Promise<void> => {
  const upkeep = await LoadSession.open({ url, applicationName: 'chip-test' });
  await sumUpDays(upkeep, Infinity, '0');
  await upkeep.close();
};

describe('summaries by day', () => {
  let db: TestDatabase;
  let session: LoadSession;
  let other: LoadSession;
  const open = (): Promise<LoadSession> => LoadSession.open({ url: db.url, applicationName: 'chip-test' });
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [LOT]);
    [session, other] = await Promise.all([open(), open()]);
  });
  afterAll(async () => {
    await Promise.all([session.close(), other.close()]);
    await db.drop();
  });

  it('count attempts and defects by the policies that choose them, and a late retest marks the days of its unit', async () => {
    await store(db.database, [
      { unit: 'once', at: '2026-01-01T10:00:00Z' },
      { unit: 'twice', at: '2026-01-01T23:59:59.999999Z', result: 'fail' },
      { unit: 'other day', at: '2026-01-02T00:00:00Z' },
    ]);
    expect(await marked(db.database)).toEqual(['2026-01-01', '2026-01-02']);
    expect(await sumUpDays(session, Infinity, '0')).toBe(3);
    expect(await marked(db.database)).toEqual([]);
    const other = { day: '2026-01-02', result: 'pass', choices: 255, attempts: 1, defects: 1 };
    const once = { day: '2026-01-01', result: 'pass', choices: 255, attempts: 1 };
    expect(await db.database.query(SUMMED)).toEqual([
      { day: '2026-01-01', result: 'fail', choices: 255, attempts: 1, defects: 2 },
      { ...once, defects: 2 },
      other,
    ]);

    await store(db.database, [{ unit: 'twice', attempt: 2, at: '2026-02-01T10:00:00Z' }]);
    expect(await marked(db.database)).toEqual(['2026-01-01', '2026-02-01']);
    await sumUpDays(session, Infinity, '0');
    expect(await db.database.query(SUMMED)).toEqual([
      // Now only the first attempt, and the worst one; of its step, too.
      { day: '2026-01-01', result: 'fail', choices: 0b1010_1010, attempts: 1, defects: 1 },
      { ...once, defects: 1 },
      other,
      { day: '2026-02-01', result: 'pass', choices: 0b0101_0101, attempts: 1, defects: 1 },
    ]);
  });

  it('leave a day marked that changes while it is summed up', async () => {
    await store(db.database, [{ unit: 'early', at: '2026-03-01T10:00:00Z' }]);
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await session.query(`SELECT sum_up_day('0')`);
    await store(db.database, [{ unit: 'late', at: '2026-03-01T11:00:00Z' }]);
    await session.query('COMMIT');
    expect(await marked(db.database)).toEqual(['2026-03-01']);
    expect((await db.database.query(SUMMED)).at(-1)).toMatchObject({ day: '2026-03-01', attempts: 1 });
    // A load that began before and commits after it.
    await other.begin();
    await store(other, [{ unit: 'slow', at: '2026-03-01T12:00:00Z' }]);
    await sumUpDays(session, Infinity, '0');
    expect((await db.database.query(SUMMED)).at(-1)).toMatchObject({ day: '2026-03-01', attempts: 2 });
    await other.query('COMMIT');
    expect(await marked(db.database)).toEqual(['2026-03-01']);
    await sumUpDays(session, Infinity, '0');
    expect((await db.database.query(SUMMED)).at(-1)).toMatchObject({ day: '2026-03-01', attempts: 3 });
  });

  it.each([
    ['the marks are compacted', '2026-04-01', 'SELECT compact_day_changes()'],
    ['another session sums it up', '2026-04-02', `SELECT sum_up_day('0')`],
  ])('lose no mark when meanwhile %s', async (_, day, meanwhile) => {
    await store(db.database, [{ unit: `seen ${day}`, at: `${day}T10:00:00Z` }]);
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await session.query('SELECT count(*) FROM attempt_day_changes');
    // Not in the snapshot of the session.
    await store(db.database, [{ unit: `unseen ${day}`, at: `${day}T11:00:00Z` }]);
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await other.query(meanwhile);
    const summed = session.query(`SELECT sum_up_day('0')`);
    summed.catch(() => undefined);
    await waitFor(async () => {
      const waiting = await db.database.query(
        `SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`,
        [session.backend.pid],
      );
      return waiting.length > 0;
    });
    await other.query('COMMIT');
    await expect(summed).rejects.toMatchObject({ sqlstate: '40001' });
    await session.query('ROLLBACK');
    await sumUpDays(session, Infinity, '0');
    expect(await marked(db.database)).toEqual([]);
    expect((await db.database.query(SUMMED)).at(-1)).toMatchObject({ day, attempts: 2 });
  });

  it('refuse a transaction whose statements see different states', async () => {
    await expect(db.database.query('SELECT sum_up_day()')).rejects.toMatchObject({ sqlstate: '25001' });
  });

  it('let a day rest that has just changed, and keep one mark of it', async () => {
    await store(db.database, [
      { unit: 'rest', at: '2026-05-01T10:00:00Z' },
      { unit: 'rest 2', at: '2026-05-01T10:00:00Z' },
    ]);
    expect(await sumUpDays(session)).toBe(0);
    expect(await db.database.query('SELECT day::text FROM attempt_day_changes')).toEqual([{ day: '2026-05-01' }]);
    expect(await readStatus(db.database)).toMatchObject({ daysToSumUp: 1 });
    await db.database.query(`UPDATE attempt_day_changes SET changed_at = now() - INTERVAL '6 minutes'`);
    expect(await sumUpDays(session)).toBe(2);
    expect(await readStatus(db.database)).toMatchObject({ daysToSumUp: 0 });
  });

  it('say which policies choose each of many attempts of a unit, without comparing every two of them', async () => {
    const count = 600;
    const lot = id('many');
    await db.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'many')`, [lot]);
    await db.database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type) VALUES ($1, $1, 'many', 'visual')`,
      [lot],
    );
    // Times and numbers repeat; some have no result, and some are of the day before.
    const attempts = await db.database.query<Placed>(
      `INSERT INTO inspection_attempts (inspection_id, step, attempt_key, attempt_no, lot_id, inspection_type, status, result,
         occurred_at, first_occurred_at, completed_at, event_id, event_ids, hard_bin)
       SELECT $1, CASE WHEN n % 13 = 0 THEN 'c' WHEN n % 17 = 0 THEN 'd' WHEN n % 3 = 0 THEN 'b' ELSE 'a' END, 'e:' || n, nullif(n % 4, 0), $1, 'visual', 'completed',
         CASE WHEN n % 13 = 0 THEN 'fail' WHEN n % 17 = 0 THEN 'pass' WHEN n % 11 = 5 THEN NULL WHEN n % 7 = 0 THEN 'pass' ELSE 'fail' END, at, at, at, event, ARRAY[event], n
       FROM generate_series(1, ${count}) AS n, LATERAL (SELECT timestamptz '2026-06-02' + (n * 37 % 100 - 9) * INTERVAL '10 minutes' AS at, md5('many' || n)::uuid AS event) AS of_n
       RETURNING completed_at::date::text AS day, step, result, event_id, hard_bin AS bin, extract(epoch FROM occurred_at)::int AS at, coalesce(attempt_no, 0) AS no`,
      [lot],
    );
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await session.query(`SELECT sum_up_day('0'), sum_up_day('0')`);
    const [read] = await session.query<{ rows: number }>(
      `SELECT idx_tup_fetch::int AS rows FROM pg_stat_xact_user_tables WHERE relname = 'yield_retests'`,
    );
    await session.query('COMMIT');
    expect(read!.rows).toBeLessThan(10 * count);
    expect(
      await db.database.query(
        'SELECT day::text, hard_bin AS bin, choices FROM daily_attempts WHERE lot_id = $1 ORDER BY bin',
        [lot],
      ),
    ).toEqual(attempts.map((a) => ({ day: a.day, bin: a.bin, choices: choicesOf(a, attempts) })));
  });

  it('are filled with what was stored before they existed', async () => {
    const old = await createTestDatabase({ empty: true });
    try {
      await migrate(old.url, { to: '0043-operator-role' });
      await old.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [LOT]);
      await store(old.database, [
        { unit: 'a', at: '2024-02-29T10:00:00Z', result: 'fail' },
        { unit: 'a', attempt: 2, at: '2026-02-01T10:00:00Z' },
        { unit: 'b', at: '2024-03-01T00:00:00Z' },
        { unit: 'c', at: '2024-02-29T23:00:00Z' },
      ]);
      await old.database.query(
        `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, occurred_at, first_occurred_at, event_id, event_ids)
         VALUES ($1, 'e', $1, 'visual', 'in_progress', '2026-01-01', '2026-01-01', $1, ARRAY[$1::uuid])`,
        [LOT],
      );
      const valueOf = (unit: string, at: string, attempt = 1): Promise<unknown> =>
        old.database.query(
          `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit) VALUES ($1, $2, $3, 'width', 1 + $4::int, 'um')`,
          [at, id(unit), id(`${unit} ${attempt} ${at}`), attempt],
        );
      await valueOf('a', '2024-02-29T10:00:00Z');
      await valueOf('a', '2026-02-01T10:00:00Z', 2);
      await valueOf('c', '2024-02-29T23:00:00Z');
      await migrate(old.url, { to: '0045-compressed-vectors' });
      await sumUpAll(old.url);
      expect(await marked(old.database)).toEqual([]);
      await migrate(old.url);
      expect(await marked(old.database)).toEqual(['2024-02-29', '2024-03-01', '2026-02-01']);
      await sumUpAll(old.url);
      // Of the last attempts only.
      expect(
        await old.database.query(
          `SELECT day::text, name, unit, values, missing, mean, squares, moves, first_at = last_at AS is_one, first_value FROM daily_measured ORDER BY 1`,
        ),
      ).toEqual(
        [
          { day: '2024-02-29', mean: 2, first_value: 2 },
          { day: '2026-02-01', mean: 3, first_value: 3 },
        ].map((row) => ({
          name: 'width',
          unit: 'um',
          values: 1,
          missing: 0,
          squares: 0,
          moves: 0,
          is_one: true,
          ...row,
        })),
      );
      expect(await old.database.query(SUMMED)).toEqual([
        { day: '2024-02-29', result: 'fail', choices: 0b1010_1010, attempts: 1, defects: 1 },
        { day: '2024-02-29', result: 'pass', choices: 255, attempts: 1, defects: 1 },
        { day: '2024-03-01', result: 'pass', choices: 255, attempts: 1, defects: 1 },
        { day: '2026-02-01', result: 'pass', choices: 0b0101_0101, attempts: 1, defects: 1 },
      ]);
    } finally {
      await old.drop();
    }
  });

  it('of a day that cannot be summed up hold up no other day, and it is tried again', async () => {
    const old = await createTestDatabase({ empty: true });
    const tomorrow = `UPDATE attempt_day_changes SET changed_at = changed_at - INTERVAL '1 day'`;
    try {
      await migrate(old.url, { to: '0048-tails-of-days' });
      await old.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [LOT]);
      const days = ['2026-01-05', '2026-01-06'];
      for (const day of days) {
        const units = ['a', 'b'].map((unit) => ({ unit: `${unit} ${day}`, at: `${day}T10:00:00Z` }));
        await store(old.database, units);
        for (const [i, { unit, at }] of units.entries()) {
          await old.database.query(
            `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value) VALUES ($1, $2, $3, 'width', $4)`,
            [at, id(unit), id(`${unit} 1 ${at}`), day === days[0] && i === 0 ? Number.MAX_VALUE : 7],
          );
        }
      }
      await old.database.query(tomorrow);
      const upkeep = await LoadSession.open({ url: old.url, applicationName: 'chip-test' });
      await expect(sumUpDays(upkeep)).rejects.toMatchObject({ sqlstate: '22003' });
      expect(await marked(old.database)).toEqual(days);
      await migrate(old.url);
      expect(await sumUpDays(upkeep)).toBe(2);
      expect(await marked(old.database)).toEqual([days[0]]);
      await old.database.query(tomorrow);
      await old.database.query(`DELETE FROM measurement_rows WHERE value = $1`, [Number.MAX_VALUE]);
      expect(await sumUpDays(upkeep)).toBe(2);
      expect(await marked(old.database)).toEqual([]);
      expect(await old.database.query('SELECT day::text, values FROM daily_measured ORDER BY day')).toEqual([
        { day: days[0], values: 1 },
        { day: days[1], values: 2 },
      ]);
      await upkeep.close();
    } finally {
      await old.drop();
    }
  });

  it('of measured values of an earlier version do not count until they have limits and tails', async () => {
    const old = await createTestDatabase({ empty: true });
    try {
      await migrate(old.url, { to: '0047-sets-by-one-column' });
      await old.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [LOT]);
      // Sigma is 1.7, of the moves between neighbours: 16 is beyond 2.5 of it, 30 beyond 4.
      const widths = [...Array.from({ length: 18 }, (_, i) => 10 + (i % 2)), 16, 30];
      const units = widths.map((value, i) => ({ value, unit: `u${i}`, at: `2026-01-05T10:00:${10 + i}Z` }));
      await store(old.database, units);
      for (const { value, unit, at } of units) {
        await old.database.query(
          `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit)
           VALUES ($1, $2, $3, 'width', $4, 'um', 9, NULL), ($1, $2, $3, 'height', 7, 'um', CASE WHEN $4 < 30 THEN 5 END, $4)`,
          [at, id(unit), id(`${unit} 1 ${at}`), value],
        );
      }
      await sumUpAll(old.url);
      const before = await old.database.query('SELECT * FROM daily_measured ORDER BY name');
      expect(before).toMatchObject([{ values: 20 }, { values: 20 }]);
      await migrate(old.url);
      expect(await marked(old.database)).toEqual(['2026-01-05']);
      await sumUpAll(old.url);
      expect(await marked(old.database)).toEqual([]);
      expect(await old.database.query('SELECT * FROM daily_measured ORDER BY name')).toEqual([
        { ...before[0], ...NO_LIMITS, tails: [], outside: 0, ...bounds(7, 7e-9) },
        { ...before[1], ...NO_LIMITS, lower_limit: 9, tails: [16], outside: 1, ...bounds(11.75, 36 / 19 / 1.128) },
      ]);
    } finally {
      await old.drop();
    }
  });
});

interface Placed {
  readonly day: string;
  readonly step: string;
  readonly result: 'pass' | 'fail' | null;
  readonly at: number;
  readonly no: number;
  readonly event_id: string;
  readonly bin: number;
}
const compare = (a: Placed, b: Placed): number =>
  a.at - b.at || a.no - b.no || Number(a.event_id > b.event_id) - Number(a.event_id < b.event_id);
/** Bits of the policies that choose an attempt, by their definitions. One without a result displaces none. */
function choicesOf(a: Placed, attempts: readonly Placed[]): number {
  const isOf = (result: Placed['result'], { result: own }: Placed): number => Number(own === result);
  const preferences = [
    (other: Placed) => compare(other, a) > 0,
    (other: Placed) => compare(other, a) < 0,
    ...(['pass', 'fail'] as const).map(
      (result) => (other: Placed) =>
        a.result !== null && (isOf(result, other) - isOf(result, a) || compare(other, a)) > 0,
    ),
  ];
  let choices = 255;
  for (const other of attempts.filter(({ result }) => result !== null)) {
    preferences.forEach((isPreferred, bit) => {
      if (isPreferred(other)) {
        choices &= ~((other.step === a.step ? 17 : 1) << bit);
      }
    });
  }
  return choices;
}

const NO_LIMITS = { lower_limit: null, upper_limit: null };
const bounds = (centre: number, sigma: number): object =>
  Object.fromEntries(
    Object.entries({ inner_low: -2.5, inner_high: 2.5, outer_low: -4, outer_high: 4 }).map(([name, sigmas]) => [
      name,
      expect.closeTo(centre + sigmas * sigma, 9),
    ]),
  );
