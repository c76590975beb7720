import { z } from 'zod';
import { finiteNumber } from '../../numbers.ts';
import { machineText, timeText } from '../../text.ts';

export const MAX_TAGS = 32;
export const MAX_TAGS_BYTES = 4096;
/** Most samples that one record may carry as an array. */
export const MAX_SAMPLES_PER_RECORD = 1000;

export const tagsSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .refine((tags) => Object.keys(tags).length <= MAX_TAGS, { error: `expected at most ${MAX_TAGS} keys` })
  .refine((tags) => Buffer.byteLength(JSON.stringify(tags)) <= MAX_TAGS_BYTES, {
    error: `expected at most ${MAX_TAGS_BYTES} bytes of JSON`,
  })
  .meta({ maxProperties: MAX_TAGS });

/** One telemetry sample as a machine publishes it (topic `telemetry.samples.v1`; a record is one or an array of these). */
export const telemetrySampleSchema = z
  .object({
    time: timeText,
    service_name: machineText(1, 100).meta({ description: 'What was measured: equipment or service.' }),
    metric_name: machineText(1, 100),
    metric_value: finiteNumber,
    tags: tagsSchema.nullish(),
    host: machineText(0, 100).nullish(),
  })
  .meta({ id: 'TelemetrySample', description: 'Unknown fields are kept in tags._extra.' });

export type TelemetrySample = z.infer<typeof telemetrySampleSchema>;
export const TELEMETRY_FIELDS: ReadonlySet<string> = new Set(Object.keys(telemetrySampleSchema.shape));
