import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ORANGE_JUICE_TRIAL, PISTON_RINGS } from '../../test/reference-data.ts';
import { summarise } from '../within-sigma.ts';
import { ChartDataError, type ChartPanel, type ControlChart } from './chart.ts';
import { countChart as attributeChart } from './counts.ts';
import { cusumChart, ewmaChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';
import { betweenWithinChart, subgroupChart as chartOfSamples, type SubgroupOptions } from './subgroups.ts';

const subgroupChart = (
  kind: 'xbar_r' | 'xbar_s',
  subgroups: readonly (readonly number[])[],
  options: SubgroupOptions,
): ControlChart => chartOfSamples(kind, subgroups.map(summarise), options);
const rules = ['beyond_limits'] as const;
const limits = ({ lower, centre, upper }: ChartPanel) => [lower, centre, upper];
const near = (actual: (number | null)[], expected: number[], tolerance: number): void =>
  expected.forEach((value, i) => expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance));
const beyond = (panel: ChartPanel): number[] => panel.violations.map(({ index }) => index);

describe('individuals', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.2, which rounds d2(2) to 1.128.
  const x = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];

  it('agree with the published example', () => {
    const { location, dispersion, sigma } = individualsChart(x, { rules });
    near(limits(location), [45.8159, 50.81, 55.8041], 2e-3);
    near(limits(dispersion!), [0, 1.8778, 6.1348], 1e-3);
    expect(sigma).toBeCloseTo(1.8778 / 1.128379, 4);
    expect([location.violations, dispersion!.violations]).toEqual([[], []]);
    expect(location.points[3]).toEqual({ index: 3, value: 51.3, lower: location.lower, upper: location.upper });
  });

  it('no moving range spans a missing value; indices stay those of the data', () => {
    const { location, dispersion } = individualsChart([1, 3, null, 10, 11, null, 5], { rules });
    expect(location.points.map((p) => p.index)).toEqual([0, 1, 3, 4, 6]);
    expect(dispersion!.points.map((p) => [p.index, p.value])).toEqual([
      [1, 2],
      [4, 1],
    ]);
    expect(dispersion!.centre).toBe(1.5);
    expect(location.centre).toBe(6);
  });

  it('limits come from the baseline alone, violations from all', () => {
    const { location } = individualsChart([...x, 70], { rules, baseline: { from: 0, to: 10 } });
    near(limits(location), [45.8159, 50.81, 55.8041], 2e-3);
    expect(beyond(location)).toEqual([10]);
  });

  it('a given target and sigma make the limits of both panels, and one value is enough', () => {
    const standard = { rules: ['nelson_1', 'western_electric_2'] as const, target: 50, sigma: 2 };
    const { location, dispersion, sigma } = individualsChart(x, standard);
    expect([limits(location), sigma]).toEqual([[44, 50, 56], 2]);
    near(limits(dispersion!), [0, 1.128379 * 2, (1.128379 + 3 * 0.852502) * 2], 1e-9);
    const one = individualsChart([57], standard);
    expect(beyond(one.location)).toEqual([0]);
    expect([limits(one.location), limits(one.dispersion!), one.dispersion!.points]).toEqual([
      limits(location),
      limits(dispersion!),
      [],
    ]);
    expect(limits(individualsChart([], standard).location)).toEqual([44, 50, 56]);
    expect(() => individualsChart(x, { rules, target: 50 })).toThrow(ChartDataError);
    expect(() => individualsChart(x, { rules, sigma: 2 })).toThrow(ChartDataError);
  });

  it('a given sigma is that of single values: of means it is divided by the root of their sizes', () => {
    const { location, dispersion } = individualsChart([10, 11.5, 9.9], {
      rules,
      target: 10,
      sigma: 1,
      sizes: [25, 25, 4],
    });
    expect(location.points.map(({ lower, upper }) => [lower, upper])).toEqual([
      [9.4, 10.6],
      [9.4, 10.6],
      [8.5, 11.5],
    ]);
    expect(beyond(location)).toEqual([1]);
    const last = Math.sqrt((1 / 25 + 1 / 4) / 2);
    near(
      dispersion!.points.map(({ upper }) => upper),
      [(1.128379 + 3 * 0.852502) / 5, (1.128379 + 3 * 0.852502) * last],
      1e-9,
    );
    expect(beyond(dispersion!)).toEqual([1, 2]);
  });

  it('no moving range spans the start of a new run', () => {
    const { dispersion, sigma } = individualsChart([1, 2, 100, 101, 50], { rules, breaks: new Set([2, 4]) });
    expect(dispersion!.points.map((p) => [p.index, p.value])).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(sigma).toBeCloseTo(1 / 1.128379, 12);
  });

  it('samples left out make no limits, but are drawn and judged', () => {
    const wild = [...x.slice(0, 4), 70, ...x.slice(4)];
    const { location, dispersion } = individualsChart(wild, { rules, exclude: new Set([4]) });
    const ranges = [2, 2.3, 1.4, 3.4, 1.4, 0.2, 1.2, 1.5];
    near(
      [location.centre, dispersion!.centre],
      [50.81, ranges.reduce((sum, range) => sum + range, 0) / ranges.length],
      1e-9,
    );
    expect(beyond(location)).toEqual([4]);
    expect(location.points).toHaveLength(11);
  });

  it('values without any spread have limits on the centre; one that differs is beyond them', () => {
    const { location } = individualsChart([5, 5, 5, 6], {
      rules: ['beyond_limits', 'nelson_5'],
      baseline: { from: 0, to: 3 },
    });
    expect(limits(location)).toEqual([5, 5, 5]);
    expect(location.violations).toEqual([{ rule: 'beyond_limits', index: 3 }]);
  });

  it('need two neighbours in the baseline', () => {
    for (const values of [[], [1], [null, null], [1, null, 2]])
      expect(() => individualsChart(values, { rules })).toThrow(ChartDataError);
    expect(() => individualsChart(x, { rules, baseline: { from: 2, to: 3 } })).toThrow(ChartDataError);
  });
});

