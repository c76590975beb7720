import { c4, d2, d3 } from './control-constants.ts';
import { mean, range, standardDeviation } from './moments.ts';

/** Stands for a sample once its values are gone. An empty sample is a gap. */
export interface SampleSummary {
  readonly n: number;
  /** Meaningless when n is 0. */
  readonly mean: number;
  /** Sample standard deviation (n - 1); meaningless when n is below 2. */
  readonly s: number;
  /** Greatest minus least value. */
  readonly range: number;
}

export const summarise = (values: readonly number[]): SampleSummary =>
  values.length === 0
    ? { n: 0, mean: 0, s: 0, range: 0 }
    : { n: values.length, mean: mean(values), s: standardDeviation(values) ?? 0, range: range(values) };

/** Up to this size ranges are nearly as good as standard deviations, and published tables use them. */
export const MAX_RANGE_SUBGROUP = 10;

export type Spread = 'range' | 'deviation';
/** How to measure the spread within samples: by ranges, unless a sample is large. */
export const spreadWithin = (samples: readonly SampleSummary[]): Spread =>
  samples.every(({ n }) => n <= MAX_RANGE_SUBGROUP) ? 'range' : 'deviation';
export const SIGMA_METHODS = ['weighted', 'mean', 'pooled'] as const;
export type SigmaMethod = (typeof SIGMA_METHODS)[number];

/** Mean and standard deviation of the spread of n normal values, in sigma. */
export const SPREAD_CONSTANTS: Readonly<
  Record<Spread, { mean: (n: number) => number; deviation: (n: number) => number }>
> = {
  range: { mean: d2, deviation: d3 },
  deviation: { mean: c4, deviation: (n) => Math.sqrt(1 - c4(n) ** 2) },
};

export const spreadOf = (spread: Spread, sample: SampleSummary): number =>
  spread === 'range' ? sample.range : sample.s;

/**
 * Standard deviation within samples of two values or more; null when there is none.
 *
 * - weighted: mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance (minimum variance linear unbiased
 *   estimator; Burr 1969, Woodall and Montgomery 2000). Equal sizes get equal weights.
 * - mean: the same without weights, so that a sample of two counts as much as one of twenty-five (UWAVE of the R package qcc).
 * - pooled: root of the sum of (n - 1) S^2 / sum of (n - 1), divided by c4 of that sum + 1 (Montgomery 6.3.2 without c4).
 */
export function withinSigma(samples: readonly SampleSummary[], spread: Spread, method: SigmaMethod): number | null {
  const used = samples.filter(({ n }) => n > 1);
  if (used.length === 0) {
    return null;
  }
  if (method === 'pooled') {
    const freedom = used.reduce((sum, { n }) => sum + n - 1, 0);
    return Math.sqrt(used.reduce((sum, { n, s }) => sum + (n - 1) * s ** 2, 0) / freedom) / c4(freedom + 1);
  }
  const { mean: factor, deviation } = SPREAD_CONSTANTS[spread];
  const estimates = used.map((sample) => spreadOf(spread, sample) / factor(sample.n));
  const weights = used.map(({ n }) => (method === 'mean' ? 1 : (factor(n) / deviation(n)) ** 2));
  return weightedMean(estimates, weights);
}

/** Returns exactly the common value when all values are equal, however the weights round. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const [guess = NaN] = values;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return guess + values.reduce((sum, value, i) => sum + (weights[i] as number) * (value - guess), 0) / total;
}
