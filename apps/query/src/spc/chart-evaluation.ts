import {
  attributeChart,
  ChartDataError,
  CONTROL_RULES,
  type ControlChart,
  type ControlRule,
  cusumChart,
  ewmaChart,
  individualsChart,
  NELSON,
  RULE_TEXTS,
  subgroupChart,
  WESTERN_ELECTRIC,
} from '@chip/quality';
import { z } from 'zod';
import { MAX_MAGNITUDE } from '../parameters.ts';
import { Problem } from '../problem.error.ts';
import { listOf } from '../request-check.ts';

export const CHARTS = ['xbar_r', 'xbar_s', 'imr', 'p', 'np', 'c', 'u', 'ewma', 'cusum'] as const;
export type Chart = (typeof CHARTS)[number];

/** Which member of a request holds the data of a chart. */
const DATA_OF: Readonly<Record<Chart, 'values' | 'subgroups' | 'counts'>> = {
  xbar_r: 'subgroups',
  xbar_s: 'subgroups',
  imr: 'values',
  p: 'counts',
  np: 'counts',
  c: 'counts',
  u: 'counts',
  ewma: 'values',
  cusum: 'values',
};

export const DEFAULT_LAMBDA = 0.2;
export const DEFAULT_L = 3;
export const DEFAULT_K = 0.5;
export const DEFAULT_H = 5;

export const finite = z.number().min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE);
/** Most samples of one request; more would hold up everybody else's. */
export const MAX_SAMPLES = 50_000;
/** Most numbers of one request, all subgroups together. */
const MAX_NUMBERS = 200_000;

/** Check for schemas with `subgroups`. */
export function numbersCounted(
  { subgroups }: { subgroups?: readonly (readonly number[])[] | undefined },
  context: z.RefinementCtx,
): void {
  const numbers = (subgroups ?? []).reduce((sum, { length }) => sum + length, 0);
  if (numbers > MAX_NUMBERS) {
    context.addIssue({ code: 'custom', path: ['subgroups'], message: `expected at most ${MAX_NUMBERS} numbers` });
  }
}

/** Numbers that shape a chart; `lambda` and `l` belong to EWMA, `k` and `h` to CUSUM. */
export const chartNumbers = {
  lambda: finite.gt(0).max(1),
  l: finite.positive(),
  k: finite.min(0),
  h: finite.positive(),
  target: finite,
  sigma: finite.positive(),
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
      listOf(finite.nullable(), MAX_SAMPLES),
      'For imr, ewma, cusum: values in their order; null = missing.',
    ),
    subgroups: optional(listOf(listOf(finite, 1000), MAX_SAMPLES), 'For xbar_r and xbar_s.'),
    counts: optional(
      listOf(z.strictObject({ count: z.int().min(0), size: finite.positive() }), MAX_SAMPLES),
      'For p, np, c, u: events in a sample of this size.',
    ),
    baseline: optional(
      z.strictObject({ from: z.int().min(0), to: z.int().min(1) }),
      '0-based, to exclusive: limits come from these samples alone.',
    ),
    rules: optional(rulesSchema, 'A set or a list of rules; default ["beyond_limits"].'),
    lambda: optional(chartNumbers.lambda, `EWMA: weight of the newest value; default ${DEFAULT_LAMBDA}.`),
    l: optional(chartNumbers.l, `EWMA: width of the limits in sigma; default ${DEFAULT_L}.`),
    k: optional(chartNumbers.k, `CUSUM: slack in sigma; default ${DEFAULT_K}.`),
    h: optional(chartNumbers.h, `CUSUM: decision interval in sigma; default ${DEFAULT_H}.`),
    target: optional(chartNumbers.target, 'Centre of the location panel, with sigma.'),
    sigma: optional(chartNumbers.sigma, 'Standard deviation of single values, with target.'),
  })
  .superRefine(numbersCounted)
  .meta({
    id: 'ChartRequest',
    example: { chart: 'imr', values: [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1] },
  });
export type ChartRequest = z.output<typeof chartRequest>;

