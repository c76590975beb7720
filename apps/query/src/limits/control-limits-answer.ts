import { finiteNumber } from '@chip/contracts';
import { SIGMA_METHODS } from '@chip/quality';
import { z } from 'zod';
import { ATTEMPT_POLICIES } from '../attempts/chosen-attempts.ts';
import { asOfSchema, definitionShape, nextCursor, timeText } from '../http/answers.ts';
import { reasonText, storedText } from '../http/body.ts';
import {
  equipmentParameter,
  inspectionTypeParameter,
  nameParameter,
  pageParameters,
  productParameter,
  siteParameter,
  stepParameter,
} from '../http/parameters.ts';
import { listOf } from '../http/request-check.ts';
import { measurementParameter } from '../measured/measured-parameters.ts';
import { BREAKS } from '../measured/measured-samples.sql.ts';
import { type Chart, chartNumbers, CHARTS, DATA_OF } from '../charts/chart-request.ts';
import { chartBodyShape, chartFits, chartSettingsShape, windowSchema } from './chart-body.ts';

export const listParameters = z.strictObject({
  parameter: measurementParameter.optional(),
  chart: z.enum(CHARTS).optional().meta({ description: 'Kind of chart.', example: 'imr' }),
  product: productParameter.optional(),
  step: stepParameter.optional(),
  recipe: nameParameter('Recipe that the equipment ran.', 'CD-17').optional(),
  site: siteParameter.optional(),
  equipment_id: equipmentParameter.optional(),
  inspection_type: inspectionTypeParameter.optional(),
  ...pageParameters,
});
export type ListParameters = z.output<typeof listParameters>;

export const limitsPath = z.strictObject({
  id: z.uuid().meta({ description: 'Id of control limits.', example: '0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11' }),
});

const MAX_EXCLUSIONS = 1000;
const SIGMA = ['sigma', 'sigma_within', 'sigma_z'] as const;

/** Which numbers define the limits of a chart in addition to the centre. */
function numbersOf(chart: Chart): readonly (typeof SIGMA)[number][] {
  if (chart === 'p_prime' || chart === 'u_prime') {
    return ['sigma_z'];
  }
  if (chart === 'between_within') {
    return ['sigma', 'sigma_within'];
  }
  return DATA_OF[chart] === 'counts' ? [] : ['sigma'];
}

export const controlLimitsRequest = z
  .strictObject({
    ...chartBodyShape,
    ...chartSettingsShape,
    baseline: windowSchema.optional().meta({
      description: 'Computes the limits from attempts completed in [from, to). Either this or `given`.',
    }),
    exclude: listOf(z.strictObject({ index: z.int().min(0), reason: reasonText }), MAX_EXCLUSIONS)
      .optional()
      .meta({
        description:
          'Samples to leave out of the baseline, each with a reason: their indices in the answer of `GET /v1/spc` to the same query with from and to of the baseline.',
      }),
    given: z
      .strictObject({
        centre: finiteNumber,
        sigma: chartNumbers.sigma.optional(),
        sigma_within: chartNumbers.sigma.optional(),
        sigma_z: chartNumbers.sigma.optional(),
        unit: storedText(1, 50).optional(),
      })
      .optional()
      .meta({ description: 'Known limits, instead of a baseline.' }),
    reason: reasonText.meta({ description: 'Why, for the audit trail.' }),
  })
  .superRefine((request, context) => {
    chartFits(request, context);
    const { baseline, given, chart } = request;
    const complain = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if ((baseline === undefined) === (given === undefined)) {
      complain(['baseline'], 'expected either baseline or given, not both');
    }
    if (given === undefined) {
      return;
    }
    for (const member of ['exclude', 'sigma_method'] as const) {
      if (request[member] !== undefined) {
        complain([member], 'is only for limits from a baseline');
      }
    }
    for (const member of SIGMA) {
      if ((given[member] !== undefined) !== numbersOf(chart).includes(member)) {
        complain(
          ['given', member],
          given[member] === undefined ? `is required for ${chart}` : `does not belong to ${chart}`,
        );
      }
    }
    if (DATA_OF[chart] === 'counts') {
      if (given.centre < 0 || (chart.startsWith('p') && given.centre > 1) || (chart === 'np' && given.centre > 1)) {
        complain(
          ['given', 'centre'],
          `expected a rate per unit${chart.startsWith('p') || chart === 'np' ? ', 0 to 1' : ''}`,
        );
      }
      if (given.unit !== undefined) {
        complain(['given', 'unit'], `does not belong to ${chart}`);
      }
    }
  })
  .meta({
    id: 'ControlLimitsRequest',
    example: {
      parameter: 's000',
      chart: 'imr',
      product: 'CQ-1000',
      baseline: { from: '2008-07-19T00:00:00Z', to: '2008-09-01T00:00:00Z' },
      exclude: [{ index: 17, reason: 'pump exchanged' }],
      reason: 'end of phase I',
    },
  });
export type ControlLimitsRequest = z.output<typeof controlLimitsRequest>;

const text = z.string().nullable();
const number = z.number().nullable();

export const controlLimitsItem = z
  .strictObject({
    id: z.string().meta({ format: 'uuid' }),
    version: z
      .int()
      .min(1)
      .meta({ description: 'Version number of the limits of the same parameter, chart, subgroup and filters.' }),
    parameter: text.meta({ description: 'null for charts of counts.' }),
    chart: z.enum(CHARTS),
    subgroup: z.string().meta({ description: 'lot, wafer, day, or a number of values.', examples: ['lot'] }),
    product: text.meta({ description: 'null = any product.' }),
    step: text,
    recipe: text,
    site: text,
    equipment_id: text,
    inspection_type: text,
    unit: text,
    settings: z.strictObject({
      policy: z.enum(ATTEMPT_POLICIES),
      break_at: z.enum(BREAKS).nullable(),
      sigma_method: z.enum(SIGMA_METHODS).nullable(),
      lambda: number,
      l: number,
      k: number,
      h: number,
    }),
    centre: z.number().meta({ description: 'Mean; for counts the rate per unit.' }),
    sigma: number.meta({ description: 'Of single values for xbar_r and xbar_s, otherwise of the points.' }),
    sigma_within: number,
    sigma_z: number,
    lower: number.meta({ description: 'Lower limit of the location panel; null where it varies by point.' }),
    upper: number,
    n: z.int().nullable().meta({ description: 'Values per sample; null if samples differ.' }),
    samples: z.int().nullable().meta({ description: 'Samples of the baseline, including excluded ones.' }),
    baseline: z.strictObject({ from: timeText, to: timeText }).nullable(),
    exclusions: z
      .array(
        z.strictObject({
          index: z.int().min(0),
          key: text,
          site: text,
          lot_id: text,
          first_at: timeText,
          reason: text,
        }),
      )
      .meta({
        description:
          'Samples of the baseline that the limits do not come from. `key`, `site`, `lot_id` and `reason` are null for a caller limited to sites or products, unless the limits name a site or product of its own.',
      }),
    as_of: asOfSchema.nullable().meta({ description: 'State of the data behind the limits; null for given limits.' }),
    ...definitionShape,
    reason: z.string(),
    author: z.string().meta({ description: 'Subject that stored them.' }),
    created_at: timeText,
  })
  .meta({ id: 'ControlLimits' });
export type ControlLimitsItem = z.output<typeof controlLimitsItem>;

export const controlLimitsPage = z
  .strictObject({ items: z.array(controlLimitsItem), next_cursor: nextCursor })
  .meta({ id: 'ControlLimitsPage' });
export type ControlLimitsPage = z.output<typeof controlLimitsPage>;
