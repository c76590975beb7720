import { INSPECTION_RESULTS, INSPECTION_STATUSES, ofRunFields } from '@chip/contracts';
import { z } from 'zod';
import { count, nextCursor, timeText } from '../http/answers.ts';

const text = z.string().nullable();
const integer = z.int().nullable();
const number = z.number().nullable();
const time = timeText.nullable();
const metadata = z.record(z.string(), z.unknown()).nullable();

/** Fields of a run of an inspection, the same for the current state and for each attempt. */
const run = {
  status: z.enum(INSPECTION_STATUSES).meta({ description: 'State of the run, not the verdict on the chip.' }),
  result: z.enum(INSPECTION_RESULTS).nullable().meta({ description: 'Verdict on the chip.' }),
  step: z.string().meta({ description: 'Step in the route; empty when the machine states none.' }),
  priority: integer,
  occurred_at: time,
  started_at: time,
  completed_at: time,
  ...ofRunFields({ name: text, integer, positive: number }),
  defect_count: integer,
  measurement_count: integer,
  metadata,
};

/** Columns of these fields in both tables. */
export const RUN_COLUMNS = Object.keys(run) as readonly (keyof typeof run)[];

/** The current state of one (lot, chip, inspection type), as lists show it. */
const inspectionItem = z.strictObject({
  id: z.string().meta({ format: 'uuid', examples: ['0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11'] }),
  site: z.string(),
  lot_id: z.string().meta({ examples: ['LOT-2008-07-19'] }),
  chip_id: z.string().meta({ examples: ['run-0001'] }),
  inspection_type: z.string().meta({ examples: ['metrology'] }),
  ...run,
  created_at: timeText.meta({
    description: 'Machine time of the earliest event; moves back when an earlier one arrives late.',
  }),
  updated_at: timeText,
  ingested_at: timeText.meta({ description: 'When the inspection was first stored.' }),
});
export type InspectionItem = z.output<typeof inspectionItem>;
export const ITEM_COLUMNS = Object.keys(inspectionItem.shape) as readonly (keyof InspectionItem)[];

export const inspectionPage = z
  .strictObject({
    items: z.array(inspectionItem),
    next_cursor: nextCursor,
  })
  .meta({ id: 'InspectionPage' });
export type InspectionPage = z.output<typeof inspectionPage>;

const ofAttempt = {
  event_id: z.string().meta({ format: 'uuid' }),
  step: text.meta({ description: 'Names the attempt, together with attempt_key.' }),
  attempt_key: text,
};

export const inspectionDetail = z
  .strictObject({
    ...inspectionItem.shape,
    attempts: z.array(
      z.strictObject({
        ...run,
        occurred_at: timeText,
        attempt_key: z.string(),
        rank: count.nullable().meta({
          description:
            'Number of the attempt within its step: rank by (occurred_at, attempt number with none first, event_id) over completed, failed and cancelled attempts; null for the others.',
        }),
        attempt: integer.meta({ description: 'Number that the machine gave.' }),
        run_id: text,
        current: z.boolean().meta({ description: 'Whether the state of the inspection comes from this attempt.' }),
        event_id: z.string().meta({ format: 'uuid', description: 'The deciding event.' }),
        event_ids: z.array(z.string()).meta({ description: 'Every event that contributed.' }),
        void_reason: text,
      }),
    ),
    defects: z.array(
      z.strictObject({
        ...ofAttempt,
        defect_no: count,
        time: timeText,
        class: z.string(),
        x_um: z.number(),
        y_um: z.number(),
        area_um2: number,
        size_um: number,
        severity: text,
        confidence: number,
        image_uri: text,
      }),
    ),
    measurements: z.array(
      z.strictObject({
        ...ofAttempt,
        time: timeText,
        name: z.string(),
        value: number.meta({ description: 'null: the machine reported no value.' }),
        unit: text,
        lower_limit: number,
        upper_limit: number,
      }),
    ),
    truncated: z.array(z.enum(['attempts', 'defects', 'measurements'])).meta({
      description:
        'Lists of this answer that hold their newest rows only: at most 1,000 attempts, 20,000 defects and 20,000 measurements. Exports have all of them.',
    }),
  })
  .meta({ id: 'Inspection' });
export type InspectionDetail = z.output<typeof inspectionDetail>;
