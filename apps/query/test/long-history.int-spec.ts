/** One machine may report about one chip as often as it likes; the answer about it stays bounded. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts, sumUpDays } from './seed.ts';

interface Detail {
  attempts: { occurred_at: string; rank: number }[];
  defects: { defect_no: number; time: string }[];
  measurements: { name: string }[];
  truncated: string[];
}

let stage: Stage;
let id: string;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  const unit = { lot_id: 'L', chip_id: 'c', occurred_at: '2026-03-02T08:00:00Z', result: 'fail' } as const;
  [id] = (await seedAttempts(database, [unit, { ...unit, chip_id: 'short' }])) as [string, string];
  await database.query(
    `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at,
       first_occurred_at, event_id, event_ids, step)
     SELECT inspection_id, 'more:' || n, lot_id, inspection_type, status, result, occurred_at + n * INTERVAL '1 minute',
            occurred_at + n * INTERVAL '1 minute', e, ARRAY[e], step
       FROM inspection_attempts, generate_series(1, 1200) n, md5('event' || n) m, CAST(m AS uuid) e
      WHERE inspection_id = $1`,
    [id],
  );
  await database.query(
    `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
     SELECT $1, CAST(md5('event' || a) AS uuid), d, '2026-03-02T08:00:00Z'::timestamptz + a * INTERVAL '1 minute', 'scratch', d, d
       FROM generate_series(1, 21) a, generate_series(0, 999) d`,
    [id],
  );
  await database.query(
    `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value)
     SELECT '2026-03-02T08:00:00Z'::timestamptz + a * INTERVAL '1 minute', $1, CAST(md5('event' || a) AS uuid), 'm' || n, 1
       FROM generate_series(1, 41) a, generate_series(1, 500) n`,
    [id],
  );
  await packMeasurements(database);
}, 180_000);
afterAll(() => stage?.end());

it('holds the newest rows and says that there are more', async () => {
  const { status, body } = await stage.app.get<Detail>(`/v1/inspections/${id}`);
  expect(status).toBe(200);
  expect(body.truncated).toEqual(['attempts', 'defects', 'measurements']);
  expect([body.attempts.length, body.defects.length, body.measurements.length]).toEqual([1_000, 20_000, 20_000]);
  // Oldest first, and numbered as if all were there: 1,201 attempts, of which the first 201 are left out.
  expect([body.attempts[0]!.rank, body.attempts.at(-1)!.rank]).toEqual([202, 1_201]);
  expect([body.defects[0]!.time, body.defects[0]!.defect_no]).toEqual(['2026-03-02T08:02:00Z', 0]);
  expect(body.defects.at(-1)!.defect_no).toBe(999);
});

it('is the same for a whole chip', async () => {
  const { body } = await stage.app.get<{ inspections: Detail[] }>('/v1/lots/L/parts/c');
  expect(body.inspections[0]!.truncated).toEqual(['attempts', 'defects', 'measurements']);
  expect(body.inspections[0]!.defects).toHaveLength(20_000);
});

it('is whole otherwise', async () => {
  const { body } = await stage.app.get<{ inspections: Detail[] }>('/v1/lots/L/parts/short');
  expect(body.inspections[0]).toMatchObject({ truncated: [], attempts: [{ rank: 1 }] });
});

describe('single values of more days than a chart has room for', () => {
  const chart = '/v1/spc?parameter=m7&chart=imr';
  /** Says of the day of these values that it has so many. */
  const sumUpAs = (values: number) =>
    stage.db.database.query(`UPDATE daily_measured SET values = $1, missing = 2 WHERE name = 'm7'`, [values - 2]);
  const statusOf = async (path: string) => {
    const { status, body } = await stage.app.get<{ errors?: { message: string }[] }>(path);
    return [status, body.errors?.[0]?.message];
  };
  const refused = [400, 'gives more than 50000 samples in this range'];

  it('are refused by the sums of days, without being read', async () => {
    const { database } = stage.db;
    const unit = { lot_id: 'M', chip_id: 'm', occurred_at: '2026-03-03T08:00:00Z', result: 'pass' } as const;
    const [measured] = await seedAttempts(database, [unit]);
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT occurred_at, inspection_id, event_id, 'm7', 1 FROM inspection_attempts WHERE inspection_id = $1`,
      [measured!],
    );
    await packMeasurements(database);
    await sumUpDays(stage.db.url);
    await sumUpAs(50_000);
    expect((await statusOf(chart))[0]).toBe(200);
    await sumUpAs(50_001);
    expect(await statusOf(chart)).toEqual(refused);
    // A sample of several values takes as many of them, and an incomplete one is none.
    expect((await statusOf(`${chart.replace('imr', 'xbar_s')}&subgroup=5`))[0]).toBe(200);
    await sumUpAs(250_004);
    expect((await statusOf(`${chart.replace('imr', 'xbar_s')}&subgroup=5`))[0]).toBe(200);
    await sumUpAs(250_005);
    expect(await statusOf(`${chart.replace('imr', 'xbar_s')}&subgroup=5`)).toEqual(refused);
    // Samples of lots and days, however many values they have.
    expect((await statusOf(`${chart}&subgroup=lot`))[0]).toBe(200);
  });
});
