import { z } from 'zod';
import { asOfSchema, count, definitionShape, fraction, groupNameSchema, warningSchema } from '../http/answers.ts';
import {
  groupParameters,
  groupsFit,
  otherGroups,
  topFits,
  topGroupsParameter,
  policyParameter,
  statisticParameters,
} from '../attempts/attempt-parameters.ts';
import { endsInOrder } from '../http/parameters.ts';

const YIELD_KINDS = ['final', 'first_pass', 'insertion', 'rolled_throughput'] as const;
export type YieldKind = (typeof YIELD_KINDS)[number];

export const yieldParameters = z
  .strictObject({
    ...statisticParameters,
    ...groupParameters,
    top: topGroupsParameter,
    kind: z
      .enum(YIELD_KINDS)
      .default('final')
      .meta({
        description:
          'final: one attempt per unit, chosen by `policy`. first_pass: the first attempt of each unit. insertion: every attempt counts. rolled_throughput: product of first-pass yields over the operations (inspection type, step).',
        examples: ['final'],
      }),
    policy: policyParameter.meta({
      description:
        "Which attempt represents a unit that was tested more than once, chosen from the unit's whole history. Applies to kind=final; all is the same as kind=insertion.",
      example: 'last',
    }),
  })
  .superRefine(endsInOrder)
  .superRefine(groupsFit)
  .superRefine(topFits)
  .superRefine(({ kind, top }, context) => {
    if (top !== undefined && kind === 'rolled_throughput') {
      context.addIssue({
        code: 'custom',
        path: ['top'],
        message: 'does not apply to rolled throughput, which has no sum',
      });
    }
  });
export type YieldParameters = z.output<typeof yieldParameters>;

const figures = {
  units: count.meta({ description: 'Units counted (with kind=insertion: attempts).', examples: [555] }),
  passed: count.meta({ examples: [504] }),
  failed: count.meta({ examples: [51] }),
  yield: fraction.nullable().meta({
    description:
      'Fraction 0..1; null when there are no units, and for rolled throughput across products that do not share their operations.',
    examples: [0.908108],
  }),
  dppm: z
    .number()
    .nullable()
    .meta({ description: 'Defective parts per million; null where yield is null.', examples: [91891.89] }),
  steps: z
    .array(
      z.strictObject({ inspection_type: z.string(), step: z.string(), units: count, passed: count, yield: fraction }),
    )
    .optional()
    .meta({ description: 'With kind=rolled_throughput: first-pass yield of each operation.' }),
};

export const yieldAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    warning: warningSchema,
    groups: z.array(z.strictObject({ ...groupNameSchema, ...figures })),
    other: otherGroups(figures),
    totals: z.strictObject(figures).meta({ description: 'Computed from the unit counts, never as a mean of groups.' }),
  })
  .meta({ id: 'Yield' });
export type YieldAnswer = z.output<typeof yieldAnswer>;
