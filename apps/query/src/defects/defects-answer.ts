import { z } from 'zod';
import {
  attemptQuestion,
  groupParameters,
  otherGroups,
  topFits,
  topGroupsParameter,
} from '../attempts/attempt-parameters.ts';
import { paretoShape, topParameter } from '../attempts/grouped-pareto.ts';
import { asOfSchema, count, definitionShape, groupNameSchema } from '../http/answers.ts';
import { DEFECT_PARETO_KEYS } from './defect-pareto.sql.ts';

export const paretoParameters = attemptQuestion({
  by: z.enum(DEFECT_PARETO_KEYS).default('class').meta({ description: 'What to count by.', example: 'class' }),
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
        key: z
          .string()
          .nullable()
          .meta({ description: 'null where the machine stated none.', examples: ['scratch'] }),
        site: z.string().optional().meta({ description: 'With by=lot.' }),
      },
      'defects counted',
    ),
    totals: z.strictObject({ count }),
  })
  .meta({ id: 'DefectPareto' });

export type ParetoAnswer = z.output<typeof paretoAnswer>;

export const densityParameters = attemptQuestion({ ...groupParameters, top: topGroupsParameter }).superRefine(topFits);

export type DensityParameters = z.output<typeof densityParameters>;

const densityFigures = {
  defects: count,
  inspected_area_cm2: z.number().min(0),
  density_per_cm2: z.number().min(0).nullable().meta({ description: 'Defects / inspected area; null without area.' }),
  attempts: count,
  attempts_without_area: count.meta({
    description: 'Excluded together with their defects, because their inspected area is unknown.',
  }),
};

export const densityAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(z.strictObject({ ...groupNameSchema, ...densityFigures })),
    other: otherGroups(densityFigures),
    totals: z.strictObject(densityFigures),
  })
  .meta({ id: 'DefectDensity' });

export type DensityAnswer = z.output<typeof densityAnswer>;
