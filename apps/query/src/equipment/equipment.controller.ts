import { formatTime, INSPECTION_RESULTS, INSPECTION_STATUSES, parseTime } from '@chip/contracts';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { timeText } from '../http/answers.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, equipmentParameter, pageParameters, timeRange } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  answerComparison,
  compareAnswer,
  type CompareAnswer,
  compareParameters,
  type CompareParameters,
} from './comparison.ts';
import { unitsOfEquipment } from './equipment-units.sql.ts';
import { samplesOfEquipment } from './lot-yields.sql.ts';

const equipmentPath = z.strictObject({ equipment_id: equipmentParameter });
type EquipmentPath = z.output<typeof equipmentPath>;
const unitsParameters = z
  .strictObject({
    ...timeRange('occurred_at', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);
type UnitsParameters = z.output<typeof unitsParameters>;
const text = z.string().nullable();
const integer = z.int().nullable();
const unitsPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        inspection_id: z.string().meta({ format: 'uuid' }),
        site: z.string(),
        lot_id: z.string(),
        chip_id: z.string(),
        wafer_id: text,
        die_x: integer,
        die_y: integer,
        inspection_type: z.string(),
        step: z.string(),
        status: z.enum(INSPECTION_STATUSES),
        result: z.enum(INSPECTION_RESULTS).nullable(),
        recipe: text,
        product: text,
        occurred_at: timeText,
        completed_at: timeText.nullable(),
        event_id: z.string().meta({ format: 'uuid' }),
      }),
    ),
    next_cursor: text.meta({ description: 'Give it as `cursor` for the next page; null at the end.' }),
  })
  .meta({ id: 'EquipmentUnits' });
type UnitsPage = { items: Awaited<ReturnType<typeof unitsOfEquipment>>; next_cursor: string | null };

@ApiTags('Equipment')
@Controller('v1/equipment')
export class EquipmentController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('compare')
  @Answers(compareAnswer, {
    summary: 'Which equipment fails more than the others',
    description:
      'Yield per equipment with its uncertainty, and whether its lots fail more than those of all others beyond chance. Dice of one lot share its fate, so lots (or wafers) are compared, within a product and inspection type. The most suspicious comes first.',
  })
  compare(@Query({ schema: compareParameters }) parameters: CompareParameters): Promise<CompareAnswer> {
    return this.snapshots.answer(async (snapshot) =>
      answerComparison(await samplesOfEquipment(snapshot, parameters, parameters.sample), parameters),
    );
  }

  @Get(':equipment_id/units')
  @Answers(unitsPage, {
    summary: 'Everything one machine touched',
    description: 'Every attempt on this equipment, whatever its state, newest first by (occurred_at, event_id).',
  })
  async units(
    @Param({ schema: equipmentPath }) { equipment_id }: EquipmentPath,
    @Query({ schema: unitsParameters }) { limit, cursor, ...range }: UnitsParameters,
  ): Promise<UnitsPage> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const items = await this.snapshots.read((snapshot) =>
      unitsOfEquipment(snapshot, equipment_id, range, after, limit + 1),
    );
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.occurred_at)), id: last.event_id }) : null,
    };
  }
}
