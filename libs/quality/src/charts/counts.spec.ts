import { describe, expect, it } from '@jest/globals';
import { beyond, limits, near, rules } from '../../test/panels.ts';
import { ORANGE_JUICE_TRIAL } from '../../test/reference-data.ts';
import { ChartDataError } from './chart.ts';
import { CONTROL_RULES } from './control-rules.ts';
import { countChart } from './counts.ts';

describe('counts', () => {
  const juice = ORANGE_JUICE_TRIAL.map((count) => ({ count, size: 50 }));

  it('p and np agree with the published limits; samples 15 and 23 are out', () => {
    const p = countChart('p', juice, { rules });
    near(limits(p.location), [0.05242755, 0.2313333, 0.4102391], 1e-6);
    expect(beyond(p.location)).toEqual([14, 22]);
    const np = countChart('np', juice, { rules });
    near(limits(np.location), [2.621377, 11.56667, 20.51196], 1e-4);
    expect(beyond(np.location)).toEqual([14, 22]);
  });

  it('c agrees with the published limits: 400 defects on 25 wafers', () => {
    // NIST/SEMATECH e-Handbook 6.3.3.1.
    const c = countChart(
      'c',
      Array.from({ length: 25 }, () => ({ count: 16, size: 1 })),
      { rules },
    );
    expect(limits(c.location)).toEqual([4, 16, 28]);
    expect(c.sigma).toBe(4);
  });

  it('u and p step with the size; the lower limit stops at 0, that of a fraction above at 1', () => {
    const u = countChart(
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
    const p = countChart(
      'p',
      [
        { count: 9, size: 10 },
        { count: 8, size: 10 },
      ],
      { rules },
    );
    expect(p.location.upper).toBe(1);
    expect(
      countChart(
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
    expect(() => countChart(kind, counts, { rules })).toThrow(ChartDataError);
  });

  it('take no target and no sigma', () => {
    expect(() => countChart('p', juice, { rules, target: 0.2, sigma: 0.1 })).toThrow(ChartDataError);
  });
});

describe('Laney', () => {
  it('widens p and u by the spread between samples that their sizes do not explain', () => {
    // z = (p - pbar) / sqrt(pbar (1 - pbar) / n): pbar 0.1, n 100, so 0.03 steps are one z each.
    const counts = [7, 13, 7, 13, 10, 10].map((count) => ({ count, size: 100 }));
    const mrBar = (2 + 2 + 2 + 1 + 0) / 5;
    const sigma_z = mrBar / 1.128379;
    const p = countChart('p_prime', counts, { rules });
    expect(p.sigma_z).toBeCloseTo(sigma_z, 9);
    near(
      limits(p.location),
      [0.1 - 0.09 * sigma_z, 0.1, 0.1 + 0.09 * sigma_z].map((x) => Math.max(0, x)),
      1e-9,
    );
    const plain = countChart('p', counts, { rules });
    expect(plain.sigma_z).toBeCloseTo(sigma_z, 9);
    near(limits(plain.location), [0.01, 0.1, 0.19], 1e-9);
    const u = countChart(
      'u_prime',
      [4, 16, 4, 16].map((count) => ({ count, size: 1 })),
      { rules },
    );
    near([u.sigma_z!], [12 / Math.sqrt(10) / 1.128379], 1e-9);
    near([u.location.upper], [10 + (3 * 12) / 1.128379], 1e-9);
  });

  it('has no ratio of one sample, nor where nothing or everything fails', () => {
    expect(() => countChart('p_prime', [{ count: 1, size: 10 }], { rules })).toThrow(ChartDataError);
    expect(countChart('p', [{ count: 1, size: 10 }], { rules }).sigma_z).toBeNull();
    const none = countChart('p_prime', Array<{ count: number; size: number }>(3).fill({ count: 0, size: 10 }), {
      rules,
    });
    expect([none.sigma_z, limits(none.location)]).toEqual([null, [0, 0, 0]]);
  });

  it('with a given rate need no data, and take no limit from it', () => {
    const counts = [10, 60].map((count) => ({ count, size: 100 }));
    const p = countChart('p', counts, { rules, rate: 0.1 });
    near(limits(p.location), [0.01, 0.1, 0.19], 1e-12);
    expect(beyond(p.location)).toEqual([1]);
    const laney = countChart('p_prime', counts, { rules, rate: 0.1, sigmaZ: 2 });
    near(limits(laney.location), [0, 0.1, 0.28], 1e-12);
    expect(countChart('u_prime', [{ count: 9, size: 1 }], { rules, rate: 1, sigmaZ: 1 }).location.points).toHaveLength(
      1,
    );
    expect(countChart('p', [], { rules, rate: 0.1 }).location.points).toEqual([]);
    expect(() => countChart('p', [], { rules })).toThrow(ChartDataError);
  });
});

it.each([0, 10])('lots of ten of which %d fail, every one, raise no alarm', (count) => {
  for (const kind of ['p', 'np', 'p_prime'] as const) {
    const lots = Array.from({ length: 20 }, () => ({ count, size: 10 }));
    expect(countChart(kind, lots, { rules: CONTROL_RULES }).location.violations).toEqual([]);
  }
});

describe('samples whose count is the expected one', () => {
  it.each([
    ['np', 1, 49],
    ['c', 1, 49],
    ['u', 3, 0.1],
    ['u_prime', 3, 0.1],
  ] as const)('lie on the centre of %s, although it rounds', (kind, count, size) => {
    const counts = Array.from({ length: 14 }, () => ({ count, size }));
    const { location } = countChart(kind, counts, { rules: CONTROL_RULES });
    expect(location.violations).toEqual([]);
    const given = countChart(kind, counts, { rules: CONTROL_RULES, rate: count / size });
    expect(given.location.violations).toEqual([]);
  });
});
