import { INSPECTION_RESULTS, INSPECTION_STATUSES, MAX_INTEGER, MIN_INTEGER } from '@chip/contracts';
import { z } from 'zod';
import { FieldFilters, fieldValue } from '../http/field-filters.ts';
import {
  endsInOrder,
  integerParameter,
  nameParameter,
  pageParameters,
  timeRange,
  unitFilters,
} from '../http/parameters.ts';

export const metadataFilters = new FieldFilters('metadata');

/** A step coordinate, as far as a PostgreSQL integer goes. */
const dieParameter = (which: string) =>
  integerParameter(MIN_INTEGER, MAX_INTEGER).meta({
    description: `${which} of the die on its wafer, in steps as the machine counts them.`,
    example: 12,
  });

const listShape = z.object({
  status: z
    .enum(INSPECTION_STATUSES)
    .optional()
    .meta({ description: 'State of the run.', examples: ['completed'] }),
  result: z
    .enum(INSPECTION_RESULTS)
    .optional()
    .meta({ description: 'Verdict on the chip.', examples: ['fail'] }),
  ...unitFilters,
  chip_id: nameParameter('Chip, by the name that machines use.', 'run-0001').optional(),
  wafer_id: nameParameter('Wafer, named within its lot.', 'W01').optional(),
  die_x: dieParameter('Column').optional(),
  die_y: dieParameter('Row').optional(),
  ...timeRange('created_at', { from: '2008-07-19T00:00:00Z', to: '2008-07-20T00:00:00Z' }),
  ...pageParameters,
});

export const listParameters = listShape.catchall(fieldValue).superRefine((given, context) => {
  endsInOrder(given, context);
  metadataFilters.refuseOthers(listShape.shape, given, context);
});

export type ListParameters = z.output<typeof listParameters>;

export const inspectionPath = z.strictObject({
  id: z
    .guid({ error: 'expected a UUID' })
    .transform((id) => id.toLowerCase())
    .meta({
      format: 'uuid',
      description: '`id` of an item of the list.',
      example: '0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11',
    }),
});
