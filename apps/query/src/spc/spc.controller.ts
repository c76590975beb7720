import { capabilityOfSubgroups, capabilityOfValues, CONTROL_RULES, mean, TooLittleDataError } from '@chip/quality';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { type Queryable } from '@chip/persistence';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../answers.ts';
import { COUNTED_ATTEMPTS } from '../counted-attempts.ts';
import { Answers } from '../documented-route.ts';
import { attemptParameters, endsInOrder, nameParameter, numberParameter, timeParameter } from '../parameters.ts';
import { Problem } from '../problem.error.ts';
import { Snapshots } from '../snapshots.ts';
import {
  asProblem,
  type Chart,
  chartNumbers,
  type ChartRequest,
  CHARTS,
  chartShape,
  defineChart,
  evaluateChart,
  MAX_SAMPLES,
  rulesSchema,
} from './chart-evaluation.ts';
import { CAPABILITY_DEFINITION, capabilityShape, limitsInOrder } from './evaluate.controller.ts';
import { formSamples, type Sample } from './samples.ts';
import { countedSamples, measuredValues, type Subgroup } from './spc.query.ts';

const MAX_SUBGROUP = 1000;
const subgroupParameter = z
  .string()
  .transform((text, context): Subgroup => {
    if (text === 'lot' || text === 'wafer' || text === 'day') return text;
    const size = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : Infinity;
    if (size <= MAX_SUBGROUP) return size;
    context.addIssue({ code: 'custom', message: `expected lot, wafer, day or a number from 1 to ${MAX_SUBGROUP}` });
    return z.NEVER;
  })
  .meta({
    description:
      'How samples are formed: lot, wafer, day (UTC), or so many values one after the other. Default 1 for imr, ewma, cusum and capability, else lot.',
    example: 'lot',
  });

const rulesParameter = z
  .string()
  .transform((text) => (text === 'western_electric' || text === 'nelson' ? text : text.split(',')))
  .pipe(rulesSchema)
  .meta({
    description: `western_electric, nelson, or names separated by commas: ${CONTROL_RULES.join(', ')}. Default beyond_limits.`,
    example: 'beyond_limits,nelson_2',
  });

const shared = {
  ...attemptParameters,
  recipe: nameParameter('Recipe.', 'CD-17').optional(),
  subgroup: subgroupParameter.optional(),
};
const parameter = nameParameter('Name of the measurement.', 's000', 200);
/** The number of a query text, checked as the body of an evaluation is. */
const chartNumber = (name: keyof typeof chartNumbers, description: string, example: number) =>
  numberParameter(description, example).pipe(chartNumbers[name]).optional().meta({ description, example });
const baselineTime = (description: string, example: string) =>
  timeParameter.meta({ format: 'date-time', description, example }).optional();

const spcParameters = z
  .strictObject({
    parameter: parameter
      .optional()
      .meta({ description: 'Name of the measurement; p, np, c and u count units and need none.', example: 's000' }),
    chart: z.enum(CHARTS).meta({ description: 'Kind of chart.', example: 'imr' }),
    rules: rulesParameter.optional(),
    ...shared,
    baseline_from: baselineTime('Limits from samples that begin at or after this time.', '2008-07-19T00:00:00Z'),
    baseline_to: baselineTime('Limits from samples that begin before this time.', '2008-08-19T00:00:00Z'),
    target: chartNumber('target', 'Centre of the location panel, with sigma.', 3000),
    sigma: chartNumber('sigma', 'Standard deviation of single values, with target.', 70),
    lambda: chartNumber('lambda', 'EWMA: weight of the newest value.', 0.2),
    l: chartNumber('l', 'EWMA: width of the limits in sigma.', 3),
    k: chartNumber('k', 'CUSUM: slack in sigma.', 0.5),
    h: chartNumber('h', 'CUSUM: decision interval in sigma.', 5),
  })
  .superRefine((given, context) => {
    endsInOrder(given, context);
    if (given.parameter === undefined && !isOfCounts(given.chart))
      context.addIssue({ code: 'custom', path: ['parameter'], message: `is required for ${given.chart}` });
  });
