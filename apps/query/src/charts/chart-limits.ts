import { inTurns } from '../http/next-turn.ts';
import { type ChartData, type ChartLimits, type ChartSettings, chartSteps } from './chart-evaluation.ts';
import { type Chart, DATA_OF } from './chart-request.ts';

/** Charts whose limits are made of the same estimates as those of a simpler one. */
const SIMPLER: Partial<Record<Chart, Chart>> = { ewma: 'imr', cusum: 'imr', np: 'p', c: 'u' };

/**
 * What the limits of a chart of this data are made of, to be frozen.
 *
 * @param settings `baseline` and `exclude` say which samples the limits come from
 * @throws ChartDataError when settings do not fit the chart, or the chart does not fit the data
 */
export async function estimateLimits(settings: ChartSettings, data: ChartData): Promise<ChartLimits> {
  const { chart } = settings;
  // Of the chart itself: what does not fit it must not pass because the simpler one would take it.
  const own = await inTurns(chartSteps(settings, data));
  const simpler = SIMPLER[chart];
  const { location, sigma, sigma_within, sigma_z } =
    simpler === undefined
      ? own
      : await inTurns(
          chartSteps(
            { ...settings, chart: simpler, lambda: undefined, l: undefined, k: undefined, h: undefined },
            data,
          ),
        );
  const isOfCounts = DATA_OF[chart] === 'counts';
  return {
    centre: location.centre as number,
    sigma: isOfCounts ? null : sigma,
    sigma_within: sigma_within ?? null,
    sigma_z: chart === 'p_prime' || chart === 'u_prime' ? (sigma_z ?? null) : null,
  };
}

/** Standard deviation of the count of a sample of this size, as its limits have it. */
export function spreadOfCount(chart: Chart, { centre, sigma_z }: ChartLimits, size: number): number {
  const isOfUnits = chart === 'p' || chart === 'np' || chart === 'p_prime';
  return (sigma_z ?? 1) * Math.sqrt(centre * (isOfUnits ? 1 - centre : 1) * size);
}
