/**
 * Numbers that an engineer can check by hand, each of which was once wrong. Over HTTP, from stored attempts.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
interface Totals {
  units: number;
  passed: number;
  yield: number | null;
  dppm: number | null;
  steps?: { inspection_type: string; step: string; yield: number }[];
}
interface Yield {
  groups: (Totals & { key: string | null })[];
  totals: Totals;
  definition: string;
  definition_id: string;
  warning?: string;
}
const yieldOf = (query: string) => get<Yield>(`/v1/yield?${query}`);

interface Measured extends SeedAttempt {
  values?: Record<string, number | null>;
  unit?: string;
  recipe?: string;
  defects?: string[];
}
/** Attempts with their measurements and defects, in few statements. */
async function seed(attempts: readonly Measured[]): Promise<void> {
  const named = attempts.map((attempt) => ({ event_id: randomUUID(), ...attempt }));
  const ids = await seedAttempts(
    stage.db.database,
    named.map(({ values: _values, unit: _unit, recipe: _recipe, defects: _defects, ...attempt }) => attempt),
  );
  for (const [i, { event_id, values = {}, unit, recipe, defects = [] }] of named.entries()) {
    if (recipe !== undefined) {
      await stage.db.database.query('UPDATE inspection_attempts SET recipe = $2 WHERE event_id = $1', [
        event_id,
        recipe,
      ]);
    }
    for (const [name, value] of Object.entries(values)) {
      await stage.db.database.query(
        `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
         SELECT occurred_at, inspection_id, event_id, $2, $3, $4 FROM inspection_attempts WHERE event_id = $1`,
        [event_id, name, value, unit ?? null],
      );
    }
    for (const [n, name] of defects.entries()) {
      await stage.db.database.query(
        `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um) VALUES ($1, $2, $3, now(), $4, 0, 0)`,
        [ids[i]!, event_id, n, name],
      );
    }
  }
}

describe('rolled throughput yield', () => {
  const tested = (lot_id: string, inspection_type: string, chips: number, failed: number, more: Partial<SeedAttempt>) =>
    Array.from({ length: chips }, (_, i): SeedAttempt => ({
      lot_id,
      chip_id: `c${i}`,
      inspection_type,
      // Not the same chips at every operation.
      result: (i + (inspection_type === 'visual' ? 0 : 50)) % chips < failed ? 'fail' : 'pass',
      ...more,
    }));

  it('of two inspection types without a step is their product, not their mean', async () => {
    await seedAttempts(stage.db.database, [
      ...tested('RTY', 'visual', 100, 10, {}),
      ...tested('RTY', 'electrical', 100, 10, { occurred_at: '2026-03-02T10:00:00Z' }),
    ]);
    const { totals, definition_id } = await yieldOf('lot_id=RTY&kind=rolled_throughput');
    expect(totals.yield).toBeCloseTo(0.81, 12);
    expect(totals.dppm).toBeCloseTo(190_000, 6);
    expect([totals.units, totals.passed, definition_id]).toEqual([100, 80, 'yield.rolled_throughput/2']);
    expect(totals.steps!.map((step) => [step.inspection_type, step.step, step.yield])).toEqual([
      ['electrical', '', 0.9],
      ['visual', '', 0.9],
    ]);
  });

  it('over products that share no operations is null, and right for each of them', async () => {
    await seedAttempts(stage.db.database, [
      ...tested('RTY-A', 'visual', 10, 1, { product: 'A', step: 'etch' }),
      ...tested('RTY-A', 'electrical', 10, 2, { product: 'A', step: 'probe' }),
      ...tested('RTY-B', 'visual', 10, 5, { product: 'B', step: 'litho' }),
      // A tester that does not know the product: the unit still has one.
      ...tested('RTY-B', 'electrical', 10, 5, { step: 'probe' }),
    ]);
    const { totals, groups, warning } = await yieldOf('lot_id=RTY-A&lot_id=RTY-B&kind=rolled_throughput&group_by=lot');
    expect([totals.units, totals.yield, totals.dppm]).toEqual([20, null, null]);
    expect(warning).toMatch(/group by product/);
    expect(groups.map(({ key, yield: value }) => [key, value])).toEqual([
      ['RTY-A', 0.9 * 0.8],
      ['RTY-B', 0.25],
    ]);
  });
});

