import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chiSquareUpperTail, fUpperTail, logGamma, regularizedBeta } from './distributions.ts';

const near = (actual: number, expected: number, relative = 1e-10): void =>
  expect(Math.abs(actual - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE)).toBeLessThan(relative);

describe('distributions', () => {
  it('logGamma of integers is the logarithm of a factorial; of 1/2 that of the root of pi', () => {
    near(logGamma(11), Math.log(3_628_800));
    near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)));
    near(logGamma(171), 706.5730622457874);
  });

  // Critical values of the usual tables (NIST/SEMATECH e-Handbook 1.3.6.7.3 and 1.3.6.7.4).
  it.each([
    [3.841459, 0.05],
    [6.634897, 0.01],
    [10.827566, 0.001],
    [2.705543, 0.1],
  ])('chi-square with 1 degree of freedom above %f: %f', (x, p) => {
    expect(chiSquareUpperTail(x, 1)).toBeCloseTo(p, 7);
  });

  it.each([
    [4.964603, 1, 10, 0.05],
    [3.325835, 5, 10, 0.05],
    [2.347878, 10, 20, 0.05],
    [5.635833, 5, 10, 0.01],
    [1, 7, 7, 0.5],
  ])('F above %f with %i and %i degrees of freedom: %f', (f, d1, d2, p) => {
    expect(fUpperTail(f, d1, d2)).toBeCloseTo(p, 5);
  });

  it('chi-square with 1 degree of freedom is the limit of F(1, n), and tails stay small but positive far out', () => {
    near(chiSquareUpperTail(4, 1), fUpperTail(4, 1, 1e9), 1e-6);
    near(chiSquareUpperTail(100, 1), 1.523970604832105e-23);
    expect(chiSquareUpperTail(1000, 1)).toBeGreaterThan(0);
  });

  it('the incomplete beta function is symmetric, rising and within 0..1', () => {
    const shape = fc.double({ min: 0.1, max: 500, noNaN: true });
    // Parts of 1024, so that 1 - x is exact and the symmetry is not hidden by rounding.
    const part = fc.nat(1024).map((n) => n / 1024);
    fc.assert(
      fc.property(part, part, shape, shape, (x, y, a, b) => {
        const [low, high] = [Math.min(x, y), Math.max(x, y)];
        const [p, q] = [regularizedBeta(low, a, b), regularizedBeta(high, a, b)];
        expect(p).toBeGreaterThanOrEqual(0);
        expect(q).toBeLessThanOrEqual(1 + 1e-12);
        expect(p).toBeLessThanOrEqual(q + 1e-9);
        expect(p + regularizedBeta(1 - low, b, a)).toBeCloseTo(1, 8);
      }),
    );
  });
});

it.each([
  // NIST/SEMATECH e-Handbook 1.3.6.7.4: upper critical values.
  [18.307, 10, 0.05],
  [124.342, 100, 0.05],
  [149.449, 100, 0.001],
  [5.991, 2, 0.05],
  [0, 3, 1],
])('P(chi-square > %f) with %i degrees of freedom is %f', (x, freedom, p) => {
  expect(chiSquareUpperTail(x, freedom)).toBeCloseTo(p, 4);
});
