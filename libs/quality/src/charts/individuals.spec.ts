import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beyond, limits, near, rules } from '../../test/panels.ts';
import { ChartDataError } from './chart.ts';
import { CONTROL_RULES } from './control-rules.ts';
import { ewmaChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';

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

  it('take limits from the baseline only, and check all samples', () => {
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

  it('exclude samples from the limits, but still draw and check them', () => {
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

  it('equal values, which have no sigma to lie within, raise no alarm', () => {
    const { location, dispersion } = individualsChart(Array<number>(20).fill(5), { rules: CONTROL_RULES });
    expect([location.violations, dispersion!.violations]).toEqual([[], []]);
  });

  it('need two neighbours in the baseline', () => {
    for (const values of [[], [1], [null, null], [1, null, 2]]) {
      expect(() => individualsChart(values, { rules })).toThrow(ChartDataError);
    }
    expect(() => individualsChart(x, { rules, baseline: { from: 2, to: 3 } })).toThrow(ChartDataError);
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
        ]) {
          expect(beyond(panel)).toEqual(
            panel.points.filter((p) => p.value > p.upper || p.value < p.lower).map((p) => p.index),
          );
        }
      }),
    );
  });
});