describe('first-pass yield', () => {
  const day = (n: number, hour: number) => `2026-04-0${n}T${String(hour).padStart(2, '0')}:00:00Z`;
  const lot = 'lot_id=FPY&kind=first_pass';
  beforeAll(() =>
    seedAttempts(
      stage.db.database,
      Array.from({ length: 100 }, (_, i) => i).flatMap((i): SeedAttempt[] => {
        const base = { lot_id: 'FPY', chip_id: `c${i}`, inspection_type: 'electrical' };
        const first = {
          ...base,
          result: i < 10 ? 'fail' : 'pass',
          equipment_id: 'T1',
          occurred_at: day(1, 8),
        } as const;
        // Ten failed; the next day another tester rescreens them: eight pass.
        const rescreen = {
          ...base,
          result: i < 2 ? 'fail' : 'pass',
          equipment_id: 'T2',
          occurred_at: day(2, 8),
        } as const;
        return i < 10 ? [first, rescreen] : [first];
      }),
    ),
  );

  it.each([
    [`from=${day(2, 0)}`, 0, null],
    [`from=${day(2, 1)}&to=${day(2, 9)}`, 0, null],
    ['equipment_id=T2', 0, null],
    ['equipment_id=T1', 100, 0.9],
    [`to=${day(2, 0)}`, 100, 0.9],
    ['step=', 100, 0.9],
  ])('never counts a retest, whatever the question: %s', async (query, units, expected) => {
    const { totals } = await yieldOf(`${lot}&${query}`);
    expect([totals.units, totals.yield]).toEqual([units, expected]);
  });

  it('and final yield of the day of the retests count the units finished on it', async () => {
    const { totals, definition_id } = await yieldOf(`lot_id=FPY&from=${day(2, 0)}`);
    expect([totals.units, totals.passed, definition_id]).toEqual([10, 8, 'yield.final/2']);
    expect((await yieldOf(`${lot}&group_by=day`)).groups.map(({ key, units }) => [key, units])).toEqual([
      ['2026-04-01', 100],
    ]);
    expect((await yieldOf(`${lot}&group_by=equipment`)).groups.map(({ key, units }) => [key, units])).toEqual([
      ['T1', 100],
    ]);
  });

  it('of attempts within one second goes by attempt number, whatever the ids', async () => {
    const tied = { lot_id: 'TIES', chip_id: 'c', occurred_at: day(1, 8) };
    await seedAttempts(stage.db.database, [
      { ...tied, attempt: 1, result: 'fail', event_id: 'ffffffff-0000-4000-8000-000000000000' },
      { ...tied, attempt: 2, result: 'pass', event_id: '00000000-0000-4000-8000-000000000001' },
    ]);
    expect((await yieldOf('lot_id=TIES&policy=first')).totals.passed).toBe(0);
    expect((await yieldOf('lot_id=TIES&policy=last')).totals.passed).toBe(1);
    // From the attempts and from the summaries.
    expect((await yieldOf('lot_id=TIES&policy=first&step=')).totals.passed).toBe(0);
    expect((await yieldOf('lot_id=TIES&policy=last&step=')).totals.passed).toBe(1);
  });

  it('says which inspection types it counts, and warns of several', async () => {
    await seedAttempts(stage.db.database, [
      { lot_id: 'TWO', chip_id: 'c', inspection_type: 'visual', result: 'pass' },
      { lot_id: 'TWO', chip_id: 'c', inspection_type: 'electrical', result: 'fail' },
    ]);
    const both = await yieldOf('lot_id=TWO');
    expect([both.totals.units, both.definition]).toEqual([2, expect.stringContaining('electrical, visual')]);
    expect(both.warning).toMatch(/2 inspection types/);
    const one = await yieldOf('lot_id=TWO&inspection_type=visual');
    expect([one.totals.units, one.warning]).toEqual([1, undefined]);
  });
});

