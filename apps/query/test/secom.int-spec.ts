/** A real line of four months, stored as the replay of SECOM stores it: one lot a day, one chip a wafer. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { SECOM_RUNS } from './secom-runs.ts';

interface Panel {
  readonly centre: number | null;
  readonly points: readonly { readonly index: number; readonly value: number | null; readonly upper: number }[];
}
interface Chart {
  readonly definition: string;
  readonly sigma: number;
  readonly location: Panel;
  readonly dispersion: Panel;
  readonly samples: readonly { readonly key: string; readonly size: number }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  const runs = `unnest($1::timestamptz[], $2::boolean[], $3::float8[]) WITH ORDINALITY AS run (time, fails, s000, n)`;
  const values = [
    SECOM_RUNS.map(({ time }) => time),
    SECOM_RUNS.map(({ isFailing }) => isFailing),
    SECOM_RUNS.map(({ s000 }) => s000),
  ];
  const lotName = `'SECOM-' || to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
  const lot = `md5(${lotName})::uuid`;
  // In the order of the file, which also decides between wafers of the same minute.
  const id = `lpad(to_hex(n), 32, '0')::uuid`;
  const result = `CASE WHEN fails THEN 'fail' ELSE 'pass' END`;
  await database.query(`INSERT INTO lots (id, lot_id) SELECT DISTINCT ${lot}, ${lotName} FROM ${runs}`, values);
  await database.query(
    `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, completed_at)
     SELECT ${id}, ${lot}, n::text, 'metrology', 'completed', ${result}, time, time FROM ${runs}`,
    values,
  );
  await database.query(
    `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at,
       first_occurred_at, completed_at, event_id, event_ids)
     SELECT ${id}, 'a:1', ${lot}, 'metrology', 'completed', ${result}, time, time, time, ${id}, ARRAY[${id}] FROM ${runs}`,
    values,
  );
  await database.query(
    `WITH stored AS (SELECT id FROM store_measurement_sets('[{"names":["s000"],"units":[null],"lower_limits":[null],"upper_limits":[null]}]') AS id)
     INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
     SELECT time, ${id}, ${id}, stored.id, ARRAY[s000] FROM stored, ${runs}`,
    values,
  );
}, 180_000);
afterAll(() => stage?.end());

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};

it('has the yield of the data set, in all and by month', async () => {
  const { totals, groups } = await get<{ totals: object; groups: { key: string; failed: number; units: number }[] }>(
    '/v1/yield?group_by=month',
  );
  expect(totals).toMatchObject({ units: 1567, passed: 1463, failed: 104 });
  expect((totals as { dppm: number }).dppm).toBeCloseTo(66_368.86, 2);
  expect(groups.map(({ key, failed, units }) => [key, failed, units])).toEqual([
    ['2008-07', 14, 63],
    ['2008-08', 51, 555],
    ['2008-09', 17, 590],
    ['2008-10', 22, 359],
  ]);
});

it('has a p chart by day whose limits follow the number of wafers', async () => {
  const { location, samples } = await get<Chart>('/v1/spc?chart=p&subgroup=day');
  const days = new Map<string, { fails: number; size: number }>();
  for (const { time, isFailing } of SECOM_RUNS) {
    const day = time.slice(0, 10);
    const { fails, size } = days.get(day) ?? { fails: 0, size: 0 };
    days.set(day, { fails: fails + Number(isFailing), size: size + 1 });
  }
  const mean = 104 / 1567;
  expect(location.centre).toBeCloseTo(mean, 12);
  expect(samples.map(({ key, size }) => [key, size])).toEqual([...days].map(([day, { size }]) => [day, size]));
  for (const [i, { fails, size }] of [...days.values()].entries()) {
    const { value, upper } = location.points[i]!;
    expect(value).toBeCloseTo(fails / size, 12);
    expect(upper).toBeCloseTo(Math.min(1, mean + 3 * Math.sqrt((mean * (1 - mean)) / size)), 12);
  }
});

it.each([
  ['none', 80.1154853, 1566],
  // One lot a day: 86 days have 85 steps between them.
  ['lot', 80.1588656, 1481],
])('has an individuals chart of s000 that breaks at %s', async (breakAt, meanRange, ranges) => {
  const chart = await get<Chart>(`/v1/spc?parameter=s000&chart=imr&break_at=${breakAt}`);
  expect(chart.definition).toContain(`Moving ranges break at: ${breakAt}.`);
  expect(chart.location.centre).toBeCloseTo(3014.4415507, 6);
  expect(chart.dispersion.centre).toBeCloseTo(meanRange, 6);
  expect(chart.sigma).toBeCloseTo(meanRange / 1.128379, 6);
  expect(chart.dispersion.points.filter(({ value }) => value !== null)).toHaveLength(ranges);
  expect(chart.location.points).toHaveLength(1567);
});

it('has the overall standard deviation of s000', async () => {
  const { n, mean, sigma_overall } = await get<{ n: number; mean: number; sigma_overall: number }>(
    '/v1/capability?parameter=s000&lsl=2700&usl=3400',
  );
  expect([n, mean, sigma_overall]).toEqual([1567, expect.closeTo(3014.4415507, 6), expect.closeTo(73.4808415, 6)]);
});
