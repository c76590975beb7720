import { describe, expect, it } from '@jest/globals';
import { latenciesOf, median, quantile } from './numbers.ts';
import { table } from './table.ts';

describe('figures', () => {
  it('the median of an even number of values is between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('a quantile is a value that was measured', () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1);
    expect(quantile(values, 0.5)).toBe(100);
    expect(quantile(values, 0.99)).toBe(198);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('latencies need no order', () => {
    expect(latenciesOf([30, 10, 20])).toEqual({ p50: 20, p99: 30, most: 30 });
  });

  it('a table is Markdown with aligned columns', () => {
    expect(
      table([
        ['a', 'b'],
        ['long', '1'],
        ['x', '1000'],
      ]),
    ).toBe('| a    |    b |\n| ---- | ---: |\n| long |    1 |\n| x    | 1000 |');
  });
});