describe('subgroups', () => {
  // qcc, docs/articles/qcc.html: piston rings, limits from samples 1 to 25.
  const baseline = { from: 0, to: 25 };
  const trial = PISTON_RINGS.slice(0, 25);

  it('X-bar and R agree with the published limits', () => {
    const { sigma, location, dispersion } = subgroupChart('xbar_r', trial, { rules });
    near(limits(location), [73.98805, 74.001176, 74.0143], 1e-5);
    // The source rounds d2(5) to 2.326.
    near([sigma!], [0.009785039], 1e-6);
    near(limits(dispersion!), [0, 0.02276, 0.04812533], 2e-6);
    expect([beyond(location), beyond(dispersion!)]).toEqual([[], []]);
  });

  it('X-bar and S agree with the published limits', () => {
    const { sigma, location, dispersion } = subgroupChart('xbar_s', trial, { rules });
    near(limits(location), [73.987988, 74.001176, 74.014364], 1e-5);
    near([sigma!], [0.009829977], 1e-8);
    near(limits(dispersion!), [0, 0.009240037, 0.01930242], 1e-6);
  });

  it('samples 37, 38 and 39 are beyond the limits of the first 25', () => {
    expect(beyond(subgroupChart('xbar_r', PISTON_RINGS, { rules, baseline }).location)).toEqual([36, 37, 38]);
  });

  it('of different sizes have limits by point, and null where a panel has no single one', () => {
    const { location, dispersion, sigma } = subgroupChart('xbar_r', [[1, 3], [2, 4, 6], [], [5]], { rules });
    const [w2, w3] = [(1.128379 / 0.852502) ** 2, (1.692569 / 0.888368) ** 2];
    const weightedSigma = (w2 * (2 / 1.128379) + w3 * (4 / 1.692569)) / (w2 + w3);
    expect(sigma).toBeCloseTo(weightedSigma, 9);
    expect([location.lower, location.upper]).toEqual([null, null]);
    expect(location.centre).toBeCloseTo(3.5, 12);
    expect(location.points.map((p) => [p.index, p.value, p.size])).toEqual([
      [0, 2, 2],
      [1, 4, 3],
      [3, 5, 1],
    ]);
    const [two, three] = location.points;
    expect(two!.upper).toBeCloseTo(3.5 + (3 * sigma!) / Math.sqrt(2), 9);
    expect(three!.upper).toBeCloseTo(3.5 + (3 * sigma!) / Math.sqrt(3), 9);
    expect([dispersion!.centre, dispersion!.upper, dispersion!.lower]).toEqual([null, null, 0]);
    expect(dispersion!.points.map((p) => p.index)).toEqual([0, 1]);
  });

  // Montgomery 6.2.3: standards given. Of five values D2 = 4.918, D1 = 0; B5 = 0, B6 = 1.964.
  it('given target and sigma hold both panels: a spread that grows does not raise its own limits', () => {
    const grown = [
      [-6, 0, 1, 2, 6],
      [-5, 0, 1, 2, 7],
    ];
    const r = subgroupChart('xbar_r', grown, { rules, target: 0, sigma: 1 });
    near(limits(r.dispersion!), [0, 2.325929, 4.918], 1e-3);
    expect(beyond(r.dispersion!)).toEqual([0, 1]);
    near(limits(r.location), [-3 / Math.sqrt(5), 0, 3 / Math.sqrt(5)], 1e-12);
    const s = subgroupChart('xbar_s', grown, { rules, target: 0, sigma: 1 });
    near(limits(s.dispersion!), [0, 0.939986, 1.964], 1e-3);
    expect(beyond(s.dispersion!)).toEqual([0, 1]);
    // One sample of one value is enough.
    expect(beyond(subgroupChart('xbar_r', [[9], [8]], { rules, target: 0, sigma: 1 }).location)).toEqual([0, 1]);
  });

  it('of two and of ten: each method of sigma, and which of them follows the larger samples', () => {
    const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const groups = [[0, 20], ten, ten];
    const sigma = (kind: 'xbar_r' | 'xbar_s', sigmaMethod?: 'mean' | 'weighted' | 'pooled'): number =>
      subgroupChart(kind, groups, { rules, sigmaMethod }).sigma!;
    const r = [20 / 1.128379, 9 / 3.077505];
    const w = [(1.128379 / 0.852502) ** 2, (3.077505 / 0.797051) ** 2] as const;
    expect(sigma('xbar_r', 'mean')).toBeCloseTo((r[0]! + 2 * r[1]!) / 3, 9);
    expect(sigma('xbar_r', 'weighted')).toBeCloseTo((w[0] * r[0]! + 2 * w[1] * r[1]!) / (w[0] + 2 * w[1]), 9);
    expect(sigma('xbar_r')).toBe(sigma('xbar_r', 'weighted'));
    // S^2 = 200 with 1 degree of freedom, 82.5 / 9 with 9 twice; c4(20) = 0.986934 (Montgomery, appendix VI: 0.9869).
    expect(sigma('xbar_s', 'pooled')).toBeCloseTo(Math.sqrt((200 + 82.5 + 82.5) / 19) / 0.986934, 5);
    expect(sigma('xbar_s', 'weighted')).toBeLessThan(sigma('xbar_s', 'mean'));
  });

  it('too large for a range are refused; S takes them', () => {
    const large = [Array.from({ length: 26 }, (_, i) => i), [1, 2]];
    expect(() => subgroupChart('xbar_r', large, { rules })).toThrow(/xbar_s/);
    expect(subgroupChart('xbar_s', large, { rules }).location.points).toHaveLength(2);
    expect(() => subgroupChart('xbar_s', [[1], [2]], { rules })).toThrow(ChartDataError);
  });
});

