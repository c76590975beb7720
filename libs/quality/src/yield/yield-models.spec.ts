import { describe, expect, it } from '@jest/globals';
import {
  defectsPerMillionOpportunities,
  defectsPerUnit,
  modelDefects,
  modelYield,
  YIELD_MODELS,
  type YieldModel,
} from './yield-models.ts';

describe('modelYield', () => {
  // A D0 = 1 and alpha = 2, by hand: 1/e, (1 - 1/e)^2, 1/2, (1 + 1/2)^-2.
  it.each<[YieldModel, number]>([
    ['poisson', 0.36787944117144233],
    ['murphy', 0.39957640089372803],
    ['exponential', 0.5],
    ['negative_binomial', 4 / 9],
  ])('%s of one defect per die', (model, expected) => {
    expect(modelYield(model, 1, { alpha: 2 })).toBeCloseTo(expected, 14);
  });

  it('is 1 without defects, and falls from there', () => {
    for (const model of YIELD_MODELS) {
      const at = (defects: number) => modelYield(model, defects, { alpha: 3 });
      expect([model, at(0), at(1e-15) <= 1, at(1e-6)]).toEqual([model, 1, true, expect.closeTo(1 - 1e-6, 11)]);
      expect(at(1)).toBeGreaterThan(at(1.01));
      expect(at(1e100)).toBeGreaterThanOrEqual(0);
    }
  });

  it('negative binomial lies between exponential (alpha 1) and Poisson (alpha to infinity)', () => {
    expect(modelYield('negative_binomial', 0.7, { alpha: 1 })).toBeCloseTo(
      modelYield('exponential', 0.7, { alpha: 1 }),
      14,
    );
    expect(modelYield('negative_binomial', 0.7, { alpha: 1e9 })).toBeCloseTo(
      modelYield('poisson', 0.7, { alpha: 1 }),
      8,
    );
  });
});

describe('modelDefects', () => {
  it('is the inverse of modelYield', () => {
    for (const model of YIELD_MODELS) {
      for (const fraction of [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999999, 1]) {
        const defects = modelDefects(model, fraction, { alpha: 2.5 });
        expect([model, fraction, modelYield(model, defects, { alpha: 2.5 })]).toEqual([
          model,
          fraction,
          expect.closeTo(fraction, 12),
        ]);
      }
      expect(Object.is(modelDefects(model, 1, { alpha: 2 }), 0)).toBe(true);
    }
  });
});

describe('DPU and DPMO', () => {
  it('divide defects by units, and by what could have gone wrong', () => {
    expect(defectsPerUnit(34, 750)).toBeCloseTo(0.045333, 6);
    expect(defectsPerMillionOpportunities(34, 750, 10)).toBeCloseTo(4533.33, 2);
  });

  it('are unknown without any', () => {
    expect([defectsPerUnit(0, 0), defectsPerMillionOpportunities(0, 0, 5)]).toEqual([null, null]);
  });
});
