import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pareto } from './pareto.ts';

describe('pareto', () => {
  it('orders by count, ties by name, unnamed last, and adds up shares', () => {
    const bars = pareto([
      { key: 'b', count: 2 },
      { key: null, count: 2 },
      { key: 'a', count: 2 },
      { key: 'z', count: 4 },
      { key: 'none', count: 0 },
    ]);
    expect(bars).toEqual([
      { key: 'z', count: 4, share: 0.4, cumulative_share: 0.4 },
      { key: 'a', count: 2, share: 0.2, cumulative_share: 0.6 },
      { key: 'b', count: 2, share: 0.2, cumulative_share: 0.8 },
      { key: null, count: 2, share: 0.2, cumulative_share: 1 },
    ]);
  });

  it('orders numbers by value', () => {
    expect(
      pareto([
        { key: 10, count: 1 },
        { key: 9, count: 1 },
        { key: -1, count: 1 },
      ]).map((bar) => bar.key),
    ).toEqual([-1, 9, 10]);
  });

  it('of no counts is empty', () => {
    expect(pareto([])).toEqual([]);
  });

  it('does not depend on the order of its input, keeps every count, and ends at exactly 1', () => {
    const counts = fc.uniqueArray(fc.record({ key: fc.option(fc.string()), count: fc.nat(1_000_000) }), {
      selector: ({ key }) => key,
    });
    fc.assert(
      fc.property(counts, fc.func(fc.double({ noNaN: true })), (rows, order) => {
        const bars = pareto(rows);
        const shuffled = [...rows].sort((a, b) => order(a.key) - order(b.key));
        expect(pareto(shuffled)).toEqual(bars);
        expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(rows.reduce((sum, row) => sum + row.count, 0));
        if (bars.length > 0) {
          expect(bars.at(-1)?.cumulative_share).toBe(1);
        }
      }),
    );
  });
});
