import { formatTime, parseTime } from '@chip/contracts';
import { type Queryable } from '@chip/persistence';
import { TooLittleDataError } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { MAX_SAMPLES } from '../measured/measured-parameters.ts';
import { describeMeasured, requireUnambiguous, tooManySamples } from '../measured/measured-question.ts';
import {
  type Break,
  type MeasuredQuestion,
  type MeasuredSample,
  type Subgroup,
  measuredSamples,
} from '../measured/measured-samples.sql.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  type ChartData,
  type ChartSettings,
  asProblem,
  defineChart,
  evaluateChart,
  warningOf,
} from './chart-evaluation.ts';
import { DATA_OF } from './chart-request.ts';
import { type Counted, countedSamples } from './counted-samples.sql.ts';
import { type SpcAnswer } from './spc-answer.ts';
import { type SpcParameters, isOfCounts, subgroupOf } from './spc-parameters.ts';

type ShownSample = SpcAnswer['samples'][number];
const NO_CHART = { centre: null, lower: null, upper: null, points: [], violations: [] };

interface SpcData {
  readonly samples: ShownSample[];
  readonly data: ChartData;
  readonly what: string;
}

/** Computes control charts of stored measurements and counts. */
@Injectable()
export class SpcQuery {
  constructor(private readonly snapshots: Snapshots) {}

  chart(parameters: SpcParameters): Promise<SpcAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const { samples, data, what } = await samplesOf(snapshot, parameters);
      const { chart, rules, sigma_method, exclude, target, sigma, lambda, l, k, h } = parameters;
      const baseline = baselineOf(samples, parameters);
      const settings: ChartSettings = { chart, rules, sigma_method, exclude, target, sigma, lambda, l, k, h };
      const { definition, definition_id } = defineChart({ ...settings, baseline: baseline ?? undefined });
      const meaning = { definition: `${definition} ${what}`, definition_id };
      try {
        // A baseline without samples gives no limits, whatever lies outside it.
        if (baseline === null) {
          throw new TooLittleDataError('baseline_from', 'no sample lies in the baseline');
        }
        const evaluated = evaluateChart({ ...settings, baseline }, data);
        return { ...evaluated, warning: warningOf(settings, evaluated), ...meaning, samples };
      } catch (error) {
        if (error instanceof TooLittleDataError) {
          return { chart, sigma: null, location: NO_CHART, ...meaning, samples };
        }
        throw asProblem(error, 'query');
      }
    });
  }
}

const shownSample = (
  { key, site, lot_id, first_at, last_at }: Omit<ShownSample, 'size'>,
  size: number,
): ShownSample => ({
  key,
  site,
  lot_id,
  first_at,
  last_at,
  size,
});

async function samplesOf(snapshot: Queryable, parameters: SpcParameters): Promise<SpcData> {
  const { chart } = parameters;
  const subgroup = subgroupOf(parameters);
  return isOfCounts(chart)
    ? samplesOfCounts(snapshot, parameters, subgroup)
    : samplesOfMeasurements(snapshot, { ...parameters, parameter: parameters.parameter ?? '', subgroup });
}

async function samplesOfCounts(snapshot: Queryable, parameters: SpcParameters, subgroup: Subgroup): Promise<SpcData> {
  const counted: Counted = ['p', 'np', 'p_prime'].includes(parameters.chart) ? 'failed' : 'defects';
  const samples = await countedSamples(snapshot, parameters, counted, subgroup, MAX_SAMPLES + 1);
  if (samples.length > MAX_SAMPLES) {
    throw tooManySamples();
  }
  const formed = typeof subgroup === 'number' ? `${subgroup} consecutive units each` : `by ${subgroup}`;
  return {
    samples: samples.map((sample) => shownSample(sample, sample.size)),
    data: { counts: samples },
    what: `Data: ${counted === 'failed' ? 'failing units among units' : 'defects per inspected unit'}; samples: ${formed}, ordered by their first completion. ${describeChoice(parameters, counted === 'failed' ? 'unit' : 'operation')}`,
  };
}

async function samplesOfMeasurements(
  snapshot: Queryable,
  parameters: SpcParameters & MeasuredQuestion,
): Promise<SpcData> {
  const { chart, subgroup } = parameters;
  await requireUnambiguous(snapshot, parameters, parameters.mix);
  const samples = await measuredSamples(snapshot, parameters, MAX_SAMPLES + 1);
  if (samples.length > MAX_SAMPLES) {
    throw tooManySamples();
  }
  const hasMovingRange = chart !== 'xbar_r' && chart !== 'xbar_s';
  const breakAt = parameters.break_at ?? defaultBreak(samples, subgroup);
  const breaks = breaksOf(samples, breakAt);
  const what = describeMeasured(parameters, hasMovingRange ? breakAt : undefined);
  const shown = samples.map((sample) => shownSample(sample, sample.n));
  if (DATA_OF[chart] === 'subgroups') {
    return { samples: shown, data: { samples, breaks }, what };
  }
  return {
    samples: shown,
    data: {
      values: samples.map(({ n, mean }) => (n === 0 ? null : mean)),
      sizes: subgroup === 1 ? undefined : samples.map(({ n }) => n),
      breaks,
    },
    what: subgroup === 1 ? what : `${what} Points are the means of the samples.`,
  };
}

const RUN_OF: Readonly<Record<Break, (sample: MeasuredSample) => string | null>> = {
  none: () => '',
  lot: ({ lot }) => lot,
  wafer: ({ lot, wafer }) => JSON.stringify([lot, wafer]),
  product: ({ product }) => product,
};

/** Indices of samples that begin a new run. */
function breaksOf(samples: readonly MeasuredSample[], breakAt: Break): Set<number> {
  const runs = samples.map(RUN_OF[breakAt]);
  return new Set(runs.flatMap((run, i) => (i > 0 && run !== runs[i - 1] ? [i] : [])));
}

/** Breaks at lots when lots have several values; with one value per lot, the lots themselves are the process. */
function defaultBreak(samples: readonly MeasuredSample[], subgroup: Subgroup): Break {
  return subgroup === 1 && breaksOf(samples, 'lot').size < samples.length - 1 ? 'lot' : 'none';
}

/** Baseline times as indices; undefined when none is given, null when no sample lies between them. */
function baselineOf(
  samples: readonly ShownSample[],
  { baseline_from, baseline_to }: SpcParameters,
): { from: number; to: number } | undefined | null {
  if (baseline_from === undefined && baseline_to === undefined) {
    return undefined;
  }
  // Canonical texts keep the microseconds, which a Date would lose.
  const isIn = ({ first_at }: ShownSample): boolean => {
    const at = formatTime(parseTime(first_at));
    return (baseline_from === undefined || at >= baseline_from) && (baseline_to === undefined || at < baseline_to);
  };
  const from = samples.findIndex(isIn);
  return from === -1 ? null : { from, to: samples.findLastIndex(isIn) + 1 };
}
