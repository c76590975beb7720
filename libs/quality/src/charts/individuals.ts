import { d2, d3 } from '../numbers/control-constants.ts';
import {
  allSteps,
  type ChartOptions,
  type ChartPanel,
  type ControlChart,
  limitRules,
  PanelDrawing,
  standardOf,
  type Steps,
} from './chart.ts';
import { limitMean, movingRangeAt, movingRangeSigma } from './moving-range.ts';

export interface IndividualsOptions extends ChartOptions {
  /** Indices where a new run (lot, wafer …) begins: no moving range spans them. */
  readonly breaks?: ReadonlySet<number> | undefined;
  /** Number of single values behind each value, where the values are means. A given sigma describes single values. */
  readonly sizes?: readonly number[] | undefined;
}

/** Standard deviation of the point at `index`, from that of single values. */
export const sigmaOfMean = (sigma: number, sizes: readonly number[] | undefined, index: number): number =>
  sigma / Math.sqrt(sizes?.[index] ?? 1);

/**
 * Individuals and moving range. sigma = mean moving range / d2(2); limits: centre +- 3 sigma; limits of the range panel:
 * d2(2) sigma +- 3 d3(2) sigma, floored at 0. Given target and sigma, both panels use them, and one value is enough.
 * Source: NIST/SEMATECH e-Handbook 6.3.2.2; Montgomery, Introduction to Statistical Quality Control, 6.4.
 *
 * @param values null = missing
 * @throws ChartDataError
 */
export function* individualsSteps(
  values: readonly (number | null)[],
  options: IndividualsOptions,
): Steps<ControlChart> {
  const { sizes } = options;
  const standard = standardOf(options);
  const sigma = standard?.sigma ?? movingRangeSigma(values, options, options.breaks);
  const centre = standard?.target ?? limitMean(values, options);
  const deviationAt = (index: number): number => (standard ? sigmaOfMean(sigma, sizes, index) : sigma);
  yield;
  const location = new PanelDrawing(options.rules);
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      location.add(index, value, centre, deviationAt(index));
    }
  }
  yield;
  return {
    sigma,
    location: location.end(standard && sizes === undefined ? { centre, deviation: sigma } : undefined),
    dispersion: movingRangePanel(values, options, (index) =>
      // Of two means with different deviations, the expected range is d2(2) times the root of their mean variance.
      Math.sqrt((deviationAt(index - 1) ** 2 + deviationAt(index) ** 2) / 2),
    ),
  };
}

/** As {@link individualsSteps}, at once. */
export const individualsChart = (...given: Parameters<typeof individualsSteps>): ControlChart =>
  allSteps(individualsSteps(...given));

/** Moving ranges with limits d2(2) sigma +- 3 d3(2) sigma, where each range has its own sigma. */
function movingRangePanel(
  values: readonly (number | null)[],
  { breaks, rules, sizes }: IndividualsOptions,
  sigmaAt: (index: number) => number,
): ChartPanel {
  const drawing = new PanelDrawing(limitRules(rules), { least: 0 });
  for (const index of values.keys()) {
    const range = movingRangeAt(values, index, breaks);
    if (range !== null) {
      const sigma = sigmaAt(index);
      drawing.add(index, range, d2(2) * sigma, d3(2) * sigma);
    }
  }
  return drawing.end(sizes === undefined ? { centre: d2(2) * sigmaAt(0), deviation: d3(2) * sigmaAt(0) } : undefined);
}
