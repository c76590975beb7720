import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LEAST_LOTS, limitVerdict, statisticalLimits } from './statistical-limits.ts';

describe('statistical limits', () => {
  it('are three and four standard deviations from the mean of the lots', () => {
    // Mean 0.9, sample standard deviation 0.02 (n - 1 = 7: sum of squares 0.0028).
    const yields = [0.88, 0.92, 0.88, 0.92, 0.9, 0.9, 0.9, 0.9].map(
      (value) => 0.9 + (value - 0.9) * Math.sqrt(0.0028 / 0.0016),
    );
    const below = statisticalLimits(yields, 'below');
    expect(below.mean).toBeCloseTo(0.9, 12);
    expect(below.sigma).toBeCloseTo(0.02, 12);
    expect([below.first, below.second]).toEqual([expect.closeTo(0.84, 12), expect.closeTo(0.82, 12)]);
    const above = statisticalLimits(yields, 'above');
    expect([above.first, above.second]).toEqual([expect.closeTo(0.96, 12), expect.closeTo(0.98, 12)]);
  });

  it('stay within 0 and 1, and need six lots', () => {
    const wild = [0, 1, 0, 1, 0, 1];
    expect(statisticalLimits(wild, 'below')).toMatchObject({ lots: LEAST_LOTS, first: 0, second: 0 });
    expect(statisticalLimits(wild, 'above')).toMatchObject({ first: 1, second: 1 });
    const few = statisticalLimits(wild.slice(1), 'below');
    expect(few).toEqual({ lots: 5, mean: null, sigma: null, first: null, second: null });
    expect(limitVerdict(0, few, 'below')).toBeNull();
  });

  it('judge strictly', () => {
    const limits = { lots: 6, mean: 0.9, sigma: 0.02, first: 0.84, second: 0.82 };
    expect([0.84, 0.839, 0.82, 0.819].map((value) => limitVerdict(value, limits, 'below'))).toEqual([
      'within',
      'beyond_first',
      'beyond_first',
      'beyond_second',
    ]);
    const above = { ...limits, first: 0.96, second: 0.98 };
    expect([0.96, 0.97, 0.99].map((value) => limitVerdict(value, above, 'above'))).toEqual([
      'within',
      'beyond_first',
      'beyond_second',
    ]);
  });

  it('are nested, around the mean, whatever the lots', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 30 }), (lots) => {
        const below = statisticalLimits(lots, 'below');
        expect(below.second!).toBeLessThanOrEqual(below.first!);
        expect(below.first!).toBeLessThanOrEqual(below.mean! + 1e-12);
        const above = statisticalLimits(lots, 'above');
        expect(above.first!).toBeLessThanOrEqual(above.second!);
      }),
    );
  });
});
