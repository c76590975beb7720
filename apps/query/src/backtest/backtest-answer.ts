import { CONTROL_RULES } from '@chip/quality';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, warningSchema } from '../http/answers.ts';
import { timeParameter } from '../http/parameters.ts';
import { chartBodyShape, chartFits, chartSettingsShape, windowSchema } from '../limits/chart-body.ts';
import { CHARTS, rulesSchema } from '../charts/chart-request.ts';

const MAX_SHIFTS = 5;
export const DEFAULT_SHIFTS = [0.5, 1, 1.5];

const instant = timeParameter.meta({ format: 'date-time' });

/** What comes with frozen limits. */
const OF_LIMITS = ['baseline', 'sigma_method', 'lambda', 'l', 'k', 'h'] as const;

export const backtestRequest = z
  .strictObject({
    ...chartBodyShape,
    ...chartSettingsShape,
    from: instant.meta({ description: 'History that was completed at or after this time.' }),
    to: instant.meta({ description: 'History that was completed before this time.' }),
    rules: rulesSchema.optional().meta({
      description: 'A set or a list of rules. Default: every rule; of ewma and cusum beyond_limits.',
    }),
    limits: z
      .union([z.literal('current'), z.uuid()])
      .optional()
      .meta({
        description: 'Frozen control limits, as of GET /v1/spc. Without these the limits come from the history.',
      }),
    baseline: windowSchema.optional().meta({
      description: 'The limits come from the samples that begin in [from, to), not from the whole history.',
    }),
    shifts: z
      .array(z.number().min(0.1).max(10))
      .min(1)
      .max(MAX_SHIFTS)
      .optional()
      .meta({
        description: `In sigma, of counts in standard deviations of each sample; default ${DEFAULT_SHIFTS.join(', ')}.`,
      }),
  })
  .superRefine((given, context) => {
    chartFits(given, context);
    const complain = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (given.from >= given.to) {
      complain('to', 'expected a time after from');
    }
    for (const member of OF_LIMITS) {
      if (given.limits !== undefined && given[member] !== undefined) {
        complain(member, 'does not go with limits, which are frozen');
      }
    }
  })
  .meta({
    id: 'BacktestRequest',
    example: {
      parameter: 's000',
      chart: 'imr',
      from: '2008-07-01T00:00:00Z',
      to: '2008-11-01T00:00:00Z',
      rules: 'nelson',
    },
  });
export type BacktestRequest = z.output<typeof backtestRequest>;

const findings = {
  alarms: count.meta({ description: 'In the history as it is stored.' }),
  alarms_per_week: z.number().min(0),
  most_in_a_week: count,
  shifts: z.array(
    z.strictObject({
      shift: z.number().meta({ description: 'In sigma.' }),
      starts: count.meta({ description: 'Places in the history where the shift was made to begin.' }),
      found: count.meta({ description: 'Starts after which it was found within the samples looked at.' }),
      mean_samples: z.number().nullable().meta({
        description: 'Samples until then, over the starts where it was found; null where it never was.',
      }),
    }),
  ),
};

export const backtestAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    warning: warningSchema,
    chart: z.enum(CHARTS),
    centre: z.number().nullable().meta({ description: 'Of the limits; null where the history has none.' }),
    sigma: z.number().nullable().meta({
      description: 'What shifts are counted in; null for counts, whose samples each have their own.',
    }),
    samples: count,
    weeks: z.array(
      z.strictObject({
        week: z.string().meta({ description: 'ISO week, UTC.', examples: ['2008-W31'] }),
        samples: count,
        alarms: count.meta({ description: 'Samples at which any of the rules raised an alarm.' }),
      }),
    ),
    rules: z.array(
      z.strictObject({
        panel: z.enum(['location', 'dispersion', 'within']),
        rule: z.enum(CONTROL_RULES),
        ...findings,
      }),
    ),
    together: z
      .strictObject(findings)
      .meta({ description: 'The set of rules as one: an alarm is a sample at which any of them raised one.' }),
  })
  .meta({ id: 'Backtest' });
export type BacktestAnswer = z.output<typeof backtestAnswer>;
