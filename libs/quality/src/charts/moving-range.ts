import { d2 } from '../numbers/control-constants.ts';
import { mean } from '../numbers/moments.ts';
import { type ChartOptions, makesLimits, TooLittleDataError } from './chart.ts';

/** Absolute difference of a value and the one before; null where one is missing or a new run starts. */
export function movingRangeAt(
  values: readonly (number | null)[],
  index: number,
  breaks?: ReadonlySet<number>,
): number | null {
  const value = values[index] ?? null;
  const before = index === 0 || breaks?.has(index) === true ? null : (values[index - 1] ?? null);
  return value === null || before === null ? null : Math.abs(value - before);
}

/** Moving ranges of neighbours; with options only those where limits are computed from both. */
export function movingRanges(
  values: readonly (number | null)[],
  options: ChartOptions | undefined = undefined,
  breaks?: ReadonlySet<number>,
): number[] {
  const ranges: number[] = [];
  for (const index of values.keys()) {
    const range = movingRangeAt(values, index, breaks);
    if (range !== null && (!options || (makesLimits(options, index) && makesLimits(options, index - 1)))) {
      ranges.push(range);
    }
  }
  return ranges;
}

/** Mean of the values that limits are computed from. @throws TooLittleDataError */
export function limitMean(values: readonly (number | null)[], options: ChartOptions): number {
  const used: number[] = [];
  for (const [index, value] of values.entries()) {
    if (value !== null && makesLimits(options, index)) {
      used.push(value);
    }
  }
  if (used.length === 0) {
    throw new TooLittleDataError('values', 'has no value in the baseline');
  }
  return mean(used);
}

/** sigma = mean moving range / d2(2). @throws TooLittleDataError */
export function movingRangeSigma(
  values: readonly (number | null)[],
  options: ChartOptions,
  breaks?: ReadonlySet<number>,
): number {
  const used = movingRanges(values, options, breaks);
  if (used.length === 0) {
    throw new TooLittleDataError('values', 'has no two neighbouring values in the baseline');
  }
  return mean(used) / d2(2);
}