describe('counts', () => {
  const juice = ORANGE_JUICE_TRIAL.map((count) => ({ count, size: 50 }));

  it('p and np agree with the published limits; samples 15 and 23 are out', () => {
    const p = attributeChart('p', juice, { rules });
    near(limits(p.location), [0.05242755, 0.2313333, 0.4102391], 1e-6);
    expect(beyond(p.location)).toEqual([14, 22]);
    const np = attributeChart('np', juice, { rules });
    near(limits(np.location), [2.621377, 11.56667, 20.51196], 1e-4);
    expect(beyond(np.location)).toEqual([14, 22]);
  });

  it('c agrees with the published limits: 400 defects on 25 wafers', () => {
    // NIST/SEMATECH e-Handbook 6.3.3.1.
    const c = attributeChart(
      'c',
      Array.from({ length: 25 }, () => ({ count: 16, size: 1 })),
      { rules },
    );
    expect(limits(c.location)).toEqual([4, 16, 28]);
    expect(c.sigma).toBe(4);
  });

  it('u and p step with the size; the lower limit stops at 0, that of a fraction above at 1', () => {
    const u = attributeChart(
      'u',
      [
        { count: 2, size: 1 },
        { count: 10, size: 4 },
      ],
      { rules },
    );
    expect([u.sigma, u.location.upper]).toEqual([null, null]);
    expect(u.location.centre).toBeCloseTo(2.4, 12);
    expect(u.location.points[0]).toMatchObject({ value: 2, size: 1, lower: 0 });
    expect(u.location.points[1]!.upper).toBeCloseTo(2.4 + 3 * Math.sqrt(2.4 / 4), 12);
    const p = attributeChart(
      'p',
      [
        { count: 9, size: 10 },
        { count: 8, size: 10 },
      ],
      { rules },
    );
    expect(p.location.upper).toBe(1);
    expect(
      attributeChart(
        'np',
        [
          { count: 9, size: 10 },
          { count: 8, size: 10 },
        ],
        { rules },
      ).location.upper,
    ).toBe(10);
  });

  it.each<['p' | 'np' | 'c' | 'u', { count: number; size: number }[]]>([
    [
      'c',
      [
        { count: 1, size: 1 },
        { count: 1, size: 2 },
      ],
    ],
    [
      'np',
      [
        { count: 1, size: 5 },
        { count: 1, size: 6 },
      ],
    ],
    ['p', [{ count: 6, size: 5 }]],
    ['u', []],
  ])('%s of %j is refused', (kind, counts) => {
    expect(() => attributeChart(kind, counts, { rules })).toThrow(ChartDataError);
  });

  it('take no target and no sigma', () => {
    expect(() => attributeChart('p', juice, { rules, target: 0.2, sigma: 0.1 })).toThrow(ChartDataError);
  });
});

