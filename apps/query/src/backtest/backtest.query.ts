import { parseTime, withSixDigits } from '@chip/contracts';
import { type Queryable } from '@chip/persistence';
import {
  BACK_TEST_HORIZON,
  BACK_TEST_STARTS,
  type BackTest,
  backTest,
  CONTROL_RULES,
  type ControlRule,
  COUNT_CHARTS,
  type DrawHistory,
  sigmaZOf,
  TooLittleDataError,
} from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { inTurns } from '../http/next-turn.ts';
import { Problem } from '../http/problem.error.ts';
import { describeLimits, type FrozenLimits, frozenLimits } from '../limits/frozen-limits.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  allWarnings,
  asProblem,
  type ChartData,
  type ChartSettings,
  defineChart,
  evaluateChart,
  type ChartLimits,
  warningOf,
} from '../charts/chart-evaluation.ts';
import { estimateLimits, spreadOfCount } from '../charts/chart-limits.ts';
import { DATA_OF, rulesOf } from '../charts/chart-request.ts';
import { subgroupOf } from '../charts/chart-subgroups.ts';
import { type ChartedSamples, samplesOf, type ShownSample } from '../charts/chart-samples.ts';
import { type BacktestAnswer, type BacktestRequest, DEFAULT_SHIFTS } from './backtest-answer.ts';
import { isoWeek } from './iso-week.ts';

const WEEK_US = 7 * 86_400_000_000;
/** Fewer samples say little about how often a rule alarms. */
const FEW_SAMPLES = 100;

const HOW = `Back-test: alarms are those of the history as it is stored, per week of [from, to). A shift is added to every sample of the history from a start on, at up to ${BACK_TEST_STARTS} starts spread evenly over it, with the same limits (in sigma, of counts by so many standard deviations of each sample), and looked for in the next samples (at most ${BACK_TEST_HORIZON}, at most half of the history); found = the first alarm that the history without the shift does not raise, of all rules together the first that one of them finds; the first shifted sample counts as 1; mean_samples is over the starts where it was found. Nothing is random: the same history gives the same answer.`;

/** Tries control rules on stored history. */
@Injectable()
export class BacktestQuery {
  constructor(private readonly snapshots: Snapshots) {}

  async answer(request: BacktestRequest): Promise<BacktestAnswer> {
    const { as_of, charted, frozen } = await this.snapshots.answer((snapshot) => historyOf(snapshot, request));
    // The snapshot is over: what follows keeps no connection.
    return { as_of, ...(await tried(request, charted, frozen)) };
  }
}

interface History {
  readonly charted: ChartedSamples;
  readonly frozen: FrozenLimits | undefined;
}

async function historyOf(snapshot: Queryable, request: BacktestRequest): Promise<History> {
  const { limits, break_at } = request;
  const frozen =
    limits === undefined
      ? undefined
      : await limitsInBody(frozenLimits(snapshot, { ...request, subgroup: subgroupOf(request) }, limits));
  const charted = await samplesOf(snapshot, {
    ...request,
    break_at: break_at ?? frozen?.break_at,
    unit: frozen?.unit,
  });
  return { charted, frozen };
}

/** Fields of a body are pointers. */
async function limitsInBody<T>(found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_parameter') {
      const errors = error.errors.map(({ parameter, message }) => ({ parameter: `/${parameter}`, message }));
      throw new Problem(400, 'invalid_body', error.detail, errors);
    }
    throw error;
  }
}

async function tried(
  request: BacktestRequest,
  { samples, data, what, warning: mixed }: ChartedSamples,
  frozen: FrozenLimits | undefined,
): Promise<Omit<BacktestAnswer, 'as_of'>> {
  const { chart, sigma_method, lambda, l, k, h, shifts = DEFAULT_SHIFTS } = request;
  const rules = rulesFor(request);
  const settings: ChartSettings = { chart, sigma_method, lambda, l, k, h, rules: [...rules], ...frozen?.settings };
  const baseline = baselineOf(samples, request);
  const { definition, definition_id } = defineChart({ ...settings, baseline: baseline ?? undefined });
  const meaning = {
    definition: [HOW, definition, ...(frozen ? [describeLimits(frozen)] : []), what].join(' '),
    definition_id: `backtest.${definition_id}`,
    chart,
    samples: samples.length,
  };
  try {
    if (baseline === null) {
      throw new TooLittleDataError('baseline', 'has no sample of the history');
    }
    // Without rules, which do not shape the limits: they would hold up other requests.
    const limits = frozen?.settings.limits ?? (await estimateLimits({ ...settings, baseline, rules: [] }, data));
    const isOfCounts = DATA_OF[chart] === 'counts';
    const spread = isOfCounts ? spreadOfCount(settings.chart, limits, 1) : (limits.sigma as number);
    if (spread === 0) {
      throw new TooLittleDataError('baseline', 'has no spread');
    }
    const sigma = isOfCounts ? 1 : spread;
    const { weeks, summary } = byWeek(samples, request);
    const isCumulative = chart === 'ewma' || chart === 'cusum';
    const draw = drawHistory({ ...settings, sigma_method: undefined, limits }, data);
    // Limits keep sigma_z only where it widens them.
    const kind = COUNT_CHARTS.find((one) => one === chart);
    const sigma_z = kind ? sigmaZOf(kind, data.counts ?? [], { baseline, rate: limits.centre, rules: [] }) : null;
    const found = await inTurns(backTest(draw, samples.length, { rules, shifts, sigma, isCumulative }));
    return {
      ...meaning,
      warning: allWarnings(warningOfFew(samples.length), mixed, warningOf(settings, { sigma_z })),
      centre: limits.centre,
      sigma: isOfCounts ? null : sigma,
      weeks: weeks(found.together.alarms),
      rules: found.rules.map(({ panel, rule, ...finding }) => ({ panel, rule, ...summary(finding) })),
      together: summary(found.together),
    };
  } catch (error) {
    if (error instanceof TooLittleDataError) {
      const none = { alarms: 0, alarms_per_week: 0, most_in_a_week: 0, shifts: [] };
      const warning = `There are no limits: ${error.field} ${error.message}.`;
      return { ...meaning, warning, centre: null, sigma: null, weeks: [], rules: [], together: none };
    }
    throw asProblem(error, 'stored');
  }
}