const number = z.number().nullable();
const panelSchema = z.strictObject({
  centre: number.meta({ description: 'null where it varies by point.' }),
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
  sigma: number.meta({ description: 'Standard deviation behind the location limits; null where it varies by point.' }),
  location: panelSchema,
  dispersion: panelSchema.optional(),
};

/** The rule names that a request means. */
export function rulesOf(rules: ChartRequest['rules']): readonly ControlRule[] {
  if (rules === undefined) return ['beyond_limits'];
  if (rules === 'western_electric') return WESTERN_ELECTRIC;
  return rules === 'nelson' ? NELSON : rules;
}

/** @throws ChartDataError from the chart; Problem 400 when the members of the request do not fit the chart */
export function evaluateChart(request: ChartRequest): ControlChart & { chart: Chart } {
  const { chart, values = [], subgroups = [], counts = [], baseline, target, sigma } = request;
  const data = DATA_OF[chart];
  for (const member of ['values', 'subgroups', 'counts'] as const)
    if ((request[member] !== undefined) !== (member === data))
      throw unfit(
        member,
        member === data ? `is what ${chart} needs` : `does not belong to ${chart}, which takes ${data}`,
      );
  for (const [member, owner] of [
    ['lambda', 'ewma'],
    ['l', 'ewma'],
    ['k', 'cusum'],
    ['h', 'cusum'],
  ] as const)
    if (request[member] !== undefined && chart !== owner) throw unfit(member, `belongs to ${owner}, not to ${chart}`);
  const length = { values, subgroups, counts }[data].length;
  if (baseline && (baseline.from >= baseline.to || baseline.to > length))
    throw unfit('baseline', `must lie within the ${length} samples, from before to`);

  const options = { baseline, rules: rulesOf(request.rules), target, sigma };
  switch (chart) {
    case 'imr':
      return { chart, ...individualsChart(values, options) };
    case 'ewma':
      return {
        chart,
        ...ewmaChart(values, { lambda: request.lambda ?? DEFAULT_LAMBDA, l: request.l ?? DEFAULT_L }, options),
      };
    case 'cusum':
      return { chart, ...cusumChart(values, { k: request.k ?? DEFAULT_K, h: request.h ?? DEFAULT_H }, options) };
    case 'xbar_r':
    case 'xbar_s':
      return { chart, ...subgroupChart(chart, subgroups, options) };
    case 'p':
    case 'np':
    case 'c':
    case 'u':
      return { chart, ...attributeChart(chart, counts, options) };
  }
}

const unfit = (member: string, message: string): ChartDataError => new ChartDataError(member, message);

/** A chart that the request or its data does not allow, as a 400 that names what is at fault. */
export function asProblem(error: unknown, place: 'body' | 'query'): unknown {
  if (!(error instanceof ChartDataError)) return error;
  const { field, message } = error;
  if (place === 'body')
    return new Problem(400, 'invalid_body', `${field} ${message}`, [{ parameter: `/${field}`, message }]);
  // In a query the data is not the caller's: what does not suit it is the kind of chart.
  const parameter = field === 'values' || field === 'subgroups' || field === 'counts' ? 'chart' : field;
  return new Problem(400, 'invalid_parameter', `${field} ${message}`, [{ parameter, message: `${field} ${message}` }]);
}

const CHART_TEXTS: Readonly<Record<Chart, string>> = {
  imr: 'Individuals and moving range: sigma = mean moving range / d2(2), no range across a missing value; limits centre +- 3 sigma.',
  xbar_r: 'X-bar and R: sigma = mean of R/d2(n) over the subgroups; limits centre +- 3 sigma / sqrt(n).',
  xbar_s: 'X-bar and S: sigma = mean of S/c4(n) over the subgroups; limits centre +- 3 sigma / sqrt(n).',
  p: 'Fraction failing: centre = failing / all; limits centre +- 3 sqrt(p (1 - p) / n), within 0..1.',
  np: 'Number failing: centre = n p; limits centre +- 3 sqrt(n p (1 - p)), within 0..n.',
  c: 'Events: centre = mean count; limits centre +- 3 sqrt(centre), not below 0.',
  u: 'Events per unit: centre = events / units; limits centre +- 3 sqrt(centre / n), not below 0.',
  ewma: 'EWMA: value is z = lambda x + (1 - lambda) z; limits by point (time-varying), centre +- l sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 i))); sigma = mean moving range / d2(2) unless given.',
  cusum:
    'Tabular CUSUM in data units: high and low sums with slack k sigma, limits h sigma; sigma = mean moving range / d2(2) unless given.',
};

/** Says in words where the limits of a chart come from and which rules were applied. */
export function defineChart(request: Pick<ChartRequest, 'chart' | 'rules' | 'baseline' | 'target' | 'sigma'>): string {
  const given = [
    ...(request.target === undefined ? [] : ['Centre as given.']),
    ...(request.sigma === undefined ? [] : ['Sigma as given.']),
    ...(request.baseline === undefined ? [] : ['Limits from the baseline alone.']),
  ];
  const rules = rulesOf(request.rules).map((rule) => `${rule} = ${RULE_TEXTS[rule]}`);
  return [
    CHART_TEXTS[request.chart],
    ...given,
    `Rules: ${rules.length === 0 ? 'none' : rules.join('; ')}.`,
    'Patterns are reported at their last point and span no missing value; on the dispersion panel limits alone are judged.',
  ].join(' ');
}
