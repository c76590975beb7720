import { d2 } from '../numbers/control-constants.ts';
import { mean } from '../numbers/moments.ts';
import {
  ChartDataError,
  type ChartOptions,
  Constant,
  type ControlChart,
  PanelDrawing,
  makesLimits,
  TooLittleDataError,
} from './chart.ts';
import { movingRanges } from './moving-range.ts';

/** `count` events in `size` units, or in an area of opportunity of `size`. */
export interface SizedCount {
  readonly count: number;
  readonly size: number;
}

export const COUNT_CHARTS = ['p', 'np', 'c', 'u', 'p_prime', 'u_prime'] as const;
export type CountChart = (typeof COUNT_CHARTS)[number];

/** From this sigma_z on, samples differ by more than chance, and p and u charts raise false alarms on stable lots. */
export const LARGE_SIGMA_Z = 1.5;

export interface CountOptions extends ChartOptions {
  /** Given rate (events per unit of size), which then does not come from the samples. */
  readonly rate?: number | undefined;
  /** Given with `rate` for p_prime and u_prime. */
  readonly sigmaZ?: number | undefined;
}

interface Placed {
  readonly index: number;
  readonly size: number;
  readonly value: number;
  readonly centre: number;
  readonly deviation: number;
}

function place(kind: CountChart, { count, size }: SizedCount, index: number, rate: number): Placed {
  switch (kind) {
    case 'p':
    case 'p_prime':
      return { index, size, value: count / size, centre: rate, deviation: Math.sqrt((rate * (1 - rate)) / size) };
    case 'np':
      return { index, size, value: count, centre: rate * size, deviation: Math.sqrt(rate * (1 - rate) * size) };
    case 'c':
      return { index, size, value: count, centre: rate * size, deviation: Math.sqrt(rate * size) };
    case 'u':
    case 'u_prime':
      return { index, size, value: count / size, centre: rate, deviation: Math.sqrt(rate / size) };
  }
}

/** Mean moving range of the standardised samples / d2(2): 1 where sample size explains the whole spread. */
function sigmaZ(points: readonly Placed[], options: ChartOptions): number | null {
  const z = points.map(({ value, centre, deviation }) => (deviation === 0 ? null : (value - centre) / deviation));
  const used = movingRanges(z, options);
  return used.length === 0 ? null : mean(used) / d2(2);
}

/** @throws TooLittleDataError */
function rateOf(counts: readonly SizedCount[], options: ChartOptions): number {
  const used = counts.filter((_count, index) => makesLimits(options, index));
  const total = used.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) {
    throw new TooLittleDataError('counts', 'has none in the baseline');
  }
  return used.reduce((sum, { count }) => sum + count, 0) / total;
}

const isOfUnits = (kind: CountChart): boolean => kind === 'p' || kind === 'np' || kind === 'p_prime';

/** @throws ChartDataError */
function placed(kind: CountChart, counts: readonly SizedCount[], options: CountOptions) {
  if ((kind === 'c' || kind === 'np') && counts.some(({ size }) => size !== counts[0]?.size)) {
    throw new ChartDataError('counts', `differ in size: use ${kind === 'c' ? 'u' : 'p'}`);
  }
  if (isOfUnits(kind) && counts.some(({ count, size }) => count > size)) {
    throw new ChartDataError('counts', 'has more failing than inspected units');
  }
  const rate = options.rate ?? rateOf(counts, options);
  const points = counts.map((count, index) => place(kind, count, index, rate));
  return { points, sigma_z: sigmaZ(points, options) };
}

/** `sigma_z` of a chart of these counts: how far their spread exceeds what their sizes explain. @throws ChartDataError */
export const sigmaZOf = (kind: CountChart, counts: readonly SizedCount[], options: CountOptions): number | null =>
  placed(kind, counts, options).sigma_z;

/**
 * p (fraction failing), np (number failing), c (events) and u (events per unit). Three-sigma limits are clamped at 0 and,
 * for p and np, at the whole sample. Limits of p and u follow the size of each sample; np and c need equal sizes. p_prime
 * and u_prime widen the limits by sigma_z, the spread between samples that their size does not explain. With a given rate
 * (and sigma_z for p_prime and u_prime) no limit comes from the samples; the `sigma_z` of the answer is still theirs.
 * Source: Montgomery 7.2, 7.3; NIST/SEMATECH e-Handbook 6.3.3; Laney, Quality Engineering 14 (2002), 531-537.
 *
 * @throws ChartDataError
 */
export function countChart(kind: CountChart, counts: readonly SizedCount[], options: CountOptions): ControlChart {
  if (options.target !== undefined || options.sigma !== undefined) {
    throw new ChartDataError('target', 'and sigma do not apply to counts, whose spread follows from their mean');
  }
  const { points, sigma_z } = placed(kind, counts, options);
  const isWidened = kind === 'p_prime' || kind === 'u_prime';
  const widening = options.sigmaZ ?? sigma_z;
  if (isWidened && widening === null && points.some(({ deviation }) => deviation > 0)) {
    throw new TooLittleDataError('counts', 'has no two neighbouring samples in the baseline');
  }
  const factor = isWidened ? (widening ?? 1) : 1;
  const greatest = kind === 'np' ? (counts[0]?.size ?? Infinity) : isOfUnits(kind) ? 1 : Infinity;
  const drawing = new PanelDrawing(options.rules, { least: 0, greatest });
  const sigma = new Constant();
  for (const { index, value, centre, deviation, size } of points) {
    drawing.add(index, value, centre, deviation * factor, size);
    sigma.add(deviation * factor);
  }
  return { sigma: sigma.value, location: drawing.end(), sigma_z };
}
