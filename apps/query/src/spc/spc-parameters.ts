import { CONTROL_RULES } from '@chip/quality';
import { z } from 'zod';
import { endsInOrder, integerParameter, numberParameter, timeParameter } from '../http/parameters.ts';
import { chartNumbers, CHARTS, rulesSchema } from '../charts/chart-request.ts';
import { breaksBetween, isOfCounts, subgroupOf } from '../charts/chart-subgroups.ts';
import { MAX_SAMPLES, measuredParameters, measurementParameter } from '../measured/measured-parameters.ts';

const rulesParameter = z
  .string()
  .transform((text) => (text === 'western_electric' || text === 'nelson' ? text : text.split(',')))
  .pipe(rulesSchema)
  .meta({
    description: `western_electric, nelson, or names separated by commas: ${CONTROL_RULES.join(', ')}. Default beyond_limits.`,
    example: 'beyond_limits,nelson_2',
  });

const excludeParameter = z
  .string()
  .regex(/^[0-9]{1,6}(,[0-9]{1,6})*$/, 'expected indices of samples, separated by commas')
  .transform((text) => text.split(',').map(Number))
  .meta({
    description:
      'Indices into `samples` of the same question, separated by commas: excluded from the limits; the chart still draws them and applies the rules to them.',
    example: '3,17',
  });

const MAX_PHASES = 20;

const phasesParameter = z
  .string()
  .transform((text, context): string[] => {
    // A message about one time names the parameter.
    const checked = z
      .array(timeParameter)
      .max(MAX_PHASES, `expected at most ${MAX_PHASES} times`)
      .safeParse(text.split(','));
    const times = checked.data ?? [];
    const isRising = times.every((time, i) => i === 0 || (times[i - 1] as string) < time);
    if (!checked.success || !isRising) {
      const message = checked.error?.issues[0]?.message ?? 'expected rising times, separated by commas';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    return times;
  })
  .meta({
    description:
      'Times at which a new phase begins, separated by commas: each phase has limits from its own samples, and no rule looks across its ends. A sample belongs to the phase in which it began.',
    example: '2008-08-01T00:00:00Z,2008-09-01T00:00:00Z',
  });

/** A number in a query, with the same checks as in the body of an evaluation. */
const chartNumber = (name: keyof typeof chartNumbers, description: string, example: number) =>
  numberParameter(description, example).pipe(chartNumbers[name]).optional().meta({ description, example });
const baselineTime = (description: string, example: string) =>
  timeParameter.meta({ format: 'date-time', description, example }).optional();

/** Limits of the whole chart, which phases do not have. */
const OF_ONE_PHASE = ['baseline_from', 'baseline_to', 'limits', 'target', 'sigma'] as const;

/** What limits come from, or are made with. */
const OF_LIMITS = [
  'baseline_from',
  'baseline_to',
  'exclude',
  'sigma_method',
  'target',
  'sigma',
  'lambda',
  'l',
  'k',
  'h',
] as const;

export const spcParameters = z
  .strictObject({
    parameter: measurementParameter
      .optional()
      .meta({ description: 'Name of the measurement; not for charts of counts, which count units.', example: 's000' }),
    chart: z.enum(CHARTS).meta({ description: 'Kind of chart.', example: 'imr' }),
    rules: rulesParameter.optional(),
    max_points: integerParameter(10, MAX_SAMPLES).optional().meta({
      description:
        'About so many points per panel: every violation, both ends, and the extremes of equal stretches between them. Indices stay those of the whole chart. Absent: every point.',
      example: 1000,
    }),
    ...measuredParameters,
    baseline_from: baselineTime('Limits from samples that begin at or after this time.', '2008-07-19T00:00:00Z'),
    baseline_to: baselineTime('Limits from samples that begin before this time.', '2008-08-19T00:00:00Z'),
    exclude: excludeParameter.optional(),
    phases: phasesParameter.optional(),
    limits: z
      .union([z.literal('current'), z.uuid()])
      .optional()
      .meta({
        description:
          'Frozen control limits (phase II), which need no data: an id of `/v1/control-limits`, or current = the newest ones of this parameter, chart, subgroup and policy that fit the filters, those that name the most of them first.',
        example: 'current',
      }),
    target: chartNumber(
      'target',
      'Centre of the location panel; requires sigma, except for ewma and cusum, which estimate what is not given. With both, limits need no data.',
      3000,
    ),
    sigma: chartNumber(
      'sigma',
      'Standard deviation of single values; requires target, except for ewma and cusum. Means use sigma / sqrt(n).',
      70,
    ),
    lambda: chartNumber('lambda', 'EWMA: weight of the newest value.', 0.2),
    l: chartNumber('l', 'EWMA: width of the limits in sigma.', 3),
    k: chartNumber('k', 'CUSUM: slack in sigma.', 0.5),
    h: chartNumber('h', 'CUSUM: decision interval in sigma.', 5),
  })
  .superRefine((given, context) => {
    endsInOrder(given, context);
    for (const member of OF_LIMITS) {
      if (given.limits !== undefined && given[member] !== undefined) {
        context.addIssue({ code: 'custom', path: [member], message: 'does not go with limits, which are frozen' });
      }
    }
    for (const member of OF_ONE_PHASE) {
      if (given.phases !== undefined && given[member] !== undefined) {
        context.addIssue({
          code: 'custom',
          path: [member],
          message: 'does not go with phases, which have limits of their own',
        });
      }
    }
    if ((given.parameter === undefined) !== isOfCounts(given.chart)) {
      const message =
        given.parameter === undefined ? `is required for ${given.chart}` : `does not apply to ${given.chart}`;
      context.addIssue({ code: 'custom', path: ['parameter'], message });
    }
    if (given.break_at !== undefined && !breaksBetween(subgroupOf(given)).includes(given.break_at)) {
      context.addIssue({
        code: 'custom',
        path: ['break_at'],
        message: 'cannot lie between samples of this subgroup',
      });
    }
    if (given.break_at !== undefined && (isOfCounts(given.chart) || given.chart.startsWith('xbar'))) {
      context.addIssue({ code: 'custom', path: ['break_at'], message: `does not apply to ${given.chart}` });
    }
  });
export type SpcParameters = z.output<typeof spcParameters>;
