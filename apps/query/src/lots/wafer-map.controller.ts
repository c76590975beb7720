import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { ATTEMPT_POLICIES, describeChoice } from '../attempts/chosen-attempts.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, lotParameter, nameParameter, siteParameter } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { findLot } from './lot.sql.ts';
import { lotPath } from './lots.controller.ts';
import { diesOfLot, diesOfWafer } from './wafer-map.sql.ts';

const { lot_id: _lot, site: _site, ...filters } = statisticParameters;
const mapShape = {
  ...filters,
  site: siteParameter.optional(),
  mix: mixParameter('inspection types and steps'),
};
const lotMapParameters = z.strictObject({ policy: policyParameter, ...mapShape }).superRefine(endsInOrder);
const waferMapParameters = z
  .strictObject({
    value: nameParameter(
      'result, hard_bin, soft_bin, defect_count, or the name of a measurement.',
      'hard_bin',
      200,
    ).default('result'),
    policy: z.enum(ATTEMPT_POLICIES).exclude(['all']).default('last').meta({
      description: 'Which attempt stands for a die that was tested more than once; a map has one value per die.',
      example: 'last',
    }),
    ...mapShape,
  })
  .superRefine(endsInOrder);
const waferPath = z.strictObject({
  lot_id: lotParameter,
  wafer_id: nameParameter('Wafer, named within its lot.', 'W01'),
});

type LotPath = z.output<typeof lotPath>;
type WaferPath = z.output<typeof waferPath>;
type LotMapParameters = z.output<typeof lotMapParameters>;
type WaferMapParameters = z.output<typeof waferMapParameters>;

const coordinate = z.int();
const bounds = {
  x_min: coordinate.nullable(),
  x_max: coordinate.nullable(),
  y_min: coordinate.nullable(),
  y_max: coordinate.nullable(),
};
const waferMapAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    site: z.string(),
    lot_id: z.string(),
    wafer_id: z.string(),
    value: z.string(),
    ...bounds,
    dies: z.array(z.tuple([coordinate, coordinate, z.union([z.string(), z.number()]).nullable()])).meta({
      description: '[x, y, value], ordered by x, then y; x and y are step coordinates as the machine gave them.',
    }),
  })
  .meta({ id: 'WaferMap' });
type WaferMapAnswer = z.output<typeof waferMapAnswer>;

const lotMapAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    site: z.string(),
    lot_id: z.string(),
    ...bounds,
    dies: z.array(z.tuple([coordinate, coordinate, z.number().min(0).max(1), count])).meta({
      description:
        '[x, y, fraction of the wafers on which the die fails, wafers on which it was tested]; of attempts with policy=all.',
    }),
  })
  .meta({ id: 'LotMap' });
type LotMapAnswer = z.output<typeof lotMapAnswer>;

@ApiTags('Wafer maps')
@Controller('v1/lots/:lot_id')
export class WaferMapController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('wafers/:wafer_id/map')
  @Answers(waferMapAnswer, {
    summary: 'Map of one wafer',
    description: 'One value per die position, compact enough for a whole 300 mm wafer.',
    notFound: 'There is no such lot, or no such wafer in it.',
  })
  wafer(
    @Param({ schema: waferPath }) { lot_id, wafer_id }: WaferPath,
    @Query({ schema: waferMapParameters }) parameters: WaferMapParameters,
  ): Promise<WaferMapAnswer> {
    const { value, site, mix, ...filters } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const [wafer] = await snapshot.query('SELECT 1 FROM wafers WHERE lot_id = $1 AND wafer_id = $2', [
        lot.id,
        wafer_id,
      ]);
      if (!wafer) {
        throw new Problem(404, 'not_found', 'there is no such wafer in this lot');
      }
      const question = { ...filters, mix: mix === 'yes', lot: lot.id };
      const dies = await diesOfWafer(snapshot, question, wafer_id, value);
      return {
        definition: `Per die position (x, y): ${value} of the attempt counted; dies whose attempt does not carry it are left out. ${describeChoice(question, 'operation')}`,
        definition_id: 'map.wafer/2',
        site: lot.site,
        lot_id,
        wafer_id,
        value,
        ...boundsOf(dies),
        dies: dies.map((die) => [die.x, die.y, die.value]),
      };
    });
  }

  @Get('map')
  @Answers(lotMapAnswer, {
    summary: 'Stacked map of a lot',
    description:
      'How often each die position fails over the wafers of the lot: shows what repeats from wafer to wafer.',
    notFound: 'There is no such lot.',
  })
  lot(
    @Param({ schema: lotPath }) { lot_id }: LotPath,
    @Query({ schema: lotMapParameters }) parameters: LotMapParameters,
  ): Promise<LotMapAnswer> {
    const { site, mix, ...filters } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const question = { ...filters, mix: mix === 'yes', lot: lot.id };
      const dies = await diesOfLot(snapshot, question);
      return {
        definition: `Per die position (x, y): ${question.policy === 'all' ? 'failing attempts / attempts' : 'wafers on which the die fails / wafers on which it was tested'}. ${describeChoice(question, 'operation')}`,
        definition_id: 'map.lot/2',
        site: lot.site,
        lot_id,
        ...boundsOf(dies),
        dies: dies.map((die) => [die.x, die.y, die.failed / die.tested, die.tested]),
      };
    });
  }
}

/** Not Math.min(...): a wafer may have more dies than a call takes arguments. */
function boundsOf(
  dies: readonly { x: number; y: number }[],
): Pick<WaferMapAnswer, 'x_min' | 'x_max' | 'y_min' | 'y_max'> {
  if (dies.length === 0) {
    return { x_min: null, x_max: null, y_min: null, y_max: null };
  }
  const bounds = { x_min: Infinity, x_max: -Infinity, y_min: Infinity, y_max: -Infinity };
  for (const { x, y } of dies) {
    bounds.x_min = Math.min(bounds.x_min, x);
    bounds.x_max = Math.max(bounds.x_max, x);
    bounds.y_min = Math.min(bounds.y_min, y);
    bounds.y_max = Math.max(bounds.y_max, y);
  }
  return bounds;
}
