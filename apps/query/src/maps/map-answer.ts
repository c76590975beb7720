import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { ATTEMPT_POLICIES } from '../attempts/chosen-attempts.ts';
import { geometryShape } from '../geometries/geometry-answer.ts';
import { ZONES, ZONE_TEXTS, type Zone } from '../geometries/zones.sql.ts';
import { asOfSchema, count, definitionShape, fraction, timeText } from '../http/answers.ts';
import { endsInOrder, integerParameter, lotParameter, nameParameter, siteOfLotParameter } from '../http/parameters.ts';

const { lot_id: _lot, site: _site, ...filters } = statisticParameters;

const zonesParameter = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .pipe(z.array(z.enum(ZONES)).max(ZONES.length))
  .transform((zones): Zone[] => zones)
  .meta({
    description: `Adds yield by zone; several separated by commas. ${ZONES.map((zone) => `${zone}: ${ZONE_TEXTS[zone]}`).join('. ')}. Needs the geometry of the product (\`/v1/wafer-geometries\`).`,
    example: 'ring,quadrant',
  });

const valueParameter = nameParameter(
  'result, hard_bin, soft_bin, defect_count, or the name of a measurement.',
  'hard_bin',
  200,
).default('result');

const mapShape = {
  value: valueParameter,
  ...filters,
  mix: mixParameter('inspection types, steps, products and units'),
  zones: zonesParameter.optional(),
};
const ofLot = { ...mapShape, site: siteOfLotParameter.optional() };
const onePolicy = z.enum(ATTEMPT_POLICIES).exclude(['all']).default('last').meta({
  description: 'Which attempt represents a die that was tested more than once; a map has one value per die.',
  example: 'last',
});
const pictureShape = {
  size: integerParameter(100, 1000)
    .default(600)
    .meta({ description: 'Width and height of the wafer, in pixels.', example: 600 }),
};

const stackParameters = { ...mapShape, lot_id: statisticParameters.lot_id, site: statisticParameters.site };

export const waferMapParameters = z.strictObject({ policy: onePolicy, ...ofLot }).superRefine(endsInOrder);
export const lotMapParameters = z.strictObject({ policy: policyParameter, ...ofLot }).superRefine(endsInOrder);
export const stackMapParameters = z
  .strictObject({ policy: policyParameter, ...stackParameters })
  .superRefine(endsInOrder);
export const waferPictureParameters = z
  .strictObject({ policy: onePolicy, ...ofLot, ...pictureShape })
  .superRefine(endsInOrder);
export const lotPictureParameters = z
  .strictObject({ policy: policyParameter, ...ofLot, ...pictureShape })
  .superRefine(endsInOrder);
export const stackPictureParameters = z
  .strictObject({ policy: policyParameter, ...stackParameters, ...pictureShape })
  .superRefine(endsInOrder);

export const galleryParameters = z
  .strictObject({ policy: onePolicy, value: valueParameter, ...filters, site: ofLot.site })
  .superRefine(endsInOrder);

export type GalleryParameters = z.output<typeof galleryParameters>;
export type WaferMapParameters = z.output<typeof waferMapParameters>;
export type LotMapParameters = z.output<typeof lotMapParameters>;
export type StackMapParameters = z.output<typeof stackMapParameters>;
export type WaferPictureParameters = z.output<typeof waferPictureParameters>;
export type LotPictureParameters = z.output<typeof lotPictureParameters>;
export type StackPictureParameters = z.output<typeof stackPictureParameters>;

export const waferPath = z.strictObject({
  lot_id: lotParameter,
  wafer_id: nameParameter('Wafer, named within its lot.', 'W01'),
});
export type WaferPath = z.output<typeof waferPath>;

const coordinate = z.int();

const mapAnswer = {
  as_of: asOfSchema,
  ...definitionShape,
  value: z.string(),
  unit: z.string().nullable().meta({ description: 'Of measured values; null where they have none.' }),
  x_min: coordinate.nullable(),
  x_max: coordinate.nullable(),
  y_min: coordinate.nullable(),
  y_max: coordinate.nullable(),
  geometry: z
    .strictObject({
      product: z.string(),
      valid_from: timeText,
      ...geometryShape,
      gross_dice: count.meta({ description: 'Dice that lie wholly within the edge exclusion.' }),
    })
    .nullable()
    .meta({ description: 'Of the product, as it held when the last attempt completed; null where none is stored.' }),
  zones: z
    .array(
      z.strictObject({
        zone: z.enum(ZONES),
        key: z
          .string()
          .nullable()
          .meta({ examples: ['1'] }),
        dies: count.meta({ description: 'Die positions.' }),
        tested: count,
        failed: count,
        yield: fraction,
        mean: z.number().nullable().meta({ description: 'Of numeric values, over the die positions.' }),
      }),
    )
    .optional()
    .meta({ description: 'With zones.' }),
};
const ofOneLot = { site: z.string(), lot_id: z.string() };

export const waferMapAnswer = z
  .strictObject({
    ...mapAnswer,
    ...ofOneLot,
    wafer_id: z.string(),
    dies: z.array(z.tuple([coordinate, coordinate, z.union([z.string(), z.number()]).nullable()])).meta({
      description: '[x, y, value], ordered by x, then y; x and y are step coordinates as the machine gave them.',
    }),
  })
  .meta({ id: 'WaferMap' });
export type WaferMapAnswer = z.output<typeof waferMapAnswer>;

const { zones: _zones, ...wholeMap } = mapAnswer;

export const galleryAnswer = z
  .strictObject({
    ...wholeMap,
    ...ofOneLot,
    places: z.array(z.tuple([coordinate, coordinate])).meta({
      description: '[x, y] of each die position of any wafer, ordered by x, then y.',
    }),
    wafers: z.array(
      z.strictObject({
        wafer_id: z.string(),
        values: z.array(z.union([z.string(), z.number()]).nullable()).meta({
          description: 'One value for each of `places`, in their order; null where the die has none.',
        }),
      }),
    ),
  })
  .meta({ id: 'WaferMaps' });
export type GalleryAnswer = z.output<typeof galleryAnswer>;

const stackedDies = z.array(z.tuple([coordinate, coordinate, z.number().nullable(), count])).meta({
  description:
    '[x, y, value, wafers on which it was tested]. The value of result is the fraction of wafers on which the die fails, of a bin the most frequent one (of equally frequent ones the least), else the mean. With policy=all, of attempts instead of wafers.',
});

export const lotMapAnswer = z.strictObject({ ...mapAnswer, ...ofOneLot, dies: stackedDies }).meta({ id: 'LotMap' });
export type LotMapAnswer = z.output<typeof lotMapAnswer>;

export const stackMapAnswer = z.strictObject({ ...mapAnswer, dies: stackedDies }).meta({ id: 'StackedMap' });
export type StackMapAnswer = z.output<typeof stackMapAnswer>;
