/** Control charts: limits from the data or from a given standard, and the rules that the points break. */
import { type ControlRule, type RulePoint, type RuleViolation, violations } from './control-rules.ts';

/** A chart cannot be drawn from the data; `field` names the part of the request at fault. */
export class ChartDataError extends Error {
  override readonly name: string = 'ChartDataError';
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** The data are valid but too few to compute limits from. */
export class TooLittleDataError extends ChartDataError {
  override readonly name = 'TooLittleDataError';
}

export interface ChartPoint {
  /** 0-based position in the data. */
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
  /** Three-way chart: range or standard deviation within each subgroup. */
  readonly within?: ChartPanel;
  /** Three-way chart: standard deviation within the subgroups. */
  readonly sigma_within?: number;
  /** Counts: spread between the samples in units of what their size alone would give; null without any. */
  readonly sigma_z?: number | null;
}

export interface ChartOptions {
  /** Samples that limits are computed from: 0-based, `to` exclusive. The rules apply to all samples. */
  readonly baseline?: { readonly from: number; readonly to: number } | undefined;
  /** Samples left out of the limits, 0-based. The chart still draws them and applies the rules to them. */
  readonly exclude?: ReadonlySet<number> | undefined;
  readonly rules: readonly ControlRule[];
  /** Given together with `sigma` (of single values): every panel then takes its limits from these, not from the samples. */
  readonly target?: number | undefined;
  readonly sigma?: number | undefined;
}

/** The only rules that hold where points depend on their neighbours or are skewed about the centre. */
const LIMIT_RULES: readonly ControlRule[] = ['beyond_limits', 'western_electric_1', 'nelson_1'];
export const limitRules = (rules: readonly ControlRule[]): ControlRule[] =>
  rules.filter((rule) => LIMIT_RULES.includes(rule));

/** Whether limits are computed from the sample at `index`. */
export const makesLimits = ({ baseline, exclude }: ChartOptions, index: number): boolean =>
  (baseline === undefined || (index >= baseline.from && index < baseline.to)) && exclude?.has(index) !== true;

/** Takes both or neither: one alone would be mixed with an estimate from the samples. */
export function standardOf({ target, sigma }: ChartOptions): { target: number; sigma: number } | undefined {
  if (target === undefined && sigma === undefined) {
    return undefined;
  }
  if (target === undefined || sigma === undefined) {
    throw new ChartDataError(target === undefined ? 'target' : 'sigma', 'is needed too: target and sigma go together');
  }
  return { target, sigma };
}

/** The value that all share; null when they differ. */
export const constant = (values: readonly number[]): number | null => {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
};

export interface PanelPoint extends ChartPoint {
  readonly centre: number;
  /** Sigma of this point, before the limits are clamped to possible values. */
  readonly deviation: number;
}

/** @param standard limits to state while there are no data; absent where limits vary or come from the data */
export function panel(
  points: readonly PanelPoint[],
  rules: readonly ControlRule[],
  standard?: Pick<PanelPoint, 'centre' | 'lower' | 'upper'>,
): ChartPanel {
  const seen = points.map(({ index, value, centre, deviation, lower, upper }): RulePoint => ({
    index,
    value,
    // Without any spread, every point off the centre is infinitely far away.
    z: value === centre ? 0 : (value - centre) / deviation,
    isBeyondLimits: value > upper || value < lower,
  }));
  const limits = points.length === 0 && standard !== undefined ? [standard] : points;
  return {
    centre: constant(limits.map(({ centre }) => centre)),
    lower: constant(limits.map(({ lower }) => lower)),
    upper: constant(limits.map(({ upper }) => upper)),
    points: points.map(({ centre: _centre, deviation: _deviation, ...point }) => point),
    violations: violations(seen, rules),
  };
}

interface PlacedPoint {
  readonly index: number;
  readonly value: number;
  readonly size?: number;
  readonly centre: number;
  readonly deviation: number;
}

/** Points with three-sigma limits, clamped to `least` and `greatest`, the bounds of possible values. */
export function threeSigma(
  points: readonly PlacedPoint[],
  bounds: { least?: number; greatest?: number } = {},
): PanelPoint[] {
  const { least = -Infinity, greatest = Infinity } = bounds;
  return points.map((point) => ({
    ...point,
    lower: Math.max(least, point.centre - 3 * point.deviation),
    upper: Math.min(greatest, point.centre + 3 * point.deviation),
  }));
}

/** Three-sigma limits without data. */
export const limitsOf = (centre: number, deviation: number, bounds?: { least?: number }): PanelPoint =>
  threeSigma([{ index: 0, value: centre, centre, deviation }], bounds)[0] as PanelPoint;
