import { INSPECTION_RESULTS } from '@chip/contracts';
import { z } from 'zod';
import { attemptQuestion } from '../attempts/attempt-parameters.ts';
import { asOfSchema, count, definitionShape, paretoShares } from '../http/answers.ts';
import { BINS } from './bin-pareto.sql.ts';

export const paretoParameters = attemptQuestion({
  bin: z.enum(BINS).default('hard').meta({
    description: 'hard: physical disposition of the unit. soft: logical cause of a failure.',
    example: 'hard',
  }),
  result: z.enum(INSPECTION_RESULTS).optional().meta({
    description: 'Only attempts with this verdict: fail excludes the pass bins from counts and shares.',
    example: 'fail',
  }),
});

export type ParetoParameters = z.output<typeof paretoParameters>;

export const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(
      z.strictObject({
        key: z.int().meta({ description: 'Bin number.', examples: [1] }),
        count: count.meta({ description: 'Units whose chosen attempt has this bin; with policy=all, attempts.' }),
        passed: count.meta({ description: 'Units among these that pass.' }),
        ...paretoShares('units with a bin'),
      }),
    ),
    totals: z.strictObject({
      count: count.meta({ description: 'Units with a bin.' }),
      without_bin: count.meta({ description: 'Units whose chosen attempt has no bin.' }),
    }),
  })
  .meta({ id: 'BinPareto' });

export type ParetoAnswer = z.output<typeof paretoAnswer>;
