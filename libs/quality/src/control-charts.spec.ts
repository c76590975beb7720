import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ORANGE_JUICE_TRIAL, PISTON_RINGS } from '../test/reference-data.ts';
import {
  attributeChart,
  ChartDataError,
  type ChartPanel,
  cusumChart,
  ewmaChart,
  individualsChart,
  subgroupChart,
} from './control-charts.ts';

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

  it('a given target and sigma make the limits of the location panel, and nothing else', () => {
    const { location, dispersion, sigma } = individualsChart(x, {
      rules: ['nelson_1', 'western_electric_2'],
      target: 50,
      sigma: 2,
    });
    expect([limits(location), sigma]).toEqual([[44, 50, 56], 2]);
    near(limits(dispersion!), [0, 1.8778, 6.1348], 1e-3);
    expect(() => individualsChart(x, { rules, target: 50 })).toThrow(ChartDataError);
    expect(() => individualsChart(x, { rules, sigma: 2 })).toThrow(ChartDataError);
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
    expect(sigma).toBeCloseTo((2 / 1.128379 + 4 / 1.692569) / 2, 9);
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
