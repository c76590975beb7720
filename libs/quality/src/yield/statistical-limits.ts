import { mean, standardDeviation } from '../numbers/moments.ts';

/** Least number of lots that limits come from (AEC-Q002). */
export const LEAST_LOTS = 6;

/** Limits of a fraction, from its values in lots; null with fewer than {@link LEAST_LOTS}. */
export interface StatisticalLimits {
  readonly lots: number;
  readonly mean: number | null;
  /** Sample standard deviation (n - 1). */
  readonly sigma: number | null;
  /** At 3 sigma: beyond it a lot is unusual. */
  readonly first: number | null;
  /** At 4 sigma. */
  readonly second: number | null;
}

/**
 * Statistical yield limits (below the mean) or statistical bin limits (above it): mean -+ 3 and 4 sigma over lots, within 0..1.
 * Source: AEC-Q002 (guidelines for statistical yield analysis).
 *
 * @param fractions one per lot, each with the same weight
 */
export function statisticalLimits(fractions: readonly number[], side: 'below' | 'above'): StatisticalLimits {
  const sigma = standardDeviation(fractions);
  if (fractions.length < LEAST_LOTS || sigma === null) {
    return { lots: fractions.length, mean: null, sigma: null, first: null, second: null };
  }
  const centre = mean(fractions);
  const at = (sigmas: number): number =>
    Math.min(1, Math.max(0, side === 'below' ? centre - sigmas * sigma : centre + sigmas * sigma));
  return { lots: fractions.length, mean: centre, sigma, first: at(3), second: at(4) };
}

export type LimitVerdict = 'within' | 'beyond_first' | 'beyond_second';

/** On which side of the limits a fraction lies, strictly; null without limits. */
export function limitVerdict(
  fraction: number,
  { first, second }: StatisticalLimits,
  side: 'below' | 'above',
): LimitVerdict | null {
  if (first === null || second === null) {
    return null;
  }
  const isBeyond = (limit: number): boolean => (side === 'below' ? fraction < limit : fraction > limit);
  return isBeyond(second) ? 'beyond_second' : isBeyond(first) ? 'beyond_first' : 'within';
}
