/** Reconciles every statistic of one lot with every other: they may show different things, but must count the same. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ATTEMPT_POLICIES } from '../src/attempts/chosen-attempts.ts';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
let lots: string[];
beforeAll(async () => {
  stage = await openStage();
  const samples = fc.sample(fc.array(attempt, { minLength: 20, maxLength: 50 }), { numRuns: 2, seed: 20_261_126 });
  lots = samples.map((_, n) => `LOT-${n}`);
  for (const [n, attempts] of samples.entries()) {
    await seedLot(lots[n]!, attempts);
  }
});
afterAll(() => stage.end());

const at = (minute: number): string => new Date(Date.UTC(2026, 4, 1, 0, minute)).toISOString();

/** One attempt of die `die` on wafer `wafer`. */
const attempt = fc.record({
  wafer: fc.integer({ min: 0, max: 2 }),
  die: fc.integer({ min: 0, max: 5 }),
  result: fc.constantFrom('pass', 'pass', 'fail' as const),
  // Few distinct minutes, so that attempts of a die tie; completion is not in this order.
  occurred: fc.integer({ min: 0, max: 20 }),
  completed: fc.integer({ min: 0, max: 4000 }),
  equipment: fc.constantFrom('E1', 'E2'),
  bin: fc.constantFrom(1, 2, 7),
  value: fc.option(fc.integer({ min: -50, max: 50 })),
  defects: fc.integer({ min: 0, max: 3 }),
  status: fc.constantFrom('completed', 'completed', 'completed', 'voided', 'failed'),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

async function seedLot(lot_id: string, attempts: readonly Attempt[]): Promise<void> {
  const { database } = stage.db;
  const seeded = attempts.map((a, i): SeedAttempt & { event_id: string } => ({
    lot_id,
    chip_id: `W${a.wafer}:${a.die}`,
    wafer_id: `W${a.wafer}`,
    die_x: a.die % 3,
    die_y: Math.floor(a.die / 3),
    inspection_type: 'electrical',
    product: 'P',
    attempt: i + 1,
    status: a.status,
    ...(a.status === 'completed' && { result: a.result as 'pass' | 'fail' }),
    occurred_at: at(a.occurred),
    completed_at: at(a.completed),
    equipment_id: a.equipment,
    hard_bin: a.bin,
    inspected_area_cm2: 2,
    event_id: randomUUID(),
  }));
  const ids = await seedAttempts(database, seeded);
  const rows = JSON.stringify(
    attempts.map((a, i) => ({
      id: ids[i],
      event: seeded[i]!.event_id,
      time: at(a.completed),
      value: a.value,
      defects: a.defects,
    })),
  );
  const given =
    'jsonb_to_recordset($1::text::jsonb) AS r (id uuid, event uuid, time timestamptz, value float8, defects int)';
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit) SELECT time, id, event, 'vth', value, 'V' FROM ${given}`,
    [rows],
  );
  await packMeasurements(database);
  await database.query(
    `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
     SELECT id, event, n, time, 'class' || n, 0, 0 FROM ${given}, generate_series(1, defects) AS n`,
    [rows],
  );
  await database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), l.id, w FROM lots l, unnest(ARRAY['W0', 'W1', 'W2']) w WHERE l.lot_id = $1`,
    [lot_id],
  );
}

type Json = Record<string, unknown>;
const get = async (path: string): Promise<Json> => {
  const { status, body } = await stage.app.get(path);
  expect({ path, status, body }).toEqual({ path, status: 200, body: expect.anything() });
  return body;
};
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
interface Point {
  value: number;
  size: number;
}
const pointsOf = (chart: Json): Point[] => (chart['location'] as { points: Point[] }).points;
const rowsOf = <T>(answer: Json, member: string): T[] => answer[member] as T[];

