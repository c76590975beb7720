/** A lot of 25 wafers with more dice than a chart takes samples: charts and capability come from PostgreSQL's sums, not from values in Node. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';

const WAFERS = 25;
/** In all, 50 more than the limit. */
const DICE = 2002;
/** Dice alternate by one about the mean of their wafer, which is 10, 11 or 12. */
const waferMean = (wafer: number): number => 10 + (wafer % 3);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  await database.query(`INSERT INTO lots (id, lot_id) VALUES (md5('lot')::uuid, 'WHOLE')`);
  const dice = `generate_series(0, ${WAFERS - 1}) AS w, generate_series(0, ${DICE - 1}) AS d`;
  // Ascending, which fills indexes at half the cost of random ones.
  const id = `lpad(to_hex(w * ${DICE} + d), 32, '0')::uuid`;
  const time = `'2026-06-01T00:00:00Z'::timestamptz + w * INTERVAL '1 hour' + d * INTERVAL '1 millisecond'`;
  await database.query(
    `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at, first_occurred_at,
       completed_at, event_id, event_ids, wafer_id)
     SELECT ${id}, 'a:1', md5('lot')::uuid, 'electrical', 'completed', 'pass', ${time}, ${time}, ${time}, ${id}, ARRAY[${id}], 'W' || lpad(w::text, 2, '0')
       FROM ${dice}`,
  );
  await database.query(
    `WITH s AS (SELECT id FROM store_measurement_sets('[{"names":["vth"],"units":["V"],"lower_limits":[null],"upper_limits":[null]}]') AS id)
     INSERT INTO measurement_values (time, inspection_id, event_id, set_id, decimals, digits)
     SELECT ${time}, ${id}, ${id}, s.id, 0, ARRAY[10 + w % 3 + CASE WHEN d % 2 = 0 THEN 1 ELSE -1 END] FROM s, ${dice}`,
  );
  await database.query('ANALYZE inspection_attempts, measurement_values, measurement_sets');
}, 300_000);
afterAll(() => stage.end());

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
interface Capability {
  n: number;
  mean: number;
  sigma_within: number;
  sigma_overall: number;
  cpk: number;
  between_within: { sigma_between: number; sigma_total: number; cpk: number } | null;
}
const means = Array.from({ length: WAFERS }, (_, wafer) => waferMean(wafer));
const GRAND = means.reduce((sum, mean) => sum + mean, 0) / WAFERS;
const S_OF_WAFER = Math.sqrt(DICE / (DICE - 1));

it('has a capability, of single values and of wafers', async () => {
  const limits = 'parameter=vth&lot_id=WHOLE&lsl=4&usl=18';
  const single = await get<Capability>(`/v1/capability?${limits}`);
  const squares = means.reduce((sum, mean) => sum + DICE * (1 + (mean - GRAND) ** 2), 0);
  expect(single.n).toBe(WAFERS * DICE);
  expect(single.mean).toBeCloseTo(GRAND, 9);
  expect(single.sigma_overall).toBeCloseTo(Math.sqrt(squares / (WAFERS * DICE - 1)), 9);
  // Neighbours within a wafer differ by 2; between wafers, whose last die is low and first one high, by 2 and the step of the mean.
  const steps = means.slice(1).map((mean, i) => Math.abs(mean + 1 - ((means[i] as number) - 1)));
  const ranges = 2 * WAFERS * (DICE - 1) + steps.reduce((sum, step) => sum + step, 0);
  expect(single.sigma_within).toBeCloseTo(ranges / (WAFERS * DICE - 1) / 1.128379, 9);
  const ofWafers = await get<Capability>(`/v1/capability?${limits}&subgroup=wafer`);
  expect(ofWafers.n).toBe(WAFERS * DICE);
  expect(ofWafers.sigma_within).toBeCloseTo(S_OF_WAFER, 3);
  expect(ofWafers.sigma_overall).toBeCloseTo(single.sigma_overall, 9);
  const mrBar = means.slice(1).reduce((sum, mean, i) => sum + Math.abs(mean - (means[i] as number)), 0) / (WAFERS - 1);
  const { sigma_between, sigma_total, cpk } = ofWafers.between_within!;
  expect(sigma_between).toBeCloseTo(mrBar / 1.128379, 3);
  expect(sigma_total).toBeCloseTo(Math.hypot(sigma_between, ofWafers.sigma_within), 9);
  expect(cpk).toBeLessThan(ofWafers.cpk);
});

it.each(['xbar_s', 'between_within', 'imr', 'ewma'])('has a chart of its wafers: %s', async (chart) => {
  const answer = await get<{
    location: { points: { value: number }[]; violations: unknown[] };
    within?: { points: { value: number }[] };
    samples: { key: string; size: number }[];
  }>(`/v1/spc?parameter=vth&lot_id=WHOLE&subgroup=wafer&chart=${chart}`);
  expect(answer.samples.map(({ key, size }) => [key, size])).toEqual(
    means.map((_, wafer) => [`W${String(wafer).padStart(2, '0')}`, DICE]),
  );
  if (chart !== 'ewma') {
    answer.location.points.forEach(({ value }, wafer) => expect(value).toBeCloseTo(waferMean(wafer), 9));
  }
  // Limits from the spread within flag every wafer that is not in the middle; limits from the means flag none.
  expect(answer.location.violations.length > 0).toBe(chart === 'xbar_s');
  answer.within?.points.forEach(({ value }) => expect(value).toBeCloseTo(S_OF_WAFER, 9));
});

it('refuses a chart of single dice, and names the number of samples', async () => {
  const { status, body } = await stage.app.get<{ code: string; errors: { parameter: string }[] }>(
    '/v1/spc?parameter=vth&lot_id=WHOLE&chart=imr',
  );
  expect([status, body.code, body.errors[0]?.parameter]).toEqual([400, 'invalid_parameter', 'subgroup']);
});
