import { pareto } from '@chip/quality';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, groupNameSchema } from '../http/answers.ts';
import { ATTEMPT_GROUPS, groupName } from '../attempts/attempt-groups.ts';
import { policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { densityCounts, type DensityCounts } from './defect-density.sql.ts';
import { DEFECT_PARETO_KEYS, defectCounts } from './defect-pareto.sql.ts';

const paretoParameters = z
  .strictObject({
    by: z.enum(DEFECT_PARETO_KEYS).default('class').meta({ description: 'What to count by.', example: 'class' }),
    policy: policyParameter,
    ...statisticParameters,
  })
  .superRefine(endsInOrder);
type ParetoParameters = z.output<typeof paretoParameters>;

const share = z.number().min(0).max(1);
const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(
      z.strictObject({
        key: z
          .string()
          .nullable()
          .meta({ description: 'null where the machines gave none.', examples: ['scratch'] }),
        site: z.string().optional().meta({ description: 'With by=lot.' }),
        count,
        share: share.meta({ description: 'Of all defects counted.' }),
        cumulative_share: share,
      }),
    ),
    totals: z.strictObject({ count }),
  })
  .meta({ id: 'DefectPareto' });
type ParetoAnswer = z.output<typeof paretoAnswer>;

const densityParameters = z
  .strictObject({
    group_by: z
      .enum(ATTEMPT_GROUPS)
      .optional()
      .meta({ description: 'One group per value; days and months are UTC. Without it: totals only.', example: 'lot' }),
    policy: policyParameter,
    ...statisticParameters,
  })
  .superRefine(endsInOrder);
type DensityParameters = z.output<typeof densityParameters>;

const densityFigures = {
  defects: count,
  inspected_area_cm2: z.number().min(0),
  density_per_cm2: z.number().min(0).nullable().meta({ description: 'Defects / inspected area; null without area.' }),
  attempts: count,
  attempts_without_area: count.meta({
    description: 'Left out, together with their defects: no inspected area is known.',
  }),
};
const densityAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(z.strictObject({ ...groupNameSchema, ...densityFigures })),
    totals: z.strictObject(densityFigures),
  })
  .meta({ id: 'DefectDensity' });
type DensityAnswer = z.output<typeof densityAnswer>;

@ApiTags('Defects')
@Controller('v1/defects')
export class DefectsController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('pareto')
  @Answers(paretoAnswer, {
    summary: 'Defects by class, equipment, lot or severity',
    description: 'Most frequent first, with shares and cumulative shares; equal counts in the order of their names.',
  })
  pareto(@Query({ schema: paretoParameters }) parameters: ParetoParameters): Promise<ParetoAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const bars = pareto(await defectCounts(snapshot, parameters, parameters.by));
      return {
        definition: `Defects found by the attempts counted, by ${parameters.by}. ${describeChoice(parameters, 'operation')}`,
        definition_id: 'defects.pareto/2',
        groups: bars.map(({ site, ...bar }) => (parameters.by === 'lot' ? { ...bar, site: site ?? '' } : bar)),
        totals: { count: bars.reduce((sum, bar) => sum + bar.count, 0) },
      };
    });
  }

  @Get('density')
  @Answers(densityAnswer, {
    summary: 'Defects per inspected area',
    description: 'D0: defects / inspected area in cm2, from the sums and never from a mean of densities.',
  })
  density(@Query({ schema: densityParameters }) parameters: DensityParameters): Promise<DensityAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const rows = await densityCounts(snapshot, parameters);
      const total = rows.find((row) => row.total);
      return {
        definition: `D0 = defects / inspected area (cm2), from the sums over the attempts counted. ${describeChoice(parameters, 'operation')} Attempts without an inspected area are left out together with their defects.`,
        definition_id: 'defects.density/2',
        groups:
          parameters.group_by === undefined
            ? []
            : rows
                .filter((row) => !row.total)
                .map((row) => ({ ...groupName(row, parameters.group_by), ...figuresOf(row) })),
        totals: figuresOf(total ?? { defects: 0, inspected_area_cm2: 0, attempts: 0, attempts_without_area: 0 }),
      };
    });
  }
}

const figuresOf = ({
  defects,
  inspected_area_cm2,
  attempts,
  attempts_without_area,
}: Pick<DensityCounts, 'defects' | 'inspected_area_cm2' | 'attempts' | 'attempts_without_area'>) => ({
  defects,
  inspected_area_cm2,
  density_per_cm2: inspected_area_cm2 > 0 ? defects / inspected_area_cm2 : null,
  attempts,
  attempts_without_area,
});
