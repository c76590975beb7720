import { type ControlRule, RuleSearch } from './control-rules.ts';
import { ChartDataError, type ChartPoint, Constant, type ControlChart, limitRules, PanelDrawing } from './chart.ts';
import { type IndividualsOptions, sigmaOfMean } from './individuals.ts';
import { limitMean, movingRangeSigma } from './moving-range.ts';

/** Smoothed and summed points depend on their neighbours, so patterns among them prove nothing. */
function refusePatterns(chart: string, rules: readonly ControlRule[]): void {
  if (limitRules(rules).length < rules.length) {
    throw new ChartDataError('rules', `${chart} points depend on one another: only beyond_limits applies`);
  }
}

/** Centre and sigma of EWMA and CUSUM: as given, or the mean and the mean moving range / d2(2). */
const startOf = (
  values: readonly (number | null)[],
  options: IndividualsOptions,
): { centre: number; sigma: number } => ({
  centre: options.target ?? limitMean(values, options),
  sigma: options.sigma ?? movingRangeSigma(values, options, options.breaks),
});

/** A given sigma describes single values; an estimated one already describes the points. */
const sizesOf = ({ sigma, sizes }: IndividualsOptions): readonly number[] | undefined =>
  sigma === undefined ? undefined : sizes;

/**
 * Exponentially weighted moving average: z = lambda x + (1 - lambda) z, starting at the centre. Limits vary by point:
 * centre +- l sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 i))). A missing value leaves z unchanged.
 * Source: NIST/SEMATECH e-Handbook 6.3.2.4; Montgomery 9.2.
 *
 * @param parameters.lambda 0 < lambda <= 1
 * @param parameters.l width of the limits in sigma
 * @throws ChartDataError
 */
export function ewmaChart(
  values: readonly (number | null)[],
  parameters: { readonly lambda: number; readonly l: number },
  options: IndividualsOptions,
): ControlChart {
  refusePatterns('EWMA', options.rules);
  const { lambda, l } = parameters;
  const { centre, sigma } = startOf(values, options);
  const sizes = sizesOf(options);
  let z = centre;
  let variance = 0;
  const drawing = new PanelDrawing(options.rules, { width: l });
  for (const [index, value] of values.entries()) {
    if (value === null) {
      continue;
    }
    z = lambda * value + (1 - lambda) * z;
    // Evaluates the published formula point by point because means of different sizes have different variances.
    variance = (lambda * sigmaOfMean(1, sizes, index)) ** 2 + (1 - lambda) ** 2 * variance;
    drawing.add(index, z, centre, sigma * Math.sqrt(variance));
  }
  return { sigma, location: drawing.end() };
}

/**
 * Tabular CUSUM: high = max(0, high + x - target - k sigma), low = max(0, low + target - x - k sigma), both in data
 * units; a point is beyond the limits when either sum exceeds h sigma. `lower` is -h sigma because low is drawn downwards.
 * sigma describes the points: for means of n values it is the given one / sqrt(n).
 * Source: NIST/SEMATECH e-Handbook 6.3.2.3; Montgomery 9.1.
 *
 * @param parameters.k slack in sigma
 * @param parameters.h decision interval in sigma
 * @throws ChartDataError
 */
export function cusumChart(
  values: readonly (number | null)[],
  parameters: { readonly k: number; readonly h: number },
  options: IndividualsOptions,
): ControlChart {
  refusePatterns('CUSUM', options.rules);
  const { centre, sigma } = startOf(values, options);
  const deviation = sigma * deviationOfPoints(values, options);
  const slack = parameters.k * deviation;
  const limit = parameters.h * deviation;
  let high = 0;
  let low = 0;
  const points: ChartPoint[] = [];
  const search = new RuleSearch(options.rules);
  for (const [index, value] of values.entries()) {
    if (value === null) {
      continue;
    }
    high = Math.max(0, high + value - centre - slack);
    low = Math.max(0, low + centre - value - slack);
    points.push({ index, value, lower: -limit, upper: limit, high, low });
    search.add(index, value, 0, high > limit || low > limit);
  }
  return {
    sigma,
    location: { centre: 0, lower: -limit, upper: limit, points, violations: search.found },
  };
}

/** Deviation of the points in units of the given sigma. Refuses means of different sizes: their sums have no single limit. */
function deviationOfPoints(values: readonly (number | null)[], options: IndividualsOptions): number {
  const sizes = sizesOf(options);
  if (sizes === undefined) {
    return 1;
  }
  const used = sizes.filter((_size, index) => (values[index] ?? null) !== null);
  const shared = new Constant();
  used.forEach((each) => shared.add(each));
  const size = used.length === 0 ? 1 : shared.value;
  if (size === null) {
    throw new ChartDataError(
      'sigma',
      'is that of single values, and the samples differ in size: use ewma, or leave sigma out',
    );
  }
  return 1 / Math.sqrt(size);
}