describe('charts of counts', () => {
  beforeAll(() =>
    seedAttempts(
      stage.db.database,
      [1, 2, 3].flatMap((lot): SeedAttempt[] => [
        { lot_id: `MIX${lot}`, product: 'MIX', chip_id: 'c', inspection_type: 'visual', step: 'm1', result: 'pass' },
        { lot_id: `MIX${lot}`, product: 'MIX', chip_id: 'c', inspection_type: 'visual', step: 'm2', result: 'pass' },
        { lot_id: `MIX${lot}`, product: 'MIX', chip_id: 'c', inspection_type: 'electrical', result: 'fail' },
        // One type in each sample, but not the same in all of them.
        { lot_id: `APART${lot}`, product: 'APART', chip_id: 'c', inspection_type: lot > 1 ? 'visual' : 'electrical' },
      ]),
    ),
  );
  it.each<[string, RegExp | undefined]>([
    ['chart=p&product=MIX', /several inspection types/],
    ['chart=np&product=APART', /several inspection types/],
    ['chart=p&product=MIX&mix=yes', undefined],
    ['chart=p&product=MIX&inspection_type=visual', undefined],
    ['chart=u&product=MIX&inspection_type=visual', /several inspection types or steps/],
    ['chart=u&product=MIX&inspection_type=visual&step=m1', undefined],
    ['chart=u&product=MIX&mix=yes', undefined],
  ])('%s warns of what a chip counts several times by: %s', async (query, warning) => {
    const charted = await get<{ warning?: string }>(`/v1/spc?${query}`);
    expect(charted.warning).toEqual(warning && expect.stringMatching(warning));
    const phased = await get<{ warning?: string }>(`/v1/spc?${query}&phases=2020-01-01T00:00:00Z`);
    expect(phased.warning).toEqual(warning && expect.stringMatching(warning));
  });

  it('limits frozen from counts of several inspection types say so', async () => {
    const { status, body } = await stage.app.get<{ definition: string }>('/v1/control-limits', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chart: 'p',
        product: 'MIX',
        baseline: { from: '2026-01-01T00:00:00Z', to: '2026-12-01T00:00:00Z' },
        reason: 'phase I',
      }),
    });
    expect([status, body.definition]).toEqual([201, expect.stringMatching(/several inspection types/)]);
  });
});

describe('maps', () => {
  const path = '/v1/lots/MAP/wafers/W1/map';
  beforeAll(async () => {
    const die = { lot_id: 'MAP', chip_id: 'd', wafer_id: 'W1', die_x: 3, die_y: 4 };
    await seedAttempts(stage.db.database, [
      { ...die, inspection_type: 'electrical', result: 'fail', occurred_at: '2026-03-02T08:00:00Z' },
      { ...die, inspection_type: 'visual', step: 'aoi', result: 'pass', occurred_at: '2026-03-02T09:00:00Z' },
    ]);
    await stage.db.database.query(
      `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W1' FROM lots WHERE lot_id = 'MAP'`,
    );
  });

  it.each([path, '/v1/lots/MAP/map'])('%s of several inspection types requires a choice', async (map) => {
    const { status, body } = await stage.app.get<{ code: string; detail: string; errors: { parameter: string }[] }>(
      map,
    );
    expect([status, body.code]).toEqual([400, 'ambiguous_type']);
    expect(body.detail).toContain('electrical without step, visual at step aoi');
    expect(body.errors.map(({ parameter }) => parameter)).toEqual(['inspection_type']);
  });

  it('does not show a die that failed at probe as passing because of a later inspection', async () => {
    const dies = async (query: string) => (await get<{ dies: unknown[] }>(query)).dies;
    expect(await dies(`${path}?inspection_type=electrical`)).toEqual([[3, 4, 'fail']]);
    expect(await dies(`${path}?inspection_type=visual&step=aoi`)).toEqual([[3, 4, 'pass']]);
    expect(await dies(`/v1/lots/MAP/map?inspection_type=electrical`)).toEqual([[3, 4, 1, 1]]);
    expect(await dies(`${path}?mix=yes`)).toEqual([[3, 4, 'pass']]);
  });
});