type SpcParameters = z.output<typeof spcParameters>;

const isOfCounts = (chart: Chart): chart is 'p' | 'np' | 'c' | 'u' => ['p', 'np', 'c', 'u'].includes(chart);

const sampleSchema = z.strictObject({
  key: z.string().nullable().meta({ description: 'Lot, wafer or day; the chip of a single value.' }),
  site: z.string().nullable(),
  lot_id: z.string().nullable(),
  first_at: timeText,
  last_at: timeText,
  size: count.meta({ description: 'Values, or units.' }),
});
const spcAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    ...chartShape,
    samples: z.array(sampleSchema).meta({ description: 'What each index of the chart stands for.' }),
  })
  .meta({ id: 'SpcChart' });
type SpcAnswer = z.output<typeof spcAnswer>;

const limit = (what: string, example: number) => numberParameter(what, example).optional();
const capabilityParameters = z
  .strictObject({
    parameter,
    lsl: limit('Lower specification limit.', 2800),
    usl: limit('Upper specification limit.', 3200),
    target: limit('Target, for Cpm.', 3000),
    ...shared,
  })
  .superRefine((given, context) => {
    endsInOrder(given, context);
    limitsInOrder(given, context);
  });
type CapabilityParameters = z.output<typeof capabilityParameters>;
const capabilityAnswer = z
  .strictObject({ as_of: asOfSchema, definition: definitionSchema, ...capabilityShape })
  .meta({ id: 'ProcessCapability' });
type CapabilityAnswer = z.output<typeof capabilityAnswer>;

const NO_CHART = { centre: null, lower: null, upper: null, points: [], violations: [] };

@ApiTags('Statistics')
@Controller('v1')
export class SpcController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('spc')
  @Answers(spcAnswer, {
    summary: 'A control chart of what was measured',
    description:
      'Measurements in the order of completion, or failing units and defects per sample. Too little data for limits answers with an empty chart.',
  })
  chart(@Query({ schema: spcParameters }) parameters: SpcParameters): Promise<SpcAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const { samples, data, what } = await samplesOf(snapshot, parameters);
      const { chart, rules, target, sigma, lambda, l, k, h } = parameters;
      const baseline = baselineOf(samples, parameters);
      const request: ChartRequest = { chart, rules, target, sigma, lambda, l, k, h, ...data };
      const definition = `${defineChart({ ...request, baseline: baseline ?? undefined })} ${what}`;
      const shown = samples.map(({ key, site, lot_id, first_at, last_at, size }) => ({
        key,
        site,
        lot_id,
        first_at,
        last_at,
        size,
      }));
      try {
        // A baseline without any sample has no limits, whatever lies outside it.
        if (baseline === null) throw new TooLittleDataError('baseline_from', 'no sample lies in the baseline');
        return { ...evaluateChart({ ...request, baseline }), definition, samples: shown };
      } catch (error) {
        if (error instanceof TooLittleDataError)
          return { chart, sigma: null, location: NO_CHART, definition, samples: shown };
        throw asProblem(error, 'query');
      }
    });
  }

  @Get('capability')
  @Answers(capabilityAnswer, {
    summary: 'Process capability of what was measured',
    description: 'Cp, Cpk, Pp, Ppk and Cpm of one measurement against limits that you give.',
  })
  capability(@Query({ schema: capabilityParameters }) parameters: CapabilityParameters): Promise<CapabilityAnswer> {
    const { subgroup = 1, lsl, usl, target } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const samples = await measuredSamples(snapshot, parameters.parameter, parameters, subgroup);
      const limits = { lsl, usl, target };
      const capability =
        subgroup === 1
          ? capabilityOfValues(
              samples.map(({ values }) => values[0] ?? null),
              limits,
            )
          : capabilityOfSubgroups(samples.map(present), limits);
      return {
        definition: `${CAPABILITY_DEFINITION} ${describeMeasured(parameters.parameter, subgroup)}`,
        ...capability,
      };
    });
  }
}

