import { finiteNumber, measuredNumber } from '@chip/contracts';
import { CONTROL_RULES, type ControlRule, NELSON, WESTERN_ELECTRIC } from '@chip/quality';
import { z } from 'zod';
import { count, timeText, warningSchema } from '../http/answers.ts';
import { listOf } from '../http/request-check.ts';
import { MAX_SAMPLES, SIGMA_METHOD_TEXT, sigmaMethodSchema } from '../measured/measured-parameters.ts';

export const CHARTS = [
  'xbar_r',
  'xbar_s',
  'imr',
  'between_within',
  'p',
  'np',
  'c',
  'u',
  'p_prime',
  'u_prime',
  'ewma',
  'cusum',
] as const;
export type Chart = (typeof CHARTS)[number];

/** The member of a request that holds the data of a chart. */
export const DATA_OF: Readonly<Record<Chart, 'values' | 'subgroups' | 'counts'>> = {
  xbar_r: 'subgroups',
  xbar_s: 'subgroups',
  imr: 'values',
  between_within: 'subgroups',
  p: 'counts',
  np: 'counts',
  c: 'counts',
  u: 'counts',
  p_prime: 'counts',
  u_prime: 'counts',
  ewma: 'values',
  cusum: 'values',
};

export const DEFAULT_LAMBDA = 0.2;
export const DEFAULT_L = 3;
export const DEFAULT_K = 0.5;
export const DEFAULT_H = 5;

/** Most numbers in one request, all subgroups together. */
const MAX_NUMBERS = 200_000;

/** Refinement for schemas with `subgroups`. */
export function numbersCounted(
  { subgroups }: { subgroups?: readonly (readonly number[])[] | undefined },
  context: z.RefinementCtx,
): void {
  const numbers = (subgroups ?? []).reduce((sum, { length }) => sum + length, 0);
  if (numbers > MAX_NUMBERS) {
    context.addIssue({ code: 'custom', path: ['subgroups'], message: `expected at most ${MAX_NUMBERS} numbers` });
  }
}

/** Smallest size whose rate still fits a double. */
const MIN_SIZE = 1e-9;

/** Numeric settings of a chart; `lambda` and `l` are for EWMA, `k` and `h` for CUSUM. */
export const chartNumbers = {
  lambda: finiteNumber.gt(0).max(1),
  l: finiteNumber.positive(),
  k: finiteNumber.min(0),
  h: finiteNumber.positive(),
  target: finiteNumber,
  sigma: finiteNumber.positive(),
};

export const rulesSchema = z.union([
  z.literal(['western_electric', 'nelson']),
  z.array(z.enum(CONTROL_RULES)).max(CONTROL_RULES.length),
]);

const optional = <T extends z.ZodType>(schema: T, description: string) => schema.optional().meta({ description });

export const chartRequest = z
  .strictObject({
    chart: z.enum(CHARTS),
    values: optional(
      listOf(measuredNumber.nullable(), MAX_SAMPLES),
      'For imr, ewma, cusum: values in order; null = missing.',
    ),
    subgroups: optional(
      listOf(listOf(measuredNumber, 1000), MAX_SAMPLES),
      'For xbar_r, xbar_s and between_within; an empty subgroup is a gap.',
    ),
    counts: optional(
      listOf(z.strictObject({ count: z.int().min(0), size: finiteNumber.min(MIN_SIZE) }), MAX_SAMPLES),
      'For p, np, c, u, p_prime, u_prime: events in a sample of this size.',
    ),
    baseline: optional(
      z.strictObject({ from: z.int().min(0), to: z.int().min(1) }),
      '0-based, to exclusive: limits come from these samples only.',
    ),
    exclude: optional(
      listOf(z.int().min(0), MAX_SAMPLES),
      '0-based: samples excluded from the limits; the chart still draws them and applies the rules to them.',
    ),
    rules: optional(rulesSchema, 'A set or a list of rules; default ["beyond_limits"].'),
    sigma_method: optional(sigmaMethodSchema, `For xbar_r, xbar_s and between_within. ${SIGMA_METHOD_TEXT}`),
    lambda: optional(chartNumbers.lambda, `EWMA: weight of the newest value; default ${DEFAULT_LAMBDA}.`),
    l: optional(chartNumbers.l, `EWMA: width of the limits in sigma; default ${DEFAULT_L}.`),
    k: optional(chartNumbers.k, `CUSUM: slack in sigma; default ${DEFAULT_K}.`),
    h: optional(chartNumbers.h, `CUSUM: decision interval in sigma; default ${DEFAULT_H}.`),
    target: optional(
      chartNumbers.target,
      'Centre of the location panel; requires sigma, except for ewma and cusum, which estimate what is not given. Every panel takes its limits from both, and one sample is enough.',
    ),
    sigma: optional(
      chartNumbers.sigma,
      'Standard deviation of single values; requires target, except for ewma and cusum.',
    ),
  })
  .superRefine(numbersCounted)
  .meta({
    id: 'ChartRequest',
    example: { chart: 'imr', values: [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1] },
  });
export type ChartRequest = z.output<typeof chartRequest>;

const number = z.number().nullable();
const panelSchema = z.strictObject({
  centre: number.meta({ description: 'null when it varies by point.' }),
  lower: number,
  upper: number,
  points: z.array(
    z.strictObject({
      index: z.int().min(0).meta({ description: '0-based, in the data; missing values have no point.' }),
      value: z.number(),
      size: z.number().optional(),
      lower: z.number(),
      upper: z.number(),
      high: z.number().optional().meta({ description: 'CUSUM: sum above the target.' }),
      low: z.number().optional().meta({ description: 'CUSUM: sum below the target, not negative.' }),
    }),
  ),
  violations: z.array(
    z.strictObject({
      rule: z.enum(CONTROL_RULES),
      index: z.int().min(0).meta({ description: 'The last point of the pattern.' }),
    }),
  ),
});
export const chartShape = {
  chart: z.enum(CHARTS),
  sigma: number.meta({ description: 'Standard deviation behind the location limits; null when it varies by point.' }),
  location: panelSchema,
  dispersion: panelSchema.optional(),
  sigma_within: z.number().optional().meta({ description: 'between_within: standard deviation within the subgroups.' }),
  within: panelSchema.optional().meta({ description: 'between_within: range or standard deviation of each subgroup.' }),
  sigma_z: number.optional().meta({
    description:
      'Charts of counts: spread between samples relative to what their sizes explain, from the moving ranges; about 1 when sizes explain all of it.',
  }),
  warning: warningSchema,
};

/** The sample at an index of a chart. */
export const sampleSchema = z.strictObject({
  key: z.string().nullable().meta({ description: 'Lot, wafer or day; the chip of a single value.' }),
  site: z.string().nullable(),
  lot_id: z.string().nullable(),
  first_at: timeText,
  last_at: timeText,
  size: count.meta({ description: 'Values, or units.' }),
});

/** The names of the rules that a request selects. */
export function rulesOf(rules: ChartRequest['rules']): readonly ControlRule[] {
  if (rules === undefined) {
    return ['beyond_limits'];
  }
  if (rules === 'western_electric') {
    return WESTERN_ELECTRIC;
  }
  return rules === 'nelson' ? NELSON : rules;
}
