/** What is accepted of what machines send, and why not: bytes in, rows or refusals out. Pure, so that it can be repeated. */
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
