/** Given limits, and the samples that limits come from otherwise: over HTTP, for given numbers and for stored ones. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Panel {
  centre: number | null;
  lower: number | null;
  upper: number | null;
  points: { index: number; value: number; lower: number; upper: number }[];
  violations: { rule: string; index: number }[];
}
interface Chart {
  sigma: number | null;
  sigma_z?: number | null;
  warning?: string;
  location: Panel;
  dispersion?: Panel;
  within?: Panel;
  definition: string;
  definition_id: string;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  // Four lots of 25 values: lot 2 lies 1.5 above the others, and completes a microsecond before lot 3 does.
  const lots = [10, 10, 11.5, 10];
  const times = [
    '2026-07-01T00:00:00Z',
    '2026-07-02T00:00:00Z',
    '2026-07-03T00:00:00.000001Z',
    '2026-07-03T00:00:00.000002Z',
  ];
  await seedAttempts(
    stage.db.database,
    lots.flatMap((_, lot) =>
      Array.from({ length: 25 }, (_value, i) => ({
        lot_id: `L${lot}`,
        chip_id: `c${i}`,
        result: 'pass' as const,
        occurred_at: times[lot]!,
      })),
    ),
  );
  await stage.db.database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value)
     SELECT a.occurred_at, a.inspection_id, a.event_id, 'x', 10 + CASE WHEN l.lot_id = 'L2' THEN 1.5 ELSE 0 END + (substr(i.chip_id, 2)::int - 12) / 12.0
       FROM inspection_attempts a JOIN inspections i ON i.id = a.inspection_id JOIN lots l ON l.id = a.lot_id`,
  );
});
afterAll(() => stage.end());

const post = (body: object) =>
  stage.app.get<Chart & { code: string; errors: { parameter: string }[] }>('/v1/spc/evaluate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const chartOf = async (body: object): Promise<Chart> => {
  const { status, body: chart } = await post(body);
  expect([status, chart]).toEqual([200, expect.anything()]);
  return chart;
};
const spc = async (query: string): Promise<Chart> => {
  const { status, body } = await stage.app.get<Chart>(`/v1/spc?parameter=x&${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
const indices = (panel: Panel | undefined): number[] => panel!.violations.map(({ index }) => index);

describe('given target and sigma', () => {
  it.each([
    [{ chart: 'imr', values: [9] }, [0]],
    [{ chart: 'xbar_r', subgroups: [[9], [8]] }, [0, 1]],
    [{ chart: 'xbar_s', subgroups: [[9, 9.5]] }, [0]],
    [{ chart: 'ewma', values: [9] }, [0]],
    [{ chart: 'cusum', values: [9] }, [0]],
  ])('judge the first sample: %j', async (data, expected) => {
    expect(indices((await chartOf({ ...data, target: 0, sigma: 1 })).location)).toEqual(expected);
  });

  it('hold the range panel as well: a spread that grows does not raise its own limits', async () => {
    const subgroups = [
      [-6, 0, 1, 2, 6],
      [-5, 0, 1, 2, 7],
      [-7, 0, 1, 2, 7],
    ];
    const { dispersion } = await chartOf({ chart: 'xbar_r', subgroups, target: 0, sigma: 1 });
    // Montgomery, appendix VI: D1 = 0, D2 = 4.918.
    expect(dispersion!.upper).toBeCloseTo(4.918, 3);
    expect(indices(dispersion)).toEqual([0, 1, 2]);
  });

  it('of single values are divided for the means of lots', async () => {
    for (const chart of ['imr', 'xbar_s']) {
      const { location } = await spc(`chart=${chart}&subgroup=lot&target=10&sigma=1`);
      expect(location.points.map(({ lower, upper }) => [lower, upper])).toEqual(Array(4).fill([9.4, 10.6]));
      expect(indices(location)).toEqual([2]);
    }
    const ewma = await spc('chart=ewma&subgroup=lot&target=10&sigma=1&lambda=1');
    expect(ewma.location.points[0]!.upper).toBeCloseTo(10.6, 12);
    expect(indices(ewma.location)).toEqual([2]);
    const cusum = await spc('chart=cusum&subgroup=lot&target=10&sigma=1');
    expect(cusum.location.upper).toBeCloseTo(1, 12);
    expect(indices(cusum.location)).toContain(2);
  });

  it('need no data', async () => {
    const { location } = await spc('chart=imr&lot_id=NONE&target=10&sigma=1');
    expect(location).toMatchObject({ lower: 7, centre: 10, upper: 13, points: [] });
  });
});

describe('limits from samples', () => {
  it('exclude samples that the chart still draws and checks', async () => {
    const values = [1, 2, 1, 2, 90, 1, 2, 1];
    const { location, definition } = await chartOf({ chart: 'imr', values, exclude: [4] });
    expect([location.centre, indices(location), location.points.length]).toEqual([10 / 7, [4], 8]);
    expect(definition).toContain('exclude');
    const stored = await spc('chart=imr&subgroup=lot&exclude=2');
    // A sum of floating-point numbers depends on the order in which the plan gives them.
    expect(stored.location.centre).toBeCloseTo(10, 12);
    expect(indices(stored.location)).toEqual([2]);
    const refused = await post({ chart: 'imr', values, exclude: [8] });
    expect([refused.status, refused.body.errors.map(({ parameter }) => parameter)]).toEqual([400, ['/exclude']]);
  });

  it('of a baseline are precise to the microsecond', async () => {
    const centre = async (from: string) =>
      (await spc(`chart=xbar_s&subgroup=lot&baseline_from=2026-07-03T00:00:00.${from}Z`)).location.centre;
    expect(await centre('000001')).toBeCloseTo(10.75, 12);
    expect(await centre('000002')).toBeCloseTo(10, 12);
  });

  it('weight subgroups by size by default', async () => {
    const subgroups = [
      [1, 3],
      ...Array.from({ length: 20 }, (_, i) => Array.from({ length: 10 }, (_v, n) => (n % 2) * 0.07 + i / 1e3)),
    ];
    const sigma = async (sigma_method?: string) => (await chartOf({ chart: 'xbar_s', subgroups, sigma_method })).sigma!;
    const [mean, weighted, pooled] = [await sigma('mean'), await sigma(), await sigma('pooled')];
    expect(await sigma('weighted')).toBe(weighted);
    expect(mean).toBeGreaterThan(weighted);
    expect(pooled).toBeGreaterThan(0.1);
    const refused = await post({ chart: 'imr', values: [1, 2], sigma_method: 'mean' });
    expect(refused.body.errors.map(({ parameter }) => parameter)).toEqual(['/sigma_method']);
  });

  it('of single values break at a new lot, and say so', async () => {
    const broken = await spc('chart=imr');
    expect(broken.definition).toContain('Moving ranges break at: lot.');
    expect(broken.dispersion!.points.map(({ index }) => index)).not.toContain(25);
    expect((await spc('chart=imr&break_at=none')).dispersion!.points.map(({ index }) => index)).toContain(25);
    expect((await spc('chart=imr&subgroup=lot')).definition).toContain('Moving ranges break at: none.');
    const { status, body } = await stage.app.get<{ errors: { parameter: string }[] }>(
      '/v1/spc?parameter=x&chart=imr&subgroup=lot&break_at=lot',
    );
    expect([status, body.errors.map(({ parameter }) => parameter)]).toEqual([400, ['break_at']]);
  });
});

describe('charts for a fab', () => {
  const counts = [900, 1500, 1100, 1400, 1000, 1600, 1250, 1300].map((count) => ({ count, size: 25_000 }));

  it('p of large lots warns of its own limits; p_prime widens them', async () => {
    const p = await chartOf({ chart: 'p', counts });
    expect([indices(p.location).length > 3, p.sigma_z! > 5]).toEqual([true, true]);
    expect(p.warning).toMatch(/p_prime/);
    const laney = await chartOf({ chart: 'p_prime', counts });
    expect([indices(laney.location), laney.warning, laney.definition_id]).toEqual([[], undefined, 'spc.p_prime/1']);
    expect(laney.sigma_z).toBeCloseTo(p.sigma_z!, 12);
    const u = await chartOf({ chart: 'u', counts });
    expect(u.warning).toMatch(/u_prime/);
    expect(indices((await chartOf({ chart: 'u_prime', counts })).location)).toEqual([]);
  });

  it('rules that expect symmetry are warned of on counts, and not on values', async () => {
    const few = [3, 5, 2, 4].map((count) => ({ count, size: 50 }));
    expect((await chartOf({ chart: 'p', counts: few, rules: 'nelson' })).warning).toMatch(/nelson_5.*false alarms/);
    expect((await chartOf({ chart: 'p', counts: few, rules: ['nelson_2'] })).warning).toBeUndefined();
    expect((await chartOf({ chart: 'imr', values: [1, 2, 3], rules: 'nelson' })).warning).toBeUndefined();
  });

  it('refuses a size too small for a double to divide by', async () => {
    const { status, body } = await post({ chart: 'u', counts: [{ count: 1, size: 1e-320 }] });
    expect([status, body.errors.map(({ parameter }) => parameter)]).toEqual([400, ['/counts/0/size']]);
  });

  it('between_within has three panels, stored or given', async () => {
    const subgroups = [
      [1, 2, 3],
      [2, 3, 4],
      [1, 3, 5],
      [2, 2, 3],
    ];
    const given = await chartOf({ chart: 'between_within', subgroups });
    expect([given.location.centre, given.dispersion!.centre, given.within!.centre].map((x) => x!.toFixed(4))).toEqual([
      '2.5833',
      '0.5556',
      '2.2500',
    ]);
    const stored = await spc('chart=between_within');
    expect(stored.location.points.map(({ value }) => Math.round(1e6 * value) / 1e6)).toEqual([10, 10, 11.5, 10]);
    expect(stored.within!.points).toHaveLength(4);
  });
});
