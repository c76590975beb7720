import { formatTime, INSPECTION_RESULTS, INSPECTION_STATUSES, parseTime } from '@chip/contracts';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, nameParameter, pageParameters, timeRange, unitFilters } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { inspectionDetail, inspectionPage, type InspectionDetail, type InspectionPage } from './inspection-answer.ts';
import { inspectionsWithHistory } from './inspection-detail.sql.ts';
import { listInspections } from './inspection-list.sql.ts';

const METADATA_PREFIX = 'metadata.';
const METADATA_KEY = /^metadata\.[A-Za-z0-9_.-]{1,64}$/;
const metadataValue = nameParameter('Value of a metadata field.', 'engineering', 1000);

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
  chip_id: nameParameter('Chip, by the text the machines use.', 'run-0001').optional(),
  ...timeRange('created_at', { from: '2008-07-19T00:00:00Z', to: '2008-07-20T00:00:00Z' }),
  ...pageParameters,
});

/** `metadata.<key>` makes the set of names open, so unknown ones are refused here. */
const listParameters = listShape.catchall(metadataValue).superRefine((given, context) => {
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

@ApiTags('Inspections')
@Controller('v1/inspections')
export class InspectionsController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(inspectionPage, {
    summary: 'Inspections, newest first',
    description:
      'The current state of each (lot, chip, inspection type), by (created_at, id) downwards. Pages stay in step while events arrive; new inspections appear before the first page.',
  })
  @ApiQuery({
    name: 'metadata',
    required: false,
    style: 'form',
    explode: true,
    description:
      'Metadata fields as `metadata.<key>=<value>`, key of letters, digits, `_`, `.`, `-`. Equal to the text, or to the number, boolean or null that it spells.',
    schema: {
      type: 'object',
      additionalProperties: { type: 'string' },
      example: { 'metadata.lot_kind': 'engineering' },
    },
  })
  async list(@Query({ schema: listParameters }) parameters: ListParameters): Promise<InspectionPage> {
    const { limit, cursor, ...filters } = parameters;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const metadata = Object.fromEntries(
      Object.entries(filters)
        .filter((entry): entry is [string, string] => METADATA_KEY.test(entry[0]))
        .map(([name, value]) => [name.slice(METADATA_PREFIX.length), value]),
    );
    // One more than asked for tells whether there is a next page.
    const items = await this.snapshots.read((snapshot) =>
      listInspections(snapshot, { ...filters, metadata }, after, limit + 1),
    );
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.created_at)), id: last.id }) : null,
    };
  }

  @Get(':id')
  @Answers(inspectionDetail, {
    summary: 'One inspection with its attempts, defects and measurements',
    description: 'Every attempt is kept, also those that were voided; defects and measurements name their attempt.',
    notFound: 'There is no inspection with this id.',
  })
  async one(@Param({ schema: inspectionPath }) { id }: z.output<typeof inspectionPath>): Promise<InspectionDetail> {
    const [inspection] = await this.snapshots.read((snapshot) => inspectionsWithHistory(snapshot, [id]));
    if (!inspection) {
      throw new Problem(404, 'not_found', 'there is no inspection with this id');
    }
    return inspection;
  }
}
