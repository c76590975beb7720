import { c4, d2, d3, MAX_RANGE_SIZE } from './control-constants.ts';
import { type ControlRule, type RulePoint, type RuleViolation, violations } from './control-rules.ts';
import { mean, range, standardDeviation } from './moments.ts';

/** Data that a chart cannot be drawn from; `field` names the part of the request that is at fault. */
export class ChartDataError extends Error {
  override readonly name: string = 'ChartDataError';
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** The data would do, there is only too little of it for any limits. */
export class TooLittleDataError extends ChartDataError {
  override readonly name = 'TooLittleDataError';
}

export interface ChartPoint {
  /** 0-based, in the data given. */
  readonly index: number;
  readonly value: number;
  /** Subgroup size, where it matters. */
  readonly size?: number;
  readonly lower: number;
  readonly upper: number;
  /** CUSUM: the sum that grows while values lie above the target. */
  readonly high?: number;
  /** CUSUM: the sum that grows while values lie below the target; not negative. */
  readonly low?: number;
}

export interface ChartPanel {
  /** null where it varies by point. */
  readonly centre: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly points: ChartPoint[];
  readonly violations: RuleViolation[];
}

export interface ControlChart {
  /** Standard deviation behind the limits of the location panel, of single values; null where it varies by point. */
  readonly sigma: number | null;
  readonly location: ChartPanel;
  readonly dispersion?: ChartPanel;
}

export interface ChartOptions {
  /** 0-based, `to` exclusive: limits come from these samples alone; violations are looked for in all. */
  readonly baseline?: { readonly from: number; readonly to: number } | undefined;
  readonly rules: readonly ControlRule[];
  /** Given with `sigma`, replaces what the location panel would take from the samples. */
  readonly target?: number | undefined;
  readonly sigma?: number | undefined;
}

/** Rules that make sense where points depend on their neighbours or lie skewly about the centre. */
const LIMIT_RULES: readonly ControlRule[] = ['beyond_limits', 'western_electric_1', 'nelson_1'];
const limitRules = (rules: readonly ControlRule[]): ControlRule[] => rules.filter((rule) => LIMIT_RULES.includes(rule));

const inBaseline = ({ baseline }: ChartOptions, index: number): boolean =>
  baseline === undefined || (index >= baseline.from && index < baseline.to);

/** The value that all share, else null. */
const constant = (values: readonly number[]): number | null => {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
};

interface PanelPoint extends ChartPoint {
  readonly centre: number;
  /** Sigma of this point, before limits were cut at what is possible. */
  readonly deviation: number;
}

function panel(points: readonly PanelPoint[], rules: readonly ControlRule[]): ChartPanel {
  const seen = points.map(({ index, value, centre, deviation, lower, upper }): RulePoint => ({
    index,
    value,
    // With no spread at all every point off the centre is infinitely far away.
    z: value === centre ? 0 : (value - centre) / deviation,
    isBeyondLimits: value > upper || value < lower,
  }));
  return {
    centre: constant(points.map(({ centre }) => centre)),
    lower: constant(points.map(({ lower }) => lower)),
    upper: constant(points.map(({ upper }) => upper)),
    points: points.map(({ centre: _centre, deviation: _deviation, ...point }) => point),
    violations: violations(seen, rules),
  };
}

/** Points with three-sigma limits, cut at `least` and `greatest` where values cannot lie beyond. */
function threeSigma(
  points: readonly { index: number; value: number; size?: number; centre: number; deviation: number }[],
  bounds: { least?: number; greatest?: number } = {},
): PanelPoint[] {
  const { least = -Infinity, greatest = Infinity } = bounds;
  return points.map((point) => ({
    ...point,
    lower: Math.max(least, point.centre - 3 * point.deviation),
    upper: Math.min(greatest, point.centre + 3 * point.deviation),
  }));
}

const observed = (values: readonly (number | null)[]): { index: number; value: number }[] =>
  values.flatMap((value, index) => (value === null ? [] : [{ index, value }]));

/** Absolute differences of neighbours; none spans a missing value. */
function movingRanges(values: readonly (number | null)[]): { index: number; value: number }[] {
  return values.flatMap((value, index) => {
    const before = index === 0 ? null : (values[index - 1] ?? null);
    return value === null || before === null ? [] : [{ index, value: Math.abs(value - before) }];
  });
}

function baselineMean(values: readonly (number | null)[], options: ChartOptions): number {
  const used = observed(values).filter(({ index }) => inBaseline(options, index));
  if (used.length === 0) throw new TooLittleDataError('values', 'has no value in the baseline');
  return mean(used.map(({ value }) => value));
}

/** Mean moving range of the baseline; both neighbours must lie in it. */
function baselineMovingRange(values: readonly (number | null)[], options: ChartOptions): number {
  const used = movingRanges(values).filter(({ index }) => inBaseline(options, index) && inBaseline(options, index - 1));
  if (used.length === 0) throw new TooLittleDataError('values', 'has no two neighbouring values in the baseline');
  return mean(used.map(({ value }) => value));
}

/** Either both or none: half a standard would be mixed with half of the samples. */
function standardOf({ target, sigma }: ChartOptions): { target: number; sigma: number } | undefined {
  if (target === undefined && sigma === undefined) return undefined;
  if (target === undefined || sigma === undefined)
    throw new ChartDataError(target === undefined ? 'target' : 'sigma', 'is needed too: target and sigma go together');
  return { target, sigma };
}

/**
 * Individuals and moving range. sigma = mean moving range / d2(2); limits centre +- 3 sigma; the range panel has
 * d2(2) sigma +- 3 d3(2) sigma, floored at 0.
 * Source: NIST/SEMATECH e-Handbook 6.3.2.2; Montgomery, Introduction to Statistical Quality Control, 6.4.
 *
 * @param values null = missing
 * @throws ChartDataError
 */
export function individualsChart(values: readonly (number | null)[], options: ChartOptions): ControlChart {
  const standard = standardOf(options);
  const mrBar = baselineMovingRange(values, options);
  const own = mrBar / d2(2);
  const sigma = standard?.sigma ?? own;
  const centre = standard?.target ?? baselineMean(values, options);
  return {
    sigma,
    location: panel(
      threeSigma(observed(values).map((point) => ({ ...point, centre, deviation: sigma }))),
      options.rules,
    ),
    dispersion: panel(
      threeSigma(
        movingRanges(values).map((point) => ({ ...point, centre: mrBar, deviation: d3(2) * own })),
        { least: 0 },
      ),
      limitRules(options.rules),
    ),
  };
}

/**
 * X-bar with R or S. sigma = mean of R/d2(n) or of S/c4(n) over the subgroups of the baseline with two values or more;
 * location limits centre +- 3 sigma / sqrt(n), by point where sizes differ; centre = mean of all baseline values.
 * Source: Montgomery 6.2, 6.3 (variable sizes 6.3.2).
 *
 * @param subgroups an empty one is a gap
 * @throws ChartDataError
 */
export function subgroupChart(
  kind: 'xbar_r' | 'xbar_s',
  subgroups: readonly (readonly number[])[],
  options: ChartOptions,
): ControlChart {
  const standard = standardOf(options);
  const groups = subgroups.flatMap((values, index) =>
    values.length === 0 ? [] : [{ index, values, size: values.length }],
  );
  if (kind === 'xbar_r' && groups.some(({ size }) => size > MAX_RANGE_SIZE))
    throw new ChartDataError('subgroups', `has more than ${MAX_RANGE_SIZE} values in one: use xbar_s`);
  const spreads = groups
    .filter(({ size }) => size > 1)
    .map(({ index, values, size }) => ({
      index,
      size,
      value: kind === 'xbar_r' ? range(values) : (standardDeviation(values) as number),
    }));
  const factor = kind === 'xbar_r' ? d2 : c4;
  const spreadOfSpread = kind === 'xbar_r' ? d3 : (n: number): number => Math.sqrt(1 - c4(n) ** 2);
  const used = spreads.filter(({ index }) => inBaseline(options, index));
  if (used.length === 0) throw new TooLittleDataError('subgroups', 'has none of two values or more in the baseline');
  const own = mean(used.map(({ value, size }) => value / factor(size)));
  const sigma = standard?.sigma ?? own;
  const centre =
    standard?.target ?? mean(groups.filter(({ index }) => inBaseline(options, index)).flatMap(({ values }) => values));
  return {
    sigma,
    location: panel(
      threeSigma(
        groups.map(({ index, values, size }) => ({
          index,
          value: mean(values),
          size,
          centre,
          deviation: sigma / Math.sqrt(size),
        })),
      ),
      options.rules,
    ),
    dispersion: panel(
      threeSigma(
        spreads.map((point) => ({
          ...point,
          centre: factor(point.size) * own,
          deviation: spreadOfSpread(point.size) * own,
        })),
        { least: 0 },
      ),
      limitRules(options.rules),
    ),
  };
}

/** `count` events in `size` units (or an area of opportunity `size`). */
export interface SizedCount {
  readonly count: number;
  readonly size: number;
}

/**
 * p (fraction failing), np (number failing), c (events) and u (events per unit), three-sigma limits floored at 0 and,
 * for p and np, cut at all. p and u step with the size of each sample; np and c need equal sizes.
 * Source: Montgomery 7.2, 7.3; NIST/SEMATECH e-Handbook 6.3.3.
 *
 * @throws ChartDataError
 */
export function attributeChart(
  kind: 'p' | 'np' | 'c' | 'u',
  counts: readonly SizedCount[],
  options: ChartOptions,
): ControlChart {
  if (options.target !== undefined || options.sigma !== undefined)
    throw new ChartDataError('target', 'and sigma do not belong to counts: their spread follows from their mean');
  const isEqualSized = counts.every(({ size }) => size === counts[0]?.size);
  if ((kind === 'c' || kind === 'np') && !isEqualSized)
    throw new ChartDataError('counts', `differ in size: use ${kind === 'c' ? 'u' : 'p'}`);
  if ((kind === 'p' || kind === 'np') && counts.some(({ count, size }) => count > size))
    throw new ChartDataError('counts', 'has more failing than there are');
  const used = counts.filter((_count, index) => inBaseline(options, index));
  const total = used.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) throw new TooLittleDataError('counts', 'has none in the baseline');
  const rate = used.reduce((sum, { count }) => sum + count, 0) / total;

