import { INSPECTION_RESULTS } from '@chip/contracts';
import { z } from 'zod';
import { attemptQuestion, groupParameters } from '../attempts/attempt-parameters.ts';
import { paretoShape, topParameter } from '../attempts/grouped-pareto.ts';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
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
  top: topParameter,
  ...groupParameters,
});

export type ParetoParameters = z.output<typeof paretoParameters>;

export const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    ...paretoShape(
      {
        key: z.int().meta({ description: 'Bin number.', examples: [1] }),
        passed: count.meta({ description: 'Units among these that pass.' }),
      },
      'units with a bin',
    ),
    totals: z.strictObject({
      count: count.meta({ description: 'Units with a bin.' }),
      without_bin: count.meta({ description: 'Units whose chosen attempt has no bin.' }),
    }),
  })
  .meta({ id: 'BinPareto' });

export type ParetoAnswer = z.output<typeof paretoAnswer>;
