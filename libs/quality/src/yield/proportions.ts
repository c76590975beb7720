import { chiSquareUpperTail, logGamma } from '../numbers/distributions.ts';

/** Two-sided 95 % point of the normal distribution. */
const Z_95 = 1.959963984540054;

/**
 * Wilson score interval (95 %) of a proportion. It holds for few units and for proportions of 0 and 1, too.
 * Wilson 1927; NIST/SEMATECH e-Handbook 7.2.4.1.
 *
 * @returns null when there are no trials
 */
export function wilsonInterval(successes: number, trials: number): { lower: number; upper: number } | null {
  if (trials === 0) {
    return null;
  }
  const p = successes / trials;
  const z2 = Z_95 ** 2;
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (Z_95 / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials ** 2));
  return {
    lower: successes === 0 ? 0 : Math.max(0, centre - half),
    upper: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** Failures and passes of one group against those of all others. */
export interface TwoByTwo {
  readonly failed: number;
  readonly passed: number;
  readonly othersFailed: number;
  readonly othersPassed: number;
}

/** Odds of failing here / elsewhere. Adds half a unit to every cell when one is zero (Haldane, Anscombe): always finite. */
export function oddsRatio({ failed, passed, othersFailed, othersPassed }: TwoByTwo): number {
  const half = [failed, passed, othersFailed, othersPassed].includes(0) ? 0.5 : 0;
  return ((failed + half) * (othersPassed + half)) / ((passed + half) * (othersFailed + half));
}

/** When every cell expects at least this count, chi-square is as good as the exact test and much cheaper. */
const LARGE_EXPECTED_COUNT = 100;

/** Two-sided p for equal fail rates: Fisher's exact test, or chi-square (no continuity correction) for large counts. */
export function equalProportionsP(table: TwoByTwo): number {
  const { failed, passed, othersFailed, othersPassed } = table;
  const [row, others, failures] = [failed + passed, othersFailed + othersPassed, failed + othersFailed];
  const total = row + others;
  const successes = total - failures;
  if (row === 0 || others === 0 || failures === 0 || successes === 0) {
    return 1;
  }
  if ((Math.min(row, others) * Math.min(failures, successes)) / total < LARGE_EXPECTED_COUNT) {
    return fisherExactP(table);
  }
  const difference = failed * othersPassed - passed * othersFailed;
  return chiSquareUpperTail((difference / (row * others)) * (difference / (failures * successes)) * total, 1);
}

/** Tables that are less likely than this, relative to the observed one, no longer change the sum. */
const NEGLIGIBLE = 1e-20;

/**
 * Fisher's exact test, two-sided: the sum over all tables with the same margins that are no likelier than this one.
 * Probabilities fall on both sides of the mode, so each side is summed from its likeliest counted table outwards, by the ratio
 * of neighbours, until terms are negligible: a few dozen terms, however many units there are.
 */
export function fisherExactP({ failed, passed, othersFailed, othersPassed }: TwoByTwo): number {
  const [row, others, failures] = [failed + passed, othersFailed + othersPassed, failed + othersFailed];
  const [least, greatest] = [Math.max(0, failures - others), Math.min(row, failures)];
  const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  const logWeight = (k: number): number => logChoose(row, k) + logChoose(others, failures - k);
  const logObserved = logWeight(failed);
  // Equally likely tables must compare as equal despite rounding.
  const isCounted = (k: number): boolean => logWeight(k) <= logObserved + 1e-7;
  /** P(k + 1) / P(k) */
  const ratio = (k: number): number => ((row - k) / (k + 1)) * ((failures - k) / (others - failures + k + 1));
  const mode = Math.min(greatest, Math.max(least, Math.floor(((row + 1) * (failures + 1)) / (row + others + 2))));
  const tail = (from: number, step: 1 | -1): number => {
    let weight = Math.exp(logWeight(from) - logObserved);
    let sum = 0;
    for (let k = from; k >= least && k <= greatest; k += step) {
      sum += weight;
      if (weight < NEGLIGIBLE * sum) {
        break;
      }
      weight *= step === 1 ? ratio(k) : 1 / ratio(k - 1);
    }
    return sum;
  };
  // One side begins at the observed table, the other at the nearest table that is no likelier.
  const below = failed <= mode ? failed : nearestCounted(mode, least, -1, isCounted);
  // Where two tables share the maximum, the mode itself is counted.
  const above = failed > mode ? failed : nearestCounted(Math.max(mode, failed + 1), greatest, 1, isCounted);
  const logAll = logChoose(row + others, failures);
  const sides = (below === undefined ? 0 : tail(below, -1)) + (above === undefined ? 0 : tail(above, 1));
  return Math.min(1, sides * Math.exp(logObserved - logAll));
}

/** The counted table nearest to `near` on the way to `far`, along which probabilities only fall. */
function nearestCounted(
  near: number,
  far: number,
  step: 1 | -1,
  isCounted: (k: number) => boolean,
): number | undefined {
  let greatest = step * (far - near);
  if (greatest < 0 || !isCounted(far)) {
    return undefined;
  }
  let least = 0;
  while (least < greatest) {
    const middle = Math.floor((least + greatest) / 2);
    if (isCounted(near + step * middle)) {
      greatest = middle;
    } else {
      least = middle + 1;
    }
  }
  return near + step * least;
}

/** Holm's step-down correction for many tests at once; in the order of the input, never below the raw p. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const corrected = new Array<number>(ps.length);
  let greatest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    greatest = Math.max(greatest, Math.min(1, p * (ps.length - rank)));
    corrected[index] = greatest;
  }
  return corrected;
}

/** Benjamini and Hochberg's step-up correction, which bounds the expected share of false discoveries. */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const corrected = new Array<number>(ps.length);
  let least = 1;
  for (const [rank, { p, index }] of order.entries()) {
    least = Math.min(least, (p * ps.length) / (ps.length - rank));
    corrected[index] = least;
  }
  return corrected;
}
