import { deadLetterTopic, type StreamDescriptor } from '../stream.ts';
import { inspectionEventSchema } from './inspection-event.ts';

const SOURCE = 'inspection.results.v1';

/** Verdicts on chips, with their measurements and defects: rows of `inspections` and its companion tables. */
export const INSPECTION = {
  name: 'inspection',
  source: SOURCE,
  accepted: 'inspection.accepted.v1',
  deadLetters: deadLetterTopic(SOURCE),
  ingestGroup: 'chip-ingest-inspection',
  writerGroup: 'chip-writer-inspection',
  limits: { eventBytes: 4 * 1024 * 1024, eventsPerRecord: null },
  isAgeLimited: false,
  payload: 'json-lines/inspection/2',
  earlierPayloads: ['ndjson/inspection/1'],
  schema: inspectionEventSchema,
  message: { name: 'inspectionResults', key: 'lot_id' },
  machineFields: ['equipment_id'],
} as const satisfies StreamDescriptor;
