import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normal } from '../../test/stable-processes.ts';
import { cusumChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';
import { thinChart } from './thin-chart.ts';

const z = normal(7);
const VALUES = Array.from({ length: 5000 }, (_, i) => (i === 1234 ? 9 : i === 4321 ? -9 : z()));

describe('a thinned chart', () => {
  it('keeps violations, extremes and ends, and the limits of the whole', () => {
    const whole = individualsChart(VALUES, { rules: ['beyond_limits', 'nelson_2'] });
    const { chart, kept } = thinChart(whole, 200);
    expect(chart.location.points.length).toBeLessThanOrEqual(200);
    expect(chart.location.points.length).toBeGreaterThan(120);
    const indices = chart.location.points.map(({ index }) => index);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
    expect(indices).toEqual(expect.arrayContaining([0, 1234, 4321, 4999]));
    for (const { index } of whole.location.violations) {
      expect(indices).toContain(index);
    }
    expect([chart.location.centre, chart.location.violations]).toEqual([
      whole.location.centre,
      whole.location.violations,
    ]);
    for (const panel of [chart.location, chart.dispersion!]) {
      expect(panel.points.every(({ index }) => kept.has(index))).toBe(true);
    }
  });

  it('keeps the peaks of both sums of CUSUM', () => {
    const whole = cusumChart(VALUES, { k: 0.5, h: 5 }, { rules: [] });
    const { chart } = thinChart(whole, 100);
    for (const sum of ['high', 'low'] as const) {
      const peak = Math.max(...whole.location.points.map((point) => point[sum]!));
      expect(Math.max(...chart.location.points.map((point) => point[sum]!))).toBe(peak);
    }
    expect(chart.location.points.length).toBeLessThanOrEqual(100);
  });

  it('keeps the least and the greatest value of CUSUM', () => {
    const values = VALUES.map((value, i) => (i === 2345 ? -4 : Math.max(value, -3)));
    const whole = cusumChart(values, { k: 5, h: 5 }, { rules: [], target: 0, sigma: 1 });
    const indices = thinChart(whole, 100).chart.location.points.map(({ index }) => index);
    expect(indices).toEqual(expect.arrayContaining([1234, 2345]));
  });

  it('shows what lies between violations, however many there are', () => {
    const values = VALUES.map((value, i) => (i < 2500 ? value : value + 2));
    const whole = individualsChart(values, { rules: ['nelson_2'], target: 0, sigma: 1 });
    const violations = new Set(whole.location.violations.map(({ index }) => index));
    expect(violations.size).toBeGreaterThan(2000);
    const between = thinChart(whole, 200).chart.location.points.filter(({ index }) => !violations.has(index));
    expect(between.map(({ index }) => index)).toEqual(expect.arrayContaining([0, 1234]));
    expect(between.filter(({ index }) => index < 2500).length).toBeGreaterThan(40);
    expect(between.length).toBeLessThanOrEqual(102);
  });

  it('with room for every point is the same', () => {
    const whole = individualsChart(VALUES.slice(0, 50), { rules: [] });
    expect(thinChart(whole, 50).chart).toEqual(whole);
  });

  it('never loses the least and the greatest value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 30, maxLength: 300 }),
        fc.integer({ min: 10, max: 40 }),
        (values, max) => {
          const whole = individualsChart(values, { rules: [], target: 0, sigma: 1 });
          const of = (points: readonly { value: number }[]) => points.map(({ value }) => value);
          const all = of(whole.location.points);
          const some = of(thinChart(whole, max).chart.location.points);
          expect([Math.min(...some), Math.max(...some)]).toEqual([Math.min(...all), Math.max(...all)]);
          expect(some.length).toBeLessThanOrEqual(max);
        },
      ),
    );
  });
});
