/** Control charts: limits from the data or from a given standard, and the rules that the points break. */
import { type ControlRule, RuleSearch, type RuleViolation } from './control-rules.ts';

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

/**
 * A computation in steps of a few dozen milliseconds: the caller may let other work run between two of them.
 */
export type Steps<T> = Generator<undefined, T>;

/** Takes all steps at once. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

/** The value that all share; null when they differ, or there are none. */
export class Constant {
  #value: number | null | undefined;

  add(value: number): void {
    if (this.#value === undefined) {
      this.#value = value;
    } else if (this.#value !== value) {
      this.#value = null;
    }
  }

  get value(): number | null {
    return this.#value ?? null;
  }
}

/** How far from the centre the limits lie, and the bounds of possible values, at which they are clamped. */
export interface LimitOptions {
  /** In sigma; default 3. */
  readonly width?: number;
  readonly least?: number;
  readonly greatest?: number;
}

/** Of the centre: a quotient of sums, so that a point that lies on it may differ from it by so much. */
const ROUNDING = 8 * Number.EPSILON;

/** Draws a panel point by point in one pass, because a chart has up to 50,000 points and others wait meanwhile. */
export class PanelDrawing {
  readonly #points: ChartPoint[] = [];
  readonly #search: RuleSearch;
  #centre = new Constant();
  #lower = new Constant();
  #upper = new Constant();
  readonly #width: number;
  readonly #least: number;
  readonly #greatest: number;

  constructor(rules: readonly ControlRule[], { width = 3, least = -Infinity, greatest = Infinity }: LimitOptions = {}) {
    this.#search = new RuleSearch(rules);
    this.#width = width;
    this.#least = least;
    this.#greatest = greatest;
  }

  /**
   * Adds the next point.
   *
   * @param deviation sigma of this point, before its limits are clamped
   * @param size of the subgroup, where it matters
   */
  add(index: number, value: number, centre: number, deviation: number, size?: number): void {
    const { lower, upper } = this.#limits(centre, deviation);
    this.#points.push(size === undefined ? { index, value, lower, upper } : { index, value, size, lower, upper });
    const isOff = Math.abs(value - centre) > ROUNDING * Math.abs(centre);
    // Without any spread, every point off the centre is infinitely far away, and one on it is not within a sigma of nothing.
    const z = isOff ? (value - centre) / deviation : deviation === 0 ? NaN : 0;
    this.#search.add(index, value, z, isOff && (value > upper || value < lower));
  }

  /** @param standard limits to state when there are no points; absent where they vary or come from the data */
  end(standard?: { readonly centre: number; readonly deviation: number }): ChartPanel {
    if (this.#points.length === 0 && standard !== undefined) {
      this.#limits(standard.centre, standard.deviation);
    }
    return {
      centre: this.#centre.value,
      lower: this.#lower.value,
      upper: this.#upper.value,
      points: this.#points,
      violations: this.#search.found,
    };
  }

  #limits(centre: number, deviation: number): { lower: number; upper: number } {
    const lower = Math.max(this.#least, centre - this.#width * deviation);
    const upper = Math.min(this.#greatest, centre + this.#width * deviation);
    this.#centre.add(centre);
    this.#lower.add(lower);
    this.#upper.add(upper);
    return { lower, upper };
  }
}
