/**
 * Phases of a chart: stretches of its samples with limits of their own, such as before and after a change of the process. Each
 * is a chart by itself; put one after another they have the indices of the whole.
 */
import { type ChartPanel, type ControlChart, type RuleViolation, TooLittleDataError } from '@chip/quality';
import { withSixDigits } from '@chip/contracts';
import {
  type ChartData,
  type ChartSettings,
  chartSteps,
  requireExcludable,
  warningOf,
} from '../charts/chart-evaluation.ts';
import { type Chart } from '../charts/chart-request.ts';
import { type ShownSample } from '../charts/chart-samples.ts';
import { inTurns } from '../http/next-turn.ts';
import { type SpcAnswer } from './spc-answer.ts';

interface Range {
  /** Index of its first sample. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

type Evaluated = ControlChart & { readonly chart: Chart };
export type Phased = Evaluated & Pick<SpcAnswer, 'phases' | 'warning'>;

/** @param starts rising; a phase without samples is left out */
function phasesOf(samples: readonly Pick<ShownSample, 'first_at'>[], starts: readonly string[]): Range[] {
  const times = samples.map(({ first_at }) => withSixDigits(first_at));
  const begins = starts.map((start) => {
    const found = times.findIndex((time) => time >= start);
    return found === -1 ? samples.length : found;
  });
  return [0, ...begins]
    .map((from, phase): Range => ({ from, to: begins[phase] ?? samples.length }))
    .filter(({ from, to }) => from < to);
}

/**
 * Evaluates each phase by itself; one with too few samples for limits has no points.
 *
 * @throws ChartDataError when an index to exclude is in no phase, or a phase does not fit the chart
 */
export async function phasedChart(
  settings: ChartSettings & { readonly chart: Chart },
  data: ChartData,
  samples: readonly ShownSample[],
  starts: readonly string[],
): Promise<Phased> {
  requireExcludable(settings, samples.length);
  const charts: { readonly range: Range; readonly chart: Evaluated | undefined }[] = [];
  for (const range of phasesOf(samples, starts)) {
    charts.push({ range, chart: await phaseOf(settings, data, range) });
  }
  const known = charts.flatMap(({ range, chart }) => (chart === undefined ? [] : [{ range, chart }]));
  const [only] = charts.length === 1 ? known : [];
  const warnings = new Set(known.map(({ chart }) => warningOf(settings, chart)).filter((text) => text !== undefined));
  const short = charts.filter(({ chart }) => chart === undefined).length;
  if (short > 0) {
    warnings.add(`${short} of ${charts.length} phases have too few samples for limits, and are not drawn.`);
  }
  const joined = (panel: 'location' | 'dispersion' | 'within'): ChartPanel | undefined =>
    joinedPanel(known.map(({ range, chart }) => ({ from: range.from, panel: chart[panel] })));
  const [dispersion, within] = [joined('dispersion'), joined('within')];
  return {
    chart: settings.chart,
    sigma: only?.chart.sigma ?? null,
    location: joined('location') ?? NO_PANEL,
    ...(dispersion && { dispersion }),
    ...(within && { within }),
    ...(warnings.size > 0 && { warning: [...warnings].join(' ') }),
    phases: charts.map(({ range, chart }) => ({
      ...range,
      first_at: (samples[range.from] as ShownSample).first_at,
      sigma: chart?.sigma ?? null,
      location: chart ? limitsOf(chart.location) : NO_LIMITS,
      ...(chart?.dispersion && { dispersion: limitsOf(chart.dispersion) }),
      ...(chart?.within && { within: limitsOf(chart.within) }),
    })),
  };
}

async function phaseOf(
  settings: ChartSettings & { readonly chart: Chart },
  data: ChartData,
  { from, to }: Range,
): Promise<Evaluated | undefined> {
  const own = <T>(list: readonly T[] | undefined): readonly T[] | undefined => list?.slice(from, to);
  const shifted = (indices: Iterable<number> | undefined): number[] | undefined =>
    indices && [...indices].filter((index) => index >= from && index < to).map((index) => index - from);
  const exclude = shifted(settings.exclude);
  try {
    return await inTurns(
      chartSteps(
        { ...settings, exclude },
        {
          values: own(data.values),
          samples: own(data.samples),
          counts: own(data.counts),
          sizes: own(data.sizes),
          breaks: new Set(shifted(data.breaks)),
          spread: data.spread,
        },
      ),
    );
  } catch (error) {
    if (error instanceof TooLittleDataError) {
      return undefined;
    }
    throw error;
  }
}

const NO_LIMITS = { centre: null, lower: null, upper: null, violations: 0 };
const NO_PANEL: ChartPanel = { centre: null, lower: null, upper: null, points: [], violations: [] };

const limitsOf = ({ centre, lower, upper, violations }: ChartPanel) => ({
  centre,
  lower,
  upper,
  violations: violations.length,
});

function joinedPanel(
  parts: readonly { readonly from: number; readonly panel: ChartPanel | undefined }[],
): ChartPanel | undefined {
  const own = parts.flatMap(({ from, panel }) => (panel === undefined ? [] : [{ from, panel }]));
  const [first] = own;
  if (first === undefined) {
    return undefined;
  }
  const isOne = own.length === 1;
  return {
    centre: isOne ? first.panel.centre : null,
    lower: isOne ? first.panel.lower : null,
    upper: isOne ? first.panel.upper : null,
    points: own.flatMap(({ from, panel }) => panel.points.map((point) => ({ ...point, index: point.index + from }))),
    violations: own.flatMap(({ from, panel }) =>
      panel.violations.map((violation): RuleViolation => ({ ...violation, index: violation.index + from })),
    ),
  };
}