  const points = counts.map(({ count, size }, index) => {
    switch (kind) {
      case 'p':
        return { index, size, value: count / size, centre: rate, deviation: Math.sqrt((rate * (1 - rate)) / size) };
      case 'np':
        return { index, size, value: count, centre: rate * size, deviation: Math.sqrt(rate * (1 - rate) * size) };
      case 'c':
        return { index, size, value: count, centre: rate * size, deviation: Math.sqrt(rate * size) };
      case 'u':
        return { index, size, value: count / size, centre: rate, deviation: Math.sqrt(rate / size) };
    }
  });
  const greatest = { p: 1, np: counts[0]?.size ?? Infinity, c: Infinity, u: Infinity }[kind];
  return {
    sigma: constant(points.map(({ deviation }) => deviation)),
    location: panel(threeSigma(points, { least: 0, greatest }), options.rules),
  };
}

/** Smoothed and summed points depend on their neighbours, so patterns among them prove nothing. */
function refusePatterns(chart: string, rules: readonly ControlRule[]): void {
  if (rules.some((rule) => !LIMIT_RULES.includes(rule)))
    throw new ChartDataError('rules', `${chart} points depend on one another: only beyond_limits means something`);
}

/** Centre and sigma of EWMA and CUSUM: as given, else mean and mean moving range / d2(2) of the baseline. */
const startOf = (values: readonly (number | null)[], options: ChartOptions): { centre: number; sigma: number } => ({
  centre: options.target ?? baselineMean(values, options),
  sigma: options.sigma ?? baselineMovingRange(values, options) / d2(2),
});

