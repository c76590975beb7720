import { z } from 'zod';
import { asOfSchema, count, definitionShape, nextCursor, timeText } from '../http/answers.ts';
import {
  endsInOrder,
  lotParameter,
  nameParameter,
  pageParameters,
  siteOfLotParameter,
  timeRange,
} from '../http/parameters.ts';
import { inspectionDetail } from '../inspections/inspection-answer.ts';

const lot = {
  id: z.string().meta({ format: 'uuid' }),
  site: z.string(),
  lot_id: z.string().meta({ examples: ['LOT-2008-07-19'] }),
  created_at: timeText.meta({ description: 'When the lot was first stored.' }),
};

export const listParameters = z
  .strictObject({
    site: siteOfLotParameter.optional(),
    lot_id: lotParameter.optional(),
    ...timeRange('created_at', { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);

export type ListParameters = z.output<typeof listParameters>;

export const lotPage = z
  .strictObject({
    items: z.array(z.strictObject(lot)),
    next_cursor: nextCursor,
  })
  .meta({ id: 'LotPage' });

export type LotPage = z.output<typeof lotPage>;

export const lotPath = z.strictObject({ lot_id: lotParameter });

export const siteOnly = z.strictObject({ site: siteOfLotParameter.optional() });

export type LotPath = z.output<typeof lotPath>;

export type SiteOnly = z.output<typeof siteOnly>;

export const lotAnswer = z
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

export type LotAnswer = z.output<typeof lotAnswer>;

export const partPath = z.strictObject({
  lot_id: lotParameter,
  chip_id: nameParameter('Chip, by the name that machines use.', 'run-0001'),
});

export type PartPath = z.output<typeof partPath>;

export const partAnswer = z
  .strictObject({
    as_of: asOfSchema,
    site: z.string(),
    lot_id: z.string(),
    chip_id: z.string(),
    inspections: z.array(inspectionDetail),
  })
  .meta({ id: 'Part' });

export type PartAnswer = z.output<typeof partAnswer>;
