import { INSPECTION_RESULTS } from '@chip/contracts';
import { z } from 'zod';
import { policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { endsInOrder } from '../http/parameters.ts';
import { BINS } from './bin-pareto.sql.ts';

export const paretoParameters = z
  .strictObject({
    bin: z.enum(BINS).default('hard').meta({
      description: 'hard: physical disposition of the unit. soft: logical cause of a failure.',
      example: 'hard',
    }),
    result: z.enum(INSPECTION_RESULTS).optional().meta({
      description: 'Only attempts with this verdict: fail leaves the pass bins out of the counts and shares.',
      example: 'fail',
    }),
    policy: policyParameter,
    ...statisticParameters,
  })
  .superRefine(endsInOrder);

export type ParetoParameters = z.output<typeof paretoParameters>;

const share = z.number().min(0).max(1);

export const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(
      z.strictObject({
        key: z.int().meta({ description: 'Bin number.', examples: [1] }),
        count: count.meta({ description: 'Units whose chosen attempt has this bin; with policy=all, attempts.' }),
        passed: count.meta({ description: 'Of these, units that pass.' }),
        share: share.meta({ description: 'Of all units with a bin.' }),
        cumulative_share: share,
      }),
    ),
    totals: z.strictObject({
      count: count.meta({ description: 'Units with a bin.' }),
      without_bin: count.meta({ description: 'Units whose chosen attempt has none.' }),
    }),
  })
  .meta({ id: 'BinPareto' });

export type ParetoAnswer = z.output<typeof paretoAnswer>;
