import { MAX_RANGE_SIZE } from '../numbers/control-constants.ts';
import {
  type SampleSummary,
  type SigmaMethod,
  type Spread,
  SPREAD_CONSTANTS,
  spreadOf,
  spreadWithin,
  weightedMean,
  withinSigma,
} from '../numbers/within-sigma.ts';
import {
  allSteps,
  ChartDataError,
  type ChartOptions,
  type ChartPanel,
  type ControlChart,
  limitRules,
  makesLimits,
  PanelDrawing,
  standardOf,
  type Steps,
  TooLittleDataError,
} from './chart.ts';
import { individualsSteps, type IndividualsOptions } from './individuals.ts';

export interface SubgroupOptions extends ChartOptions {
  /** Estimator of sigma within; default `weighted`. */
  readonly sigmaMethod?: SigmaMethod | undefined;
}

export interface BetweenWithinOptions extends SubgroupOptions, Pick<IndividualsOptions, 'breaks'> {
  /** Given with target and sigma, which here is that of the means. */
  readonly sigmaWithin?: number | undefined;
  /** The measure of spread in the within panel, if the samples are part of a chart; by default chosen by their sizes. */
  readonly spread?: Spread | undefined;
}

interface PlacedSample extends SampleSummary {
  readonly index: number;
}

const placed = (samples: readonly SampleSummary[]): PlacedSample[] =>
  samples.flatMap((sample, index) => (sample.n === 0 ? [] : [{ ...sample, index }]));

/** @throws TooLittleDataError */
function sigmaWithin(samples: readonly PlacedSample[], spread: Spread, options: SubgroupOptions): number {
  const used = samples.filter(({ index }) => makesLimits(options, index));
  const sigma = withinSigma(used, spread, options.sigmaMethod ?? 'weighted');
  if (sigma === null) {
    throw new TooLittleDataError('subgroups', 'has none with two or more values in the baseline');
  }
  return sigma;
}

/** Ranges or standard deviations of the samples, with limits. */
function spreadPanel(
  samples: readonly PlacedSample[],
  spread: Spread,
  sigma: number,
  { rules }: SubgroupOptions,
): ChartPanel {
  const { mean, deviation } = SPREAD_CONSTANTS[spread];
  const drawing = new PanelDrawing(limitRules(rules), { least: 0 });
  for (const sample of samples) {
    const { n, index } = sample;
    if (n > 1) {
      drawing.add(index, spreadOf(spread, sample), mean(n) * sigma, deviation(n) * sigma, n);
    }
  }
  return drawing.end();
}

/**
 * X-bar with R or S. `withinSigma` estimates sigma within the samples. Location limits: centre +- 3 sigma / sqrt(n), by
 * point where sizes differ; centre = mean of all values that limits are computed from. Limits of R: d2(n) sigma +- 3 d3(n)
 * sigma; of S: c4(n) sigma +- 3 sqrt(1 - c4(n)^2) sigma; both floored at 0. Given target and sigma, both panels use them.
 * Source: Montgomery 6.2, 6.3 (standard given: 6.2.3).
 *
 * @param samples an empty sample is a gap
 * @throws ChartDataError
 */
export function* subgroupSteps(
  kind: 'xbar_r' | 'xbar_s',
  samples: readonly SampleSummary[],
  options: SubgroupOptions,
): Steps<ControlChart> {
  const spread = kind === 'xbar_r' ? 'range' : 'deviation';
  const standard = standardOf(options);
  const groups = placed(samples);
  if (kind === 'xbar_r' && groups.some(({ n }) => n > MAX_RANGE_SIZE)) {
    throw new ChartDataError('subgroups', `has more than ${MAX_RANGE_SIZE} values in one: use xbar_s`);
  }
  const sigma = standard?.sigma ?? sigmaWithin(groups, spread, options);
  const centre = standard?.target ?? grandMean(groups.filter(({ index }) => makesLimits(options, index)));
  yield;
  const location = new PanelDrawing(options.rules);
  for (const { index, mean, n } of groups) {
    location.add(index, mean, centre, sigma / Math.sqrt(n), n);
  }
  yield;
  return {
    sigma,
    location: location.end(),
    dispersion: spreadPanel(groups, spread, sigma, options),
  };
}

/** As {@link subgroupSteps}, at once. */
export const subgroupChart = (...given: Parameters<typeof subgroupSteps>): ControlChart =>
  allSteps(subgroupSteps(...given));

const grandMean = (samples: readonly SampleSummary[]): number =>
  weightedMean(
    samples.map(({ mean }) => mean),
    samples.map(({ n }) => n),
  );

/**
 * Three-way chart, for samples whose means differ more than the spread within them explains (sites of a wafer, wafers of a
 * lot): an individuals chart of the means, their moving ranges, and the range (samples of up to 10) or standard deviation
 * within. `sigma` is that of the means. With target, sigma and sigmaWithin given, no limit comes from the samples.
 * Source: Montgomery 6.3 and exercise 6.80; Wheeler, Advanced Topics in Statistical Process Control, 9.
 *
 * @throws ChartDataError
 */
export function* betweenWithinSteps(
  samples: readonly SampleSummary[],
  options: BetweenWithinOptions,
): Steps<ControlChart> {
  if ((options.target !== undefined || options.sigma !== undefined) && options.sigmaWithin === undefined) {
    throw new ChartDataError(
      'target',
      'and sigma do not apply to between_within, which has one sigma between samples and one within',
    );
  }
  const groups = placed(samples);
  const spread = options.spread ?? spreadWithin(groups);
  const means = yield* individualsSteps(
    samples.map(({ n, mean }) => (n === 0 ? null : mean)),
    options,
  );
  yield;
  const sigma_within = options.sigmaWithin ?? sigmaWithin(groups, spread, options);
  return { ...means, sigma_within, within: spreadPanel(groups, spread, sigma_within, options) };
}

/** As {@link betweenWithinSteps}, at once. */
export const betweenWithinChart = (...given: Parameters<typeof betweenWithinSteps>): ControlChart =>
  allSteps(betweenWithinSteps(...given));
