import { formatTime, parseTime } from '@chip/contracts';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { Answers } from '../http/documented-route.ts';
import { inspectionDetail } from '../inspections/inspection-answer.ts';
import { inspectionsWithHistory } from '../inspections/inspection-detail.sql.ts';
import {
  endsInOrder,
  lotParameter,
  nameParameter,
  pageParameters,
  siteParameter,
  timeRange,
} from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { listLots } from './lot-list.sql.ts';
import { findLot, historyOfLot, wafersOfLot } from './lot.sql.ts';

const lot = {
  id: z.string().meta({ format: 'uuid' }),
  site: z.string(),
  lot_id: z.string().meta({ examples: ['LOT-2008-07-19'] }),
  created_at: timeText.meta({ description: 'When the lot was first stored.' }),
};

const listParameters = z
  .strictObject({
    site: siteParameter.optional(),
    lot_id: lotParameter.optional(),
    ...timeRange('created_at', { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);
type ListParameters = z.output<typeof listParameters>;
const lotPage = z
  .strictObject({
    items: z.array(z.strictObject(lot)),
    next_cursor: z.string().nullable().meta({ description: 'Give it as `cursor` for the next page; null at the end.' }),
  })
  .meta({ id: 'LotPage' });
type LotPage = z.output<typeof lotPage>;

export const lotPath = z.strictObject({ lot_id: lotParameter });
const siteOnly = z.strictObject({ site: siteParameter.optional() });
type LotPath = z.output<typeof lotPath>;
type SiteOnly = z.output<typeof siteOnly>;

const lotAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    ...lot,
    wafers: z.array(
      z.strictObject({
        wafer_id: z.string().nullable().meta({ description: 'null: inspections that name no wafer.' }),
        chips: count,
        inspections: count,
        passed: count,
        failed: count,
      }),
    ),
    history: z.array(
      z.strictObject({
        step: z.string(),
        inspection_type: z.string(),
        equipment_id: z.string().nullable(),
        recipe: z.string().nullable(),
        product: z.string().nullable(),
        attempts: count,
        first_at: timeText,
        last_at: timeText,
      }),
    ),
  })
  .meta({ id: 'Lot' });
type LotAnswer = z.output<typeof lotAnswer>;

const partPath = z.strictObject({
  lot_id: lotParameter,
  chip_id: nameParameter('Chip, by the text the machines use.', 'run-0001'),
});
type PartPath = z.output<typeof partPath>;
const partAnswer = z
  .strictObject({
    as_of: asOfSchema,
    site: z.string(),
    lot_id: z.string(),
    chip_id: z.string(),
    inspections: z.array(inspectionDetail),
  })
  .meta({ id: 'Part' });
type PartAnswer = z.output<typeof partAnswer>;

@ApiTags('Lots')
@Controller('v1/lots')
export class LotsController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(lotPage, {
    summary: 'Lots, newest first',
    description: 'By (created_at, id) downwards; created_at is when the lot was first stored.',
  })
  async list(@Query({ schema: listParameters }) parameters: ListParameters): Promise<LotPage> {
    const { limit, cursor, ...filters } = parameters;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const items = await this.snapshots.read((snapshot) => listLots(snapshot, filters, after, limit + 1));
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.created_at)), id: last.id }) : null,
    };
  }

  @Get(':lot_id')
  @Answers(lotAnswer, {
    summary: 'Everything about one lot',
    description: 'Its wafers with their present results, and which machine did what to it when.',
    notFound: 'There is no such lot.',
  })
  one(
    @Param({ schema: lotPath }) { lot_id }: LotPath,
    @Query({ schema: siteOnly }) { site }: SiteOnly,
  ): Promise<LotAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const found = await findLot(snapshot, lot_id, site);
      return {
        definition:
          'wafers: present state of each inspection (its last attempt with a result). history: every attempt, whatever its state, by step, type, equipment, recipe and product.',
        definition_id: 'lot.state/1',
        ...found,
        wafers: await wafersOfLot(snapshot, found.id),
        history: await historyOfLot(snapshot, found.id),
      };
    });
  }

  @Get(':lot_id/parts/:chip_id')
  @Answers(partAnswer, {
    summary: 'Everything about one chip',
    description: 'All its inspections with every attempt, defect and measurement.',
    notFound: 'There is no such lot, or no such chip in it.',
  })
  part(
    @Param({ schema: partPath }) { lot_id, chip_id }: PartPath,
    @Query({ schema: siteOnly }) { site }: SiteOnly,
  ): Promise<PartAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const found = await findLot(snapshot, lot_id, site);
      const ids = await snapshot.query<{ id: string }>(
        'SELECT id FROM inspections WHERE lot_id = $1 AND chip_id = $2',
        [found.id, chip_id],
      );
      if (ids.length === 0) {
        throw new Problem(404, 'not_found', 'there is no such chip in this lot');
      }
      const inspections = await inspectionsWithHistory(
        snapshot,
        ids.map(({ id }) => id),
      );
      return { site: found.site, lot_id: found.lot_id, chip_id, inspections };
    });
  }
}