describe.each([
  ['everything', ''],
  ['a range', `&from=${at(500)}&to=${at(3000)}`],
  ['a machine', '&equipment_id=E1'],
  ['a machine and a range', `&equipment_id=E2&from=${at(700)}`],
])('of %s', (_, filter) => {
  it.each(ATTEMPT_POLICIES)(
    'yield, bins, maps, charts, Pareto, density, capability and comparison agree (%s)',
    async (policy) => {
      let compared = 0;
      for (const lot of lots) {
        const question = `policy=${policy}&lot_id=${lot}${filter}`;
        const ofLot = `policy=${policy}${filter}`;
        const { units, passed, failed } = (await get(`/v1/yield?${question}`))['totals'] as Record<string, number>;
        compared += units!;

        const byWafer = rowsOf<Record<string, number>>(await get(`/v1/yield?${question}&group_by=wafer`), 'groups');
        expect([sum(byWafer.map((g) => g['units']!)), sum(byWafer.map((g) => g['passed']!))]).toEqual([units, passed]);

        const bins = await get(`/v1/bins/pareto?${question}`);
        const bars = rowsOf<Record<string, number>>(bins, 'groups');
        expect([sum(bars.map((b) => b['count']!)), sum(bars.map((b) => b['passed']!))]).toEqual([units, passed]);
        const failing = (await get(`/v1/bins/pareto?${question}&result=fail`))['totals'];
        expect(failing).toEqual({ count: failed, without_bin: 0 });

        const stack = rowsOf<[number, number, number, number]>(await get(`/v1/lots/${lot}/map?${ofLot}`), 'dies');
        expect([sum(stack.map((d) => d[3])), Math.round(sum(stack.map((d) => d[2] * d[3])))]).toEqual([units, failed]);

        const p = pointsOf(await get(`/v1/spc?chart=p&subgroup=wafer&${question}`));
        expect([sum(p.map((x) => x.size)), Math.round(sum(p.map((x) => x.size * x.value)))]).toEqual([units, failed]);

        const found = ((await get(`/v1/defects/pareto?${question}`))['totals'] as { count: number }).count;
        const density = (await get(`/v1/defects/density?${question}`))['totals'] as Record<string, number>;
        expect(density).toMatchObject({ attempts: units, defects: found, inspected_area_cm2: 2 * units! });
        const u = pointsOf(await get(`/v1/spc?chart=u&subgroup=wafer&${question}`));
        expect([sum(u.map((x) => x.size)), Math.round(sum(u.map((x) => x.size * x.value)))]).toEqual([units, found]);

        const comparison = await get(`/v1/equipment/compare?${question}`);
        expect(comparison['totals']).toMatchObject({ units, passed, failed });
        expect(sum(rowsOf<Record<string, number>>(comparison, 'groups').map((g) => g['units']!))).toBe(units);

        const single = await get(`/v1/spc?parameter=vth&chart=ewma&lambda=1&target=0&sigma=1&${question}`);
        const measured = pointsOf(single).map((x) => x.value);
        const capability = (await get(`/v1/capability?parameter=vth&usl=60&${question}`)) as Record<string, number>;
        const byWaferCapability = (await get(
          `/v1/capability?parameter=vth&usl=60&subgroup=wafer&${question}`,
        )) as Record<string, number>;
        expect([capability['n'], byWaferCapability['n']]).toEqual([measured.length, measured.length]);
        expect(rowsOf(single, 'samples')).toHaveLength(units!);
        if (measured.length > 0) {
          expect(capability['mean']).toBeCloseTo(sum(measured) / measured.length, 9);
          expect(byWaferCapability['mean']).toBeCloseTo(capability['mean']!, 9);
          expect(byWaferCapability['sigma_overall'] ?? 0).toBeCloseTo(capability['sigma_overall'] ?? 0, 9);
        }
        if (policy !== 'all') {
          const maps = await Promise.all(
            ['W0', 'W1', 'W2'].map((wafer) => get(`/v1/lots/${lot}/wafers/${wafer}/map?${ofLot}`)),
          );
          const dies = maps.flatMap((map) => rowsOf<[number, number, string]>(map, 'dies'));
          expect([dies.length, dies.filter((die) => die[2] === 'pass').length]).toEqual([units, passed]);
          const values = await Promise.all(
            ['W0', 'W1', 'W2'].map((wafer) => get(`/v1/lots/${lot}/wafers/${wafer}/map?value=vth&${ofLot}`)),
          );
          const shown = values.flatMap((map) =>
            rowsOf<[number, number, number | null]>(map, 'dies').map((die) => die[2]),
          );
          expect(shown.filter((value) => value !== null).sort()).toEqual([...measured].sort());
        }
        if (policy === 'first') {
          const rolled = (await get(`/v1/yield?kind=rolled_throughput&${question}`))['totals'];
          expect(rolled).toMatchObject({ units, passed, yield: units === 0 ? null : passed! / units! });
        }
      }
      // Otherwise the test would compare nothing.
      expect(compared).toBeGreaterThan(2);
    },
  );
});
