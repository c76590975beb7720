import { chiSquare1UpperTail, logGamma } from './distributions.ts';

/** Two-sided 95 % point of the normal distribution. */
const Z_95 = 1.959963984540054;

/**
 * Wilson score interval (95 %) of a proportion: sensible also for few units and for proportions at 0 and 1.
 * Wilson 1927; NIST/SEMATECH e-Handbook 7.2.4.1.
 *
 * @returns null when there are no trials
 */
export function wilsonInterval(successes: number, trials: number): { lower: number; upper: number } | null {
  if (trials === 0) return null;
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

/** Odds of failing here / odds elsewhere. Half a unit is added to every cell when one is zero (Haldane, Anscombe), so it is always finite. */
export function oddsRatio({ failed, passed, othersFailed, othersPassed }: TwoByTwo): number {
  const half = [failed, passed, othersFailed, othersPassed].includes(0) ? 0.5 : 0;
  return ((failed + half) * (othersPassed + half)) / ((passed + half) * (othersFailed + half));
}

/** From this expected count on in every cell the chi-square approximation is as good as exact, and much cheaper. */
const LARGE_EXPECTED_COUNT = 100;

/** Two-sided p that both groups fail alike: Fisher's exact test, or chi-square (no continuity correction) for large counts. */
export function equalProportionsP(table: TwoByTwo): number {
  const { failed, passed, othersFailed, othersPassed } = table;
  const [row, others, failures] = [failed + passed, othersFailed + othersPassed, failed + othersFailed];
  const total = row + others;
  const successes = total - failures;
  if (row === 0 || others === 0 || failures === 0 || successes === 0) return 1;
  if ((Math.min(row, others) * Math.min(failures, successes)) / total < LARGE_EXPECTED_COUNT)
    return fisherExactP(table);
  const difference = failed * othersPassed - passed * othersFailed;
  return chiSquare1UpperTail((difference / (row * others)) * (difference / (failures * successes)) * total);
}

/** Fisher's exact test, two-sided: the sum over all tables with the same margins that are no likelier than this one. */
export function fisherExactP({ failed, passed, othersFailed, othersPassed }: TwoByTwo): number {
  const [row, others, failures] = [failed + passed, othersFailed + othersPassed, failed + othersFailed];
  const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  const logAll = logChoose(row + others, failures);
  const probability = (k: number): number => Math.exp(logChoose(row, k) + logChoose(others, failures - k) - logAll);
  const observed = probability(failed);
  let p = 0;
  for (let k = Math.max(0, failures - others); k <= Math.min(row, failures); k++) {
    const each = probability(k);
    // Equal tables must compare as equal although each is rounded.
    if (each <= observed * (1 + 1e-7)) p += each;
  }
  return Math.min(1, p);
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