/** Patterns among points of EWMA and CUSUM prove nothing, so only their limits are tried unless a request insists. */
function rulesFor({ chart, rules }: BacktestRequest): readonly ControlRule[] {
  return rules === undefined && chart !== 'ewma' && chart !== 'cusum' ? CONTROL_RULES : rulesOf(rules);
}

/** Samples that begin in the baseline, as indices; undefined without one, null when there is no such sample. */
function baselineOf(
  samples: readonly ShownSample[],
  { baseline }: BacktestRequest,
): { from: number; to: number } | undefined | null {
  if (baseline === undefined) {
    return undefined;
  }
  const isIn = ({ first_at }: ShownSample): boolean => {
    const at = withSixDigits(first_at);
    return at >= baseline.from && at < baseline.to;
  };
  const from = samples.findIndex(isIn);
  return from === -1 ? null : { from, to: samples.findLastIndex(isIn) + 1 };
}

/** Warns of a short history. */
const warningOfFew = (samples: number): string | undefined =>
  samples < FEW_SAMPLES
    ? `The history has ${samples} samples: that says little about how often rules alarm.`
    : undefined;

/** Draws parts of stored data, with a shift where one is asked for. */
function drawHistory(settings: ChartSettings & { limits: ChartLimits }, data: ChartData): DrawHistory {
  const { values, samples, counts, spread } = data;
  const breaks = data.breaks && [...data.breaks].sort((a, b) => a - b);
  const { chart, limits } = settings;
  const most = chart === 'p' || chart === 'np' || chart === 'p_prime' ? 1 : Infinity;
  return (from, to, shift) => {
    const by = (i: number): number => (shift && from + i >= shift.at ? shift.by : 0);
    return evaluateChart(settings, {
      values: values?.slice(from, to).map((value, i) => (value === null ? null : value + by(i))),
      samples: samples?.slice(from, to).map((sample, i) => ({ ...sample, mean: sample.mean + by(i) })),
      counts: counts?.slice(from, to).map(({ count, size }, i) => ({
        count: Math.min(count + by(i) * spreadOfCount(chart, limits, size), size * most),
        size,
      })),
      breaks: breaks && new Set(within(breaks, from, to).map((index) => index - from)),
      spread,
    });
  };
}

/** Part of a sorted list that lies in [from, to). */
function within(sorted: readonly number[], from: number, to: number): readonly number[] {
  const first = sorted.findIndex((index) => index >= from);
  const end = sorted.findLastIndex((index) => index < to) + 1;
  return first === -1 ? [] : sorted.slice(first, end);
}

type Finding = BackTest['together'];

/** Alarms by week: of the whole set for each week, and in short for a rule. */
function byWeek(samples: readonly ShownSample[], { from, to }: BacktestRequest) {
  const weekOf = samples.map(({ first_at }) => isoWeek(first_at));
  const length = (parseTime(to) - parseTime(from)) / WEEK_US;
  const perWeek = (indices: Iterable<number>): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const index of indices) {
      const week = weekOf[index] as string;
      counts.set(week, (counts.get(week) ?? 0) + 1);
    }
    return counts;
  };
  return {
    weeks: (alarms: Finding['alarms']): BacktestAnswer['weeks'] => {
      const counts = perWeek(alarms);
      return [...perWeek(samples.keys())].map(([week, n]) => ({ week, samples: n, alarms: counts.get(week) ?? 0 }));
    },
    summary: ({ alarms, shifts }: Finding) => ({
      alarms: alarms.length,
      alarms_per_week: alarms.length / length,
      most_in_a_week: Math.max(0, ...perWeek(alarms).values()),
      shifts: [...shifts],
    }),
  };
}
