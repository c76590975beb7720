import { describe, expect, it } from '@jest/globals';
import { formatSamples, LIMITS, percentile, rising, type Sample } from './trend.ts';

const level = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, name === 'failed requests' ? 0 : 100]));
const run = (count: number, values: (i: number) => Record<string, number> = () => ({})): Sample[] =>
  Array.from({ length: count }, (_, i) => ({ at: i * 60, values: { ...level, ...values(i) } }));

describe('the trend of a long run', () => {
  it('is none while everything stays, whatever one interval does', () => {
    expect(rising(run(24))).toEqual([]);
    expect(rising(run(24, (i) => (i === 20 ? { 'lag, s': 5_000, 'p95, ms': 9_000 } : {})))).toEqual([]);
  });

  it('forgives the warm-up', () => {
    expect(rising(run(24, (i) => ({ 'resident, MB': Math.min(100 + i * 60, 400) })))).toEqual([]);
  });

  it.each([
    ['lag, s', 40],
    ['resident, MB', 40],
    ['dead rows', 20_000],
    ['unfolded deltas', 10_000],
    ['chunks', 10],
    ['p99, ms', 200],
    ['failed requests', 1],
  ])('is named for %s', (name, each) => {
    expect(rising(run(24, (i) => ({ [name]: i * each })))).toEqual([expect.stringContaining(`${name} rises`)]);
    expect(
      rising(
        run(24, (i) => ({ [name]: i * each })),
        [name],
      ),
    ).toEqual([]);
  });

  it('is named for a measure that is missing', () => {
    expect(rising(run(24, () => ({ chunks: NaN })))).toEqual([expect.stringContaining('chunks rises')]);
  });

  it('cannot be told from few intervals', () => {
    expect(rising(run(7, (i) => ({ 'lag, s': i * 1_000 })))).toBeNull();
  });
});

it('percentiles are values that occurred', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([0.5, 0.95, 0.99].map((share) => percentile(values, share))).toEqual([51, 96, 100]);
  expect(percentile([], 0.5)).toBeNaN();
});

it('shows a line per interval, with aligned columns', () => {
  const lines = formatSamples(run(2)).split('\n');
  expect(lines).toHaveLength(3);
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
});
