import { INSPECTION_RESULTS, INSPECTION_STATUSES } from '@chip/contracts';
import { z } from 'zod';
import {
  endsInOrder,
  integerParameter,
  nameParameter,
  pageParameters,
  timeRange,
  unitFilters,
} from '../http/parameters.ts';

export const METADATA_KEY = /^metadata\.[A-Za-z0-9_.-]{1,64}$/;

const metadataValue = nameParameter('Value of a metadata field.', 'engineering', 1000);

/** A step coordinate, as far as a PostgreSQL integer goes. */
const dieParameter = (which: string) =>
  integerParameter(-2_147_483_648, 2_147_483_647).meta({
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

/** `metadata.<key>` makes the set of names open, so this check refuses unknown ones. */
export const listParameters = listShape.catchall(metadataValue).superRefine((given, context) => {
  endsInOrder(given, context);
  const unknown = Object.keys(given).filter(
    (name) => !Object.hasOwn(listShape.shape, name) && !METADATA_KEY.test(name),
  );
  if (unknown.length > 0) {
    context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: given });
  }
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