describe('Laney', () => {
  it('widens p and u by the spread between samples that their sizes do not explain', () => {
    // z = (p - pbar) / sqrt(pbar (1 - pbar) / n): pbar 0.1, n 100, so 0.03 steps are one z each.
    const counts = [7, 13, 7, 13, 10, 10].map((count) => ({ count, size: 100 }));
    const mrBar = (2 + 2 + 2 + 1 + 0) / 5;
    const sigma_z = mrBar / 1.128379;
    const p = attributeChart('p_prime', counts, { rules });
    expect(p.sigma_z).toBeCloseTo(sigma_z, 9);
    near(
      limits(p.location),
      [0.1 - 0.09 * sigma_z, 0.1, 0.1 + 0.09 * sigma_z].map((x) => Math.max(0, x)),
      1e-9,
    );
    const plain = attributeChart('p', counts, { rules });
    expect(plain.sigma_z).toBeCloseTo(sigma_z, 9);
    near(limits(plain.location), [0.01, 0.1, 0.19], 1e-9);
    const u = attributeChart(
      'u_prime',
      [4, 16, 4, 16].map((count) => ({ count, size: 1 })),
      { rules },
    );
    near([u.sigma_z!], [12 / Math.sqrt(10) / 1.128379], 1e-9);
    near([u.location.upper], [10 + (3 * 12) / 1.128379], 1e-9);
  });

  it('has no ratio of one sample, nor where nothing or everything fails', () => {
    expect(() => attributeChart('p_prime', [{ count: 1, size: 10 }], { rules })).toThrow(ChartDataError);
    expect(attributeChart('p', [{ count: 1, size: 10 }], { rules }).sigma_z).toBeNull();
    const none = attributeChart('p_prime', Array<{ count: number; size: number }>(3).fill({ count: 0, size: 10 }), {
      rules,
    });
    expect([none.sigma_z, limits(none.location)]).toEqual([null, [0, 0, 0]]);
  });
});

describe('between and within', () => {
  it('is an individuals chart of the means, with the ranges within', () => {
    const groups = [[1, 2, 3], [2, 3, 4], [1, 3, 5], [], [2, 2, 2]];
    const { location, dispersion, within, sigma } = betweenWithinChart(groups.map(summarise), { rules });
    expect(location.points.map((p) => [p.index, p.value])).toEqual([
      [0, 2],
      [1, 3],
      [2, 3],
      [4, 2],
    ]);
    expect(sigma).toBeCloseTo(0.5 / 1.128379, 12);
    expect(dispersion!.centre).toBeCloseTo(0.5, 12);
    expect([within!.centre, within!.points.map((p) => p.value)]).toEqual([2, [2, 2, 4, 0]]);
    expect(() => betweenWithinChart(groups.map(summarise), { rules, target: 1, sigma: 1 })).toThrow(ChartDataError);
  });

  it('of large samples takes their standard deviations', () => {
    const eleven = Array.from({ length: 11 }, (_, i) => i);
    expect(betweenWithinChart([eleven, eleven].map(summarise), { rules }).within!.centre).toBeCloseTo(Math.sqrt(11), 9);
  });
});

