import { INSPECTION_RESULTS, INSPECTION_STATUSES } from '@chip/contracts';
import { z } from 'zod';
import { nextCursor, timeText } from '../http/answers.ts';
import { endsInOrder, equipmentParameter, pageParameters, timeRange } from '../http/parameters.ts';
import { type KeysetPage } from '../http/cursor.ts';
import { type TouchedUnit } from './equipment-units.sql.ts';

export const equipmentPath = z.strictObject({ equipment_id: equipmentParameter });

export type EquipmentPath = z.output<typeof equipmentPath>;

export const unitsParameters = z
  .strictObject({
    ...timeRange('occurred_at', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);

export type UnitsParameters = z.output<typeof unitsParameters>;

const text = z.string().nullable();

const integer = z.int().nullable();

export const unitsPage = z
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
    next_cursor: nextCursor,
  })
  .meta({ id: 'EquipmentUnits' });

export type UnitsPage = KeysetPage<TouchedUnit>;
