import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { ATTEMPT_POLICIES } from '../attempts/chosen-attempts.ts';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { endsInOrder, lotParameter, nameParameter, siteParameter } from '../http/parameters.ts';

const { lot_id: _lot, site: _site, ...filters } = statisticParameters;

const mapShape = {
  ...filters,
  site: siteParameter.optional(),
  mix: mixParameter('inspection types and steps'),
};

export const lotMapParameters = z.strictObject({ policy: policyParameter, ...mapShape }).superRefine(endsInOrder);

export const waferMapParameters = z
  .strictObject({
    value: nameParameter(
      'result, hard_bin, soft_bin, defect_count, or the name of a measurement.',
      'hard_bin',
      200,
    ).default('result'),
    policy: z.enum(ATTEMPT_POLICIES).exclude(['all']).default('last').meta({
      description: 'Which attempt represents a die that was tested more than once; a map has one value per die.',
      example: 'last',
    }),
    ...mapShape,
  })
  .superRefine(endsInOrder);

export const waferPath = z.strictObject({
  lot_id: lotParameter,
  wafer_id: nameParameter('Wafer, named within its lot.', 'W01'),
});

export type WaferPath = z.output<typeof waferPath>;

export type LotMapParameters = z.output<typeof lotMapParameters>;

export type WaferMapParameters = z.output<typeof waferMapParameters>;

const coordinate = z.int();

const bounds = {
  x_min: coordinate.nullable(),
  x_max: coordinate.nullable(),
  y_min: coordinate.nullable(),
  y_max: coordinate.nullable(),
};

export const waferMapAnswer = z
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

export type WaferMapAnswer = z.output<typeof waferMapAnswer>;

export const lotMapAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    site: z.string(),
    lot_id: z.string(),
    ...bounds,
    dies: z.array(z.tuple([coordinate, coordinate, z.number().min(0).max(1), count])).meta({
      description:
        '[x, y, fraction of the wafers on which the die fails, wafers on which it was tested]; with policy=all, of attempts instead of wafers.',
    }),
  })
  .meta({ id: 'LotMap' });

export type LotMapAnswer = z.output<typeof lotMapAnswer>;
