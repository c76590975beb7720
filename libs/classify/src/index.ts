/** Judges what machines send: bytes in, rows or refusals out. Pure, so that the same record always gets the same verdict. */
export { headerText, type RecordHeaders } from './cloud-event.ts';
export type { EventOutcome } from './event-outcome.ts';
export { classifyInspection } from './inspection.ts';
export * from './judge.ts';
export {
  classifyTelemetry,
  type SampleRow,
  type SourceRecord,
  type TelemetryRules,
  type TelemetrySink,
} from './telemetry.ts';
export { type LineRoom, TemplateReader } from './template-reader.ts';
