import { z } from 'zod';
import { MAX_INTEGER, measuredNumber } from '../../numbers.ts';
import { machineText, timeText } from '../../text.ts';
import { runFieldSchemas, type RunValues } from './run-fields.ts';

export const INSPECTION_TYPES = ['visual', 'electrical', 'dimensional', 'thermal', 'functional', 'metrology'] as const;
export const INSPECTION_STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'cancelled', 'voided'] as const;
export type InspectionStatus = (typeof INSPECTION_STATUSES)[number];
export const INSPECTION_RESULTS = ['pass', 'fail'] as const;
export type InspectionResult = (typeof INSPECTION_RESULTS)[number];

/** States that end a run; `voided` withdraws a run and outranks them all. */
export const isTerminal = (status: InspectionStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

export const MAX_MEASUREMENTS = 2000;
export const MAX_DEFECTS = 10_000;
export const MAX_METADATA_BYTES = 16 * 1024;

const name = (max = 100) => machineText(1, max);

export const measurementSchema = z.object({
  name: name(200),
  value: measuredNumber.nullable().meta({ description: 'null = not measured; stored as null, never as 0.' }),
  unit: machineText(0, 50).nullish(),
  lower_limit: z.number().nullish(),
  upper_limit: z.number().nullish(),
});

export const defectSchema = z.object({
  class: name(),
  x_um: z.number(),
  y_um: z.number(),
  area_um2: z.number().min(0).nullish(),
  size_um: z.number().min(0).nullish(),
  severity: z.union([machineText(0, 50), z.number()]).nullish(),
  confidence: z.number().min(0).max(1).nullish(),
  image_uri: machineText(0, 2048).nullish(),
});

const fields = z.object({
  event_id: z.guid().meta({ description: 'UUID of this event; the header ce_id may carry it instead.' }),
  site: machineText(0, 100).nullish(),
  lot_id: name(),
  chip_id: name(),
  inspection_type: name(50).meta({ examples: [...INSPECTION_TYPES] }),
  status: z.enum(INSPECTION_STATUSES).meta({ description: 'State of the run, not the verdict on the chip.' }),
  result: z
    .enum(INSPECTION_RESULTS)
    .nullish()
    .meta({ description: 'Verdict on the chip; only with status completed.' }),
  attempt: z.int().min(1).max(MAX_INTEGER).nullish(),
  run_id: name().nullish(),
  voids: z.guid().nullish().meta({ description: 'With status voided: event_id of the event to withdraw.' }),
  reason: machineText(1, 1000).nullish(),
  priority: z.int().min(1).max(10).nullish(),
  occurred_at: timeText,
  started_at: timeText.nullish(),
  completed_at: timeText.nullish(),
  step: name().nullish(),
  ...runFieldSchemas,
  measurements: z.array(measurementSchema).max(MAX_MEASUREMENTS).nullish(),
  defects: z.array(defectSchema).max(MAX_DEFECTS).nullish(),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((metadata) => Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES, {
      error: `expected at most ${MAX_METADATA_BYTES} bytes of JSON`,
    })
    .nullish(),
});

/** One inspection event as a machine publishes it (topic `inspection.results.v1`). */
export const inspectionEventSchema = fields
  .superRefine((event, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const named = event.attempt != null || event.run_id != null;
    if (event.status === 'completed' && event.result == null) {
      refuse('result', 'expected pass or fail with status completed');
    }
    if (event.status !== 'completed' && event.result != null) {
      refuse('result', `expected none with status ${event.status}`);
    }
    if ((event.status === 'pending' || event.status === 'in_progress') && !named) {
      refuse('attempt', `expected attempt or run_id with status ${event.status}`);
    }
    if (event.completed_at != null && !isTerminal(event.status)) {
      refuse('completed_at', `expected none with status ${event.status}`);
    }
    if (event.status === 'voided') {
      if (event.reason == null) {
        refuse('reason', 'expected a reason with status voided');
      }
      if (!named && event.voids == null) {
        refuse('voids', 'expected attempt, run_id or voids with status voided');
      }
      if (event.voids?.toLowerCase() === event.event_id.toLowerCase()) {
        refuse('voids', 'expected the id of another event');
      }
    } else if (event.voids != null) {
      refuse('voids', 'expected only with status voided');
    }
  })
  .meta({ id: 'InspectionEvent', description: 'Unknown fields are kept in metadata._extra.' });

export type InspectionEvent = z.infer<typeof inspectionEventSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Defect = z.infer<typeof defectSchema>;
export const INSPECTION_FIELDS: ReadonlySet<string> = new Set(Object.keys(fields.shape));
export const MEASUREMENT_FIELDS: ReadonlySet<string> = new Set(Object.keys(measurementSchema.shape));
export const DEFECT_FIELDS: ReadonlySet<string> = new Set(Object.keys(defectSchema.shape));

type StatedRunValues = { [Field in keyof RunValues]?: RunValues[Field] | undefined };

/**
 * A validated inspection event, as a block carries it (see `accepted-line.ts`). It omits absent fields; times are
 * canonical (`formatTime`), so their texts sort as times do; ids are computed.
 */
export interface AcceptedInspection extends StatedRunValues {
  event_id: string;
  /** Hex SHA-256 (first 16 bytes) of the machine's content: equal for a repeated event, different for a conflicting one. */
  content_hash: string;
  inspection_uuid: string;
  lot_uuid: string;
  part_uuid: string;
  wafer_uuid?: string | undefined;
  attempt_key: string;
  site: string;
  lot_id: string;
  chip_id: string;
  inspection_type: string;
  status: InspectionStatus;
  result?: InspectionResult | undefined;
  attempt?: number | undefined;
  run_id?: string | undefined;
  voids?: string | undefined;
  reason?: string | undefined;
  priority?: number | undefined;
  occurred_at: string;
  started_at?: string | undefined;
  completed_at?: string | undefined;
  step?: string | undefined;
  measurements?: Measurement[] | undefined;
  /** In place of the measurements, which the line keeps in another form. */
  measurement_count?: number | undefined;
  defects?: Defect[] | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** Fields that ingest computes for the writer; the machine states the others. */
export const COMPUTED_FIELDS = [
  'measurement_count',
  'content_hash',
  'inspection_uuid',
  'lot_uuid',
  'part_uuid',
  'wafer_uuid',
  'attempt_key',
] as const;
export type ComputedField = (typeof COMPUTED_FIELDS)[number];
