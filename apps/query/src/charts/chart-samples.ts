import { type Queryable } from '@chip/persistence';
import { spreadWithin } from '@chip/quality';
import { type z } from 'zod';
import { type AttemptQuestion, describeChoice } from '../attempts/chosen-attempts.ts';
import { MAX_SAMPLES } from '../measured/measured-parameters.ts';
import { leastValues } from '../measured/measured-moments.sql.ts';
import { describeMeasured, tooManySamples, unambiguous } from '../measured/measured-question.ts';
import {
  type Break,
  type MeasuredQuestion,
  type MeasuredSample,
  type Subgroup,
  measuredSamples,
} from '../measured/measured-samples.sql.ts';
import { type ChartData } from './chart-evaluation.ts';
import { type Chart, DATA_OF, type sampleSchema } from './chart-request.ts';
import { type Counted, countedSamples } from './counted-samples.sql.ts';
import { isOfCounts, subgroupOf } from './chart-subgroups.ts';

/** What a chart of stored data is drawn from. */
export interface ChartQuestion extends AttemptQuestion {
  readonly chart: Chart;
  /** Absent for charts of counts. */
  readonly parameter?: string | undefined;
  readonly subgroup?: Subgroup | undefined;
  readonly break_at?: Break | undefined;
  readonly mix?: 'yes' | undefined;
  /** Unit that the values are needed in, whatever the catalogue says. */
  readonly unit?: string | null | undefined;
  /** Whether the answer must know the unit of values that are mixed. */
  readonly isUnitNeeded?: boolean | undefined;
}

export type ShownSample = z.output<typeof sampleSchema>;

export interface ChartedSamples {
  readonly samples: ShownSample[];
  readonly data: ChartData;
  /** What the data is, in words. */
  readonly what: string;
  /** Of the values; null if they have none or several, or if they are mixed and `isUnitNeeded` is not set. */
  readonly unit: string | null;
  /** Of charts with moving ranges. */
  readonly breakAt: Break | null;
  /** What the samples mix without consent. */
  readonly warning?: string | undefined;
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

/** @throws Problem 400 for what is ambiguous, or too much */
export async function samplesOf(snapshot: Queryable, question: ChartQuestion): Promise<ChartedSamples> {
  const subgroup = subgroupOf(question);
  return isOfCounts(question.chart)
    ? samplesOfCounts(snapshot, question, subgroup)
    : samplesOfMeasurements(snapshot, { ...question, parameter: question.parameter ?? '', subgroup });
}

async function samplesOfCounts(
  snapshot: Queryable,
  parameters: ChartQuestion,
  subgroup: Subgroup,
): Promise<ChartedSamples> {
  const counted: Counted = ['p', 'np', 'p_prime'].includes(parameters.chart) ? 'failed' : 'defects';
  const samples = await countedSamples(snapshot, parameters, counted, subgroup, MAX_SAMPLES + 1);
  if (samples.length > MAX_SAMPLES) {
    throw tooManySamples();
  }
  const isOfUnits = counted === 'failed';
  const formed = typeof subgroup === 'number' ? `${subgroup} consecutive units each` : `by ${subgroup}`;
  return {
    samples: samples.map((sample) => shownSample(sample, sample.size)),
    data: { counts: samples },
    unit: null,
    breakAt: null,
    what: `Data: ${isOfUnits ? 'failing units among units' : 'defects per inspected unit'}; samples: ${formed}, ordered by their first completion. ${describeChoice(parameters, isOfUnits ? 'unit' : 'operation')}`,
    warning: parameters.mix === undefined && samples[0]?.is_mixed === true ? mixed(isOfUnits) : undefined,
  };
}

const mixed = (isOfUnits: boolean): string =>
  `The samples are of several inspection types${isOfUnits ? '' : ' or steps'}: a chip that went through several counts as several units. Filter by inspection_type${isOfUnits ? '' : ' and step'}, or combine them with mix=yes.`;

async function samplesOfMeasurements(
  snapshot: Queryable,
  asked: ChartQuestion & MeasuredQuestion,
): Promise<ChartedSamples> {
  const { chart, subgroup } = asked;
  const parameters = await unambiguous(snapshot, asked, asked.mix, {
    wanted: asked.unit,
    isNeeded: asked.isUnitNeeded,
  });
  // Known without sorting ten million values to find the first of them.
  if (typeof subgroup === 'number' && (await leastValues(snapshot, parameters)) >= (MAX_SAMPLES + 1) * subgroup) {
    throw tooManySamples();
  }
  const samples = await measuredSamples(snapshot, parameters, MAX_SAMPLES + 1);
  if (samples.length > MAX_SAMPLES) {
    throw tooManySamples();
  }
  const hasMovingRange = chart !== 'xbar_r' && chart !== 'xbar_s';
  const breakAt = parameters.break_at ?? defaultBreak(samples, subgroup);
  const breaks = breaksOf(samples, breakAt);
  const what = describeMeasured(parameters, hasMovingRange ? breakAt : undefined);
  const shown = samples.map((sample) => shownSample(sample, sample.n));
  const common = { samples: shown, unit: parameters.unit ?? null, breakAt: hasMovingRange ? breakAt : null };
  if (DATA_OF[chart] === 'subgroups') {
    return { ...common, data: { samples, breaks, spread: spreadWithin(samples) }, what };
  }
  return {
    ...common,
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
