import { Session } from 'node:inspector/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chiSquareUpperTail, logGamma } from '../numbers/distributions.ts';
import { benjaminiHochberg, equalProportionsP, fisherExactP, holm, oddsRatio, wilsonInterval } from './proportions.ts';

const table = (failed: number, passed: number, othersFailed: number, othersPassed: number) => ({
  failed,
  passed,
  othersFailed,
  othersPassed,
});

describe('Wilson interval', () => {
  // NIST/SEMATECH e-Handbook 7.2.4.1: 4 defective of 20, two-sided 90 % there; these are the 95 % values of the same formula.
  it.each([
    [4, 20, 0.080658, 0.416017],
    [0, 10, 0, 0.277533],
    [10, 10, 0.722467, 1],
    [1, 1, 0.206549, 1],
  ])('%i of %i', (successes, trials, lower, upper) => {
    const interval = wilsonInterval(successes, trials)!;
    expect(interval.lower).toBeCloseTo(lower, 5);
    expect(interval.upper).toBeCloseTo(upper, 5);
  });

  it('contains the proportion, lies in 0..1 and is null of nothing', () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), (a, b) => {
        fc.pre(a + b > 0);
        const { lower, upper } = wilsonInterval(a, a + b)!;
        const p = a / (a + b);
        return lower >= 0 && upper <= 1 && lower <= p + 1e-12 && p <= upper + 1e-12;
      }),
    );
  });
});

describe("Fisher's exact test", () => {
  it.each([
    // Fisher's tea tasting (Agresti, Categorical Data Analysis, table 3.8): two-sided 0.4857.
    [3, 1, 1, 3, 0.485714],
    [8, 2, 1, 5, 0.034965],
    [0, 5, 5, 0, 0.007937],
    [5, 5, 5, 5, 1],
  ])('%i %i / %i %i', (a, b, c, d, p) => {
    expect(fisherExactP(table(a, b, c, d))).toBeCloseTo(p, 5);
  });

  it('is the sum over every table that is no likelier, as the definition has it', () => {
    const cell = fc.nat(60);
    fc.assert(
      fc.property(cell, cell, cell, cell, (a, b, c, d) => {
        fc.pre(a + b > 0 && c + d > 0);
        const choose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
        const p = (k: number) => Math.exp(choose(a + b, k) + choose(c + d, a + c - k) - choose(a + b + c + d, a + c));
        let sum = 0;
        for (let k = Math.max(0, a - d); k <= Math.min(a + b, a + c); k++) {
          sum += p(k) <= p(a) * (1 + 1e-7) ? p(k) : 0;
        }
        expect(fisherExactP(table(a, b, c, d))).toBeCloseTo(Math.min(1, sum), 9);
      }),
    );
  });

  it('of a hundred million units is the same, and reads no hundred million tables', () => {
    // Two failures of 2e7 + 1.4e8 units against none expected to differ: P(0 of 3) doubled by symmetry of the margins.
    expect(fisherExactP(table(0, 5e7, 3, 5e7 - 3))).toBeCloseTo(0.25, 5);
    expect(fisherExactP(table(40_000_000, 10_000_000, 40_001_000, 9_999_000))).toBeCloseTo(
      equalProportionsP(table(40_000_000, 10_000_000, 40_001_000, 9_999_000)),
      2,
    );
  });

  it('reads less than a hundredth of the tables with the same margins', async () => {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    try {
      // V8 counts blocks only of what it compiles from now on.
      const counted = './proportions.ts?counted';
      const { fisherExactP: fisher } = (await import(counted)) as { fisherExactP: typeof fisherExactP };
      // Two million tables have these margins.
      fisher(table(1_000_000, 9_000_000, 1_000_020, 8_999_980));
      const { result } = await session.post('Profiler.takePreciseCoverage');
      const counts = result
        .filter(({ url }) => url.includes('/proportions.ts'))
        .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
      expect(Math.max(...counts)).toBeGreaterThan(100);
      expect(Math.max(...counts)).toBeLessThan(20_000);
    } finally {
      session.disconnect();
    }
  });

  it('does not care which group or which outcome comes first', () => {
    const cell = fc.nat(40);
    fc.assert(
      fc.property(cell, cell, cell, cell, (a, b, c, d) => {
        fc.pre(a + b > 0 && c + d > 0);
        const p = fisherExactP(table(a, b, c, d));
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(fisherExactP(table(c, d, a, b))).toBeCloseTo(p, 9);
        expect(fisherExactP(table(b, a, d, c))).toBeCloseTo(p, 9);
      }),
    );
  });
});

describe('test of equal proportions', () => {
  it('goes from exact to chi-square without a jump', () => {
    const large = table(480, 9520, 400, 9600);
    expect(equalProportionsP(large)).toBeCloseTo(fisherExactP(large), 2);
    // (480*9600 - 400*9520)^2 * 20000 / (10000 * 10000 * 880 * 19120) = 7.6074...
    expect(equalProportionsP(large)).toBeCloseTo(
      chiSquareUpperTail((800_000 ** 2 * 20_000) / (1e8 * 880 * 19_120), 1),
      12,
    );
  });

  it('is 1 where there is nothing to compare', () => {
    for (const nothing of [table(0, 0, 3, 4), table(3, 4, 0, 0), table(0, 5, 0, 5), table(5, 0, 5, 0)]) {
      expect(equalProportionsP(nothing)).toBe(1);
    }
  });
});

it('odds ratio, finite also with empty cells', () => {
  expect(oddsRatio(table(10, 90, 5, 95))).toBeCloseTo((10 * 95) / (90 * 5), 12);
  expect(oddsRatio(table(0, 10, 5, 5))).toBeCloseTo((0.5 * 5.5) / (10.5 * 5.5), 12);
});

it("Holm's correction", () => {
  // Holm 1979: p sorted, times (m - rank), made monotone.
  const corrected = holm([0.01, 0.04, 0.03, 0.005]);
  [0.03, 0.06, 0.06, 0.02].forEach((expected, i) => expect(corrected[i]).toBeCloseTo(expected, 12));
  expect(holm([])).toEqual([]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});

it("Benjamini and Hochberg's correction", () => {
  // Benjamini, Hochberg 1995: p times m / rank, made monotone from the greatest down.
  const corrected = benjaminiHochberg([0.01, 0.04, 0.03, 0.005]);
  [0.02, 0.04, 0.04, 0.02].forEach((expected, i) => expect(corrected[i]).toBeCloseTo(expected, 12));
  expect(benjaminiHochberg([])).toEqual([]);
  expect(benjaminiHochberg([0.9, 0.8])).toEqual([0.9, 0.9]);
});