describe('EWMA', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.4.
  const x = [
    52, 47, 53, 49.3, 50.1, 47, 51, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
  ];
  const z = [
    50.6, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92,
    50.73, 51.23, 51.94, 51.99,
  ];

  it('agrees with the published series; limits widen to the published ones', () => {
    const { location } = ewmaChart(x, { lambda: 0.3, l: 3 }, { rules, target: 50, sigma: 2.0539 });
    near(
      location.points.map((p) => p.value),
      z,
      0.005,
    );
    const last = location.points.at(-1)!;
    near([last.lower, last.upper], [47.4115, 52.5884], 1e-3);
    // The first point has had one sample only: sigma times lambda.
    near([location.points[0]!.upper], [50 + 3 * 2.0539 * 0.3], 1e-9);
    expect([location.centre, location.upper, location.violations]).toEqual([50, null, []]);
  });

  it('with lambda 1 is the chart of the values themselves', () => {
    const { location } = ewmaChart(x, { lambda: 1, l: 3 }, { rules });
    const own = individualsChart(x, { rules }).location;
    near(
      location.points.map((p) => p.value),
      x,
      1e-9,
    );
    near([location.points[5]!.lower, location.points[5]!.upper], [own.lower!, own.upper!], 1e-9);
  });

  it('keeps its value over a missing one, and takes no run rules', () => {
    const { location } = ewmaChart([10, null, 20], { lambda: 0.5, l: 3 }, { rules, target: 0, sigma: 1 });
    expect(location.points.map((p) => [p.index, p.value])).toEqual([
      [0, 5],
      [2, 12.5],
    ]);
    expect(() => ewmaChart(x, { lambda: 0.3, l: 3 }, { rules: ['nelson_2'] })).toThrow(ChartDataError);
  });
});

it('EWMA and CUSUM divide a given sigma for means', () => {
  const standard = { rules, target: 10, sigma: 1 };
  const ewma = ewmaChart([10, 10], { lambda: 1, l: 3 }, { ...standard, sizes: [25, 4] });
  expect(ewma.location.points.map(({ upper }) => upper)).toEqual([10.6, 11.5]);
  const cusum = cusumChart([10, 10.3], { k: 0.5, h: 4 }, { ...standard, sizes: [25, 25] });
  near([cusum.location.upper, cusum.location.points[1]!.high!], [0.8, 0.2], 1e-12);
  expect(() => cusumChart([10, 10], { k: 0.5, h: 4 }, { ...standard, sizes: [25, 4] })).toThrow(/differ in size/);
});

describe('CUSUM', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.3.
  const x = [
    324.925, 324.675, 324.725, 324.35, 325.35, 325.225, 324.125, 324.525, 325.225, 324.6, 324.625, 325.15, 328.325,
    327.25, 327.825, 328.5, 326.675, 327.775, 326.875, 328.35,
  ];
  const high = [0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16, 19.04];
  const low = [0, 0.01, 0, 0.33, 0, 0, 0.56, 0.72, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0];

  it('agrees with the published sums and signals', () => {
    const { location } = cusumChart(x, { k: 0.3175, h: 4.1959 }, { rules, target: 325, sigma: 1 });
    near(
      location.points.map((p) => p.high!),
      high,
      0.006,
    );
    near(
      location.points.map((p) => p.low!),
      low,
      0.006,
    );
    expect(beyond(location).map((index) => index + 1)).toEqual([14, 15, 16, 17, 18, 19, 20]);
    expect(limits(location)).toEqual([-4.1959, 0, 4.1959]);
  });

  it('k and h are multiples of sigma, sums are in the units of the data', () => {
    const scaled = cusumChart(
      x.map((value) => value * 10),
      { k: 0.3175, h: 4.1959 },
      { rules, target: 3250, sigma: 10 },
    );
    near(
      scaled.location.points.map((p) => p.high! / 10),
      high,
      0.006,
    );
    expect(beyond(scaled.location)).toHaveLength(7);
  });

  it('sees a fall by its low sum', () => {
    const { location } = cusumChart([0, -3, -3, -3], { k: 0.5, h: 4 }, { rules, target: 0, sigma: 1 });
    expect(location.points.map((p) => [p.high, p.low])).toEqual([
      [0, 0],
      [0, 2.5],
      [0, 5],
      [0, 7.5],
    ]);
    expect(beyond(location)).toEqual([2, 3]);
  });
});

describe('every chart', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 60 });
  const close = (a: number, b: number): void =>
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(a), Math.abs(b)));

  it('moves and scales with its data', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 2, 1000), fc.integer({ min: -1000, max: 1000 }), (xs, scale, shift) => {
        const moved = xs.map((value) => value * scale + shift);
        const [a, b] = [individualsChart(xs, { rules }).location, individualsChart(moved, { rules }).location];
        close(b.centre!, a.centre! * scale + shift);
        close(b.upper! - b.centre!, (a.upper! - a.centre!) * scale);
      }),
    );
  });

  it('reports exactly the points that are strictly beyond their limits', () => {
    fc.assert(
      fc.property(values, (xs) => {
        for (const panel of [
          individualsChart(xs, { rules }).location,
          ewmaChart(xs, { lambda: 0.2, l: 3 }, { rules }).location,
        ])
          expect(beyond(panel)).toEqual(
            panel.points.filter((p) => p.value > p.upper || p.value < p.lower).map((p) => p.index),
          );
      }),
    );
  });
});
