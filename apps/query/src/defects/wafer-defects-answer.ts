import { z } from 'zod';
import { policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { asOfSchema, definitionShape } from '../http/answers.ts';
import { endsInOrder, siteOfLotParameter } from '../http/parameters.ts';

const { lot_id: _lot, site: _site, ...filters } = statisticParameters;

export const waferDefectsParameters = z
  .strictObject({ policy: policyParameter, ...filters, site: siteOfLotParameter.optional() })
  .superRefine(endsInOrder);
export type WaferDefectsParameters = z.output<typeof waferDefectsParameters>;

/** More defects than a map can show apart from each other. */
export const MAX_DEFECTS = 20_000;

export const waferDefectsAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    site: z.string(),
    lot_id: z.string(),
    wafer_id: z.string(),
    defects: z.array(
      z.strictObject({
        die_x: z.int(),
        die_y: z.int(),
        x_um: z.number().meta({ description: 'Micrometres from the origin of the die along x.' }),
        y_um: z.number(),
        class: z.string().meta({ examples: ['scratch'] }),
        size_um: z.number().nullable(),
        severity: z.string().nullable(),
      }),
    ),
    is_truncated: z.boolean().meta({ description: `Whether there are more than the ${MAX_DEFECTS} defects listed.` }),
  })
  .meta({ id: 'WaferDefects' });
export type WaferDefectsAnswer = z.output<typeof waferDefectsAnswer>;
