import { LEAST_LOTS } from '@chip/quality';
import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { BINS } from '../bins/bin-pareto.sql.ts';
import { asOfSchema, count, definitionShape, fraction, timeText, warningSchema } from '../http/answers.ts';
import { endsInOrder, integerParameter, productParameter } from '../http/parameters.ts';

const MAX_LOTS = 200;
const { product: _product, ...filters } = statisticParameters;

export const yieldLimitsParameters = z
  .strictObject({
    product: productParameter.meta({ description: 'Product whose lots the limits come from.', example: 'CQ-1000' }),
    lots: integerParameter(LEAST_LOTS, MAX_LOTS).default(25).meta({
      description: `How many lots the limits come from: the latest ones, without those that \`lot_id\` names.`,
      example: 25,
    }),
    bin: z.enum(BINS).default('hard').meta({ description: 'Which bins of failing units to limit.', example: 'hard' }),
    policy: policyParameter,
    ...filters,
    lot_id: filters.lot_id.meta({
      description:
        'Lots to judge; they do not contribute to the limits. Absent: the lots that the limits come from. Repeat it for several.',
      example: ['LOT-2008-07-19'],
    }),
    mix: mixParameter('inspection types'),
  })
  .superRefine(endsInOrder);
export type YieldLimitsParameters = z.output<typeof yieldLimitsParameters>;

const limits = {
  lots: count.meta({ description: 'Lots that the limits come from.' }),
  mean: fraction.nullable(),
  sigma: z.number().min(0).nullable().meta({ description: 'Standard deviation (n - 1) over the lots.' }),
};
const verdict = z
  .enum(['within', 'beyond_first', 'beyond_second'])
  .nullable()
  .meta({ description: `null while there are no limits: with fewer than ${LEAST_LOTS} lots.` });

export const yieldLimitsAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    warning: warningSchema,
    yield: z.strictObject({
      ...limits,
      syl1: fraction.nullable().meta({ description: 'Mean - 3 sigma.' }),
      syl2: fraction.nullable().meta({ description: 'Mean - 4 sigma.' }),
    }),
    bins: z.array(
      z.strictObject({
        bin: z.int(),
        ...limits,
        sbl1: fraction.nullable().meta({ description: 'Mean + 3 sigma.' }),
        sbl2: fraction.nullable().meta({ description: 'Mean + 4 sigma.' }),
      }),
    ),
    judged: z.array(
      z.strictObject({
        site: z.string(),
        lot_id: z.string(),
        completed_at: timeText.meta({ description: 'When its last counted attempt completed.' }),
        units: count,
        passed: count,
        yield: fraction,
        verdict,
        bins: z.array(z.strictObject({ bin: z.int(), count, fraction, verdict })).meta({
          description:
            'Bins of failing units that exceed their limits, or that none of the lots behind the limits had.',
        }),
      }),
    ),
  })
  .meta({ id: 'YieldLimits' });
export type YieldLimitsAnswer = z.output<typeof yieldLimitsAnswer>;
