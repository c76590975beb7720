import { z } from 'zod';
import { attemptQuestion, mixParameter } from '../attempts/attempt-parameters.ts';
import { topParameter } from '../attempts/grouped-pareto.ts';
import { asOfSchema, count, definitionShape, fraction, paretoShares, warningSchema } from '../http/answers.ts';

const COUNTED_AS = ['first', 'any'] as const;

export const failingTestsParameters = attemptQuestion({
  count: z.enum(COUNTED_AS).default('first').meta({
    description:
      'first: each unit counts for the first test that it fails, in the order of its measurements. any: for every test that it fails, which understates tests that come after a stop.',
    example: 'first',
  }),
  top: topParameter,
  mix: mixParameter('inspection types and steps'),
});
export type FailingTestsParameters = z.output<typeof failingTestsParameters>;

export const failingTestsAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    warning: warningSchema,
    groups: z.array(
      z.strictObject({
        key: z.string().meta({ description: 'Name of the measurement.', examples: ['idd_static'] }),
        count: count.meta({ description: 'Units that fail it; with count=first, as their first test.' }),
        failed: count.meta({ description: 'Units whose value lies outside its tested limits.' }),
        reached: count.meta({ description: 'Units that have a value of this test.' }),
        fail_fraction: fraction.meta({ description: 'failed / reached: given that the unit reached the test.' }),
        ...paretoShares('units counted'),
      }),
    ),
    other: z
      .strictObject({ keys: count, count, share: fraction })
      .optional()
      .meta({ description: 'With top: what is left off; absent when nothing is.' }),
    totals: z.strictObject({
      units: count.meta({ description: 'Units with a measurement.' }),
      failing: count.meta({ description: 'Units that fail at least one test.' }),
      stopped: count.meta({
        description: 'Failing units without a value after their first failing test, although other units have one.',
      }),
      failed_without_test: count.meta({
        description: 'Units whose verdict is fail, and which fail no test with limits: the reason is elsewhere.',
      }),
    }),
  })
  .meta({ id: 'FailingTests' });
export type FailingTestsAnswer = z.output<typeof failingTestsAnswer>;