/**
 * Exponentially weighted moving average: z = lambda x + (1 - lambda) z, from the centre on; limits by point,
 * centre +- l sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 i))). A missing value leaves z as it is.
 * Source: NIST/SEMATECH e-Handbook 6.3.2.4; Montgomery 9.2.
 *
 * @param parameters.lambda 0 < lambda <= 1
 * @param parameters.l width of the limits in sigma
 * @throws ChartDataError
 */
export function ewmaChart(
  values: readonly (number | null)[],
  parameters: { readonly lambda: number; readonly l: number },
  options: ChartOptions,
): ControlChart {
  refusePatterns('EWMA', options.rules);
  const { lambda, l } = parameters;
  const { centre, sigma } = startOf(values, options);
  let z = centre;
  const points = observed(values).map(({ index, value }, i): PanelPoint => {
    z = lambda * value + (1 - lambda) * z;
    const deviation = sigma * Math.sqrt((lambda / (2 - lambda)) * (1 - (1 - lambda) ** (2 * (i + 1))));
    return { index, value: z, centre, deviation, lower: centre - l * deviation, upper: centre + l * deviation };
  });
  return { sigma, location: panel(points, options.rules) };
}

/**
 * Tabular CUSUM: high = max(0, high + x - target - k sigma), low = max(0, low + target - x - k sigma), both in data
 * units; a point is beyond the limits when either sum exceeds h sigma. `lower` is -h sigma: low is drawn downwards.
 * Source: NIST/SEMATECH e-Handbook 6.3.2.3; Montgomery 9.1.
 *
 * @param parameters.k slack in sigma
 * @param parameters.h decision interval in sigma
 * @throws ChartDataError
 */
export function cusumChart(
  values: readonly (number | null)[],
  parameters: { readonly k: number; readonly h: number },
  options: ChartOptions,
): ControlChart {
  refusePatterns('CUSUM', options.rules);
  const { centre, sigma } = startOf(values, options);
  const slack = parameters.k * sigma;
  const limit = parameters.h * sigma;
  let high = 0;
  let low = 0;
  const points = observed(values).map(({ index, value }) => {
    high = Math.max(0, high + value - centre - slack);
    low = Math.max(0, low + centre - value - slack);
    return { index, value, lower: -limit, upper: limit, high, low };
  });
  const seen = points.map(({ index, value, ...sums }): RulePoint => ({
    index,
    value,
    z: 0,
    isBeyondLimits: sums.high > limit || sums.low > limit,
  }));
  return {
    sigma,
    location: { centre: 0, lower: -limit, upper: limit, points, violations: violations(seen, options.rules) },
  };
}
