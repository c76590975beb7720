import { deadLetterTopic, type StreamDescriptor } from '../stream.ts';
import { MAX_SAMPLES_PER_RECORD, telemetrySampleSchema } from './telemetry-sample.ts';

const SOURCE = 'telemetry.samples.v1';

/** Numbers that equipment measures about itself: rows of `system_metrics` and their roll-ups. */
export const TELEMETRY = {
  name: 'telemetry',
  source: SOURCE,
  accepted: 'telemetry.accepted.v1',
  deadLetters: deadLetterTopic(SOURCE),
  ingestGroup: 'chip-ingest-telemetry',
  writerGroup: 'chip-writer-telemetry',
  limits: { eventBytes: 1024 * 1024, eventsPerRecord: MAX_SAMPLES_PER_RECORD },
  isAgeLimited: true,
  payload: 'copy-text/system_metrics/1',
  schema: telemetrySampleSchema,
  message: { name: 'telemetrySamples', key: 'host' },
  machineFields: ['host', 'service_name'],
} as const satisfies StreamDescriptor;