const present = ({ values }: Sample): number[] => values.filter((value) => value !== null);
const describeMeasured = (name: string, subgroup: Subgroup): string =>
  `Data: values of ${name} of ${COUNTED_ATTEMPTS}, every attempt, ordered by (completed_at, event_id); samples: ${
    typeof subgroup === 'number' ? `${subgroup} after the other` : `by ${subgroup}`
  }.`;

async function measuredSamples(
  snapshot: Queryable,
  name: string,
  question: Parameters<typeof measuredValues>[2],
  subgroup: Subgroup,
): Promise<Sample[]> {
  const values = await measuredValues(snapshot, name, question, MAX_SAMPLES + 1);
  if (values.length > MAX_SAMPLES) throw tooMany('values');
  return formSamples(values, subgroup);
}

/** A chart of a part of the data would look whole: it is refused instead. */
const tooMany = (what: string): Problem =>
  new Problem(400, 'invalid_parameter', `more than ${MAX_SAMPLES} ${what}: narrow the range or the filters`, [
    { parameter: 'from', message: `covers more than ${MAX_SAMPLES} ${what}` },
  ]);

type ShownSample = z.output<typeof sampleSchema>;
interface ChartData {
  readonly samples: readonly ShownSample[];
  readonly data: Pick<ChartRequest, 'values' | 'subgroups' | 'counts'>;
  readonly what: string;
}

async function samplesOf(snapshot: Queryable, parameters: SpcParameters): Promise<ChartData> {
  const { chart, parameter: name } = parameters;
  if (isOfCounts(chart)) {
    const subgroup = parameters.subgroup ?? 'lot';
    const samples = await countedSamples(snapshot, parameters, subgroup, MAX_SAMPLES + 1);
    if (samples.length > MAX_SAMPLES) throw tooMany('samples');
    const isOfUnits = chart === 'p' || chart === 'np';
    return {
      samples,
      data: { counts: samples.map(({ size, failed, defects }) => ({ size, count: isOfUnits ? failed : defects })) },
      what: `Data: ${isOfUnits ? 'failing units' : 'defects'} among units (lot, chip, inspection type), each by its last attempt by (occurred_at, event_id) among ${COUNTED_ATTEMPTS}; samples: ${typeof subgroup === 'number' ? `${subgroup} units after the other` : `by ${subgroup}`}, ordered by their first completion.`,
    };
  }
  const isOfSubgroups = chart === 'xbar_r' || chart === 'xbar_s';
  const subgroup = parameters.subgroup ?? (isOfSubgroups ? 'lot' : 1);
  const samples = await measuredSamples(snapshot, name ?? '', parameters, subgroup);
  const what = describeMeasured(name ?? '', subgroup);
  const shown = samples.map((sample) => ({ ...sample, size: present(sample).length }));
  if (isOfSubgroups) return { samples: shown, data: { subgroups: samples.map(present) }, what };
  return {
    samples: shown,
    data: {
      values: samples.map((sample) => {
        const values = present(sample);
        return values.length === 0 ? null : mean(values);
      }),
    },
    what: subgroup === 1 ? what : `${what} Points are the means of the samples.`,
  };
}

/** Baseline times as indices; undefined without any, null when no sample lies between them. */
function baselineOf(
  samples: readonly ShownSample[],
  { baseline_from, baseline_to }: SpcParameters,
): { from: number; to: number } | undefined | null {
  if (baseline_from === undefined && baseline_to === undefined) return undefined;
  const isIn = ({ first_at }: ShownSample): boolean => {
    const at = Date.parse(first_at);
    return (
      (baseline_from === undefined || at >= Date.parse(baseline_from)) &&
      (baseline_to === undefined || at < Date.parse(baseline_to))
    );
  };
  const from = samples.findIndex(isIn);
  return from === -1 ? null : { from, to: samples.findLastIndex(isIn) + 1 };
}