describe('control charts and capability', () => {
  interface Chart {
    location: { points: { value: number }[] };
    definition_id: string;
  }
  const values = ({ location }: Chart) => location.points.map(({ value }) => value);

  it('counts a retested die once, in capability, charts and Pareto', async () => {
    const base = { lot_id: 'RETESTED', product: 'P', result: 'pass' } as const;
    await seed([
      {
        ...base,
        chip_id: 'a',
        values: { vth: 1 },
        defects: ['scratch', 'scratch'],
        occurred_at: '2026-03-02T08:00:00Z',
      },
      {
        ...base,
        chip_id: 'b',
        values: { vth: 9 },
        defects: ['scratch', 'particle'],
        occurred_at: '2026-03-02T08:01:00Z',
      },
      { ...base, chip_id: 'b', values: { vth: 8 }, defects: ['particle'], occurred_at: '2026-03-02T08:02:00Z' },
      { ...base, chip_id: 'c', values: { vth: 2 }, occurred_at: '2026-03-02T08:03:00Z' },
    ]);
    const capability = (policy: string) =>
      get<Record<string, number>>(`/v1/capability?parameter=vth&lot_id=RETESTED&usl=20${policy}`);
    const last = await capability('');
    expect([last['n'], last['mean']]).toEqual([3, 11 / 3]);
    expect(last['sigma_within']).toBeCloseTo(6.5 / 1.128379, 9);
    const first = await capability('&policy=first');
    expect([first['n'], first['mean'], first['definition_id']]).toEqual([3, 4, 'capability/2']);
    const all = await capability('&policy=all');
    expect(all['n']).toBe(4);
    expect(all['sigma_within']).toBeCloseTo((8 + 1 + 6) / 3 / 1.128379, 9);
    const chart = (policy: string) => get<Chart>(`/v1/spc?parameter=vth&chart=imr&lot_id=RETESTED${policy}`);
    expect(values(await chart(''))).toEqual([1, 8, 2]);
    expect(values(await chart('&policy=best'))).toEqual([1, 8, 2]);
    expect(values(await chart('&policy=all'))).toEqual([1, 9, 8, 2]);
    const found = async (policy: string) =>
      (await get<{ totals: { count: number } }>(`/v1/defects/pareto?lot_id=RETESTED${policy}`)).totals.count;
    expect([await found(''), await found('&policy=first'), await found('&policy=all')]).toEqual([3, 4, 5]);
    expect(values(await get<Chart>('/v1/spc?chart=c&lot_id=RETESTED'))).toEqual([3]);
  });

  it.each([
    ['unit', { unit: 'um', values: { cd: 0.045 } }, 'parameter', 'units nm, um'],
    ['product', { unit: 'nm', product: 'Q' }, 'product', 'products P, Q'],
    ['step', { unit: 'nm', step: 'etch' }, 'step', 'steps none, etch'],
    ['recipe', { unit: 'nm', recipe: 'R2' }, 'recipe', 'recipes R1, R2'],
    ['type', { unit: 'nm', inspection_type: 'metrology' }, 'inspection_type', 'inspection types metrology, visual'],
  ] as const)('a parameter of several (%s) is ambiguous', async (name, other, parameter, list) => {
    const lot_id = `MIXED-${name}`;
    const base = { lot_id, product: 'P', recipe: 'R1', unit: 'nm', values: { cd: 45 }, result: 'pass' } as const;
    await seed([
      { ...base, chip_id: 'a' },
      { ...base, chip_id: 'b', occurred_at: '2026-03-02T08:01:00Z', ...other },
    ]);
    for (const path of ['/v1/spc?chart=imr&', '/v1/capability?usl=50&']) {
      const { status, body } = await stage.app.get<{ code: string; detail: string; errors: { parameter: string }[] }>(
        `${path}parameter=cd&lot_id=${lot_id}`,
      );
      expect([status, body.code, body.errors.map((error) => error.parameter)]).toEqual([
        400,
        'ambiguous_parameter',
        [parameter],
      ]);
      expect(body.detail).toContain(list);
      await get(`${path}parameter=cd&lot_id=${lot_id}&mix=yes`);
    }
    if (name !== 'unit') {
      const [filter, value] =
        name === 'type' ? ['inspection_type', 'visual'] : [name, name === 'step' ? '' : base[name]];
      expect(values(await get<Chart>(`/v1/spc?chart=imr&parameter=cd&lot_id=${lot_id}&${filter}=${value}`))).toEqual(
        [],
      );
    }
  });
});
