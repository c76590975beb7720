import { d2 } from '../numbers/control-constants.ts';
import { mean } from '../numbers/moments.ts';
import { type ChartOptions, makesLimits, TooLittleDataError } from './chart.ts';

export interface Observed {
  readonly index: number;
  readonly value: number;
}

/** Values that are not missing. */
export const observed = (values: readonly (number | null)[]): Observed[] =>
  values.flatMap((value, index) => (value === null ? [] : [{ index, value }]));

/** Absolute differences of neighbours; none spans a missing value or the start of a new run. */
export function movingRanges(values: readonly (number | null)[], breaks?: ReadonlySet<number>): Observed[] {
  return values.flatMap((value, index) => {
    const before = index === 0 || breaks?.has(index) === true ? null : (values[index - 1] ?? null);
    return value === null || before === null ? [] : [{ index, value: Math.abs(value - before) }];
  });
}

/** Mean of the values that limits are computed from. @throws TooLittleDataError */
export function limitMean(values: readonly (number | null)[], options: ChartOptions): number {
  const used = observed(values).filter(({ index }) => makesLimits(options, index));
  if (used.length === 0) {
    throw new TooLittleDataError('values', 'has no value in the baseline');
  }
  return mean(used.map(({ value }) => value));
}

/** Mean moving range where limits are computed from both neighbours. @throws TooLittleDataError */
function limitMovingRange(
  values: readonly (number | null)[],
  options: ChartOptions,
  breaks?: ReadonlySet<number>,
): number {
  const used = movingRanges(values, breaks).filter(
    ({ index }) => makesLimits(options, index) && makesLimits(options, index - 1),
  );
  if (used.length === 0) {
    throw new TooLittleDataError('values', 'has no two neighbouring values in the baseline');
  }
  return mean(used.map(({ value }) => value));
}

/** sigma = mean moving range / d2(2). @throws TooLittleDataError */
export const movingRangeSigma = (
  values: readonly (number | null)[],
  options: ChartOptions,
  breaks?: ReadonlySet<number>,
): number => limitMovingRange(values, options, breaks) / d2(2);
