/** Reads a record of any stream whose records are one event each. */
import type { ClockRefusal, Refusal, StreamDescriptor } from '@chip/contracts';
import type { z } from 'zod';
import { cloudEventId, cloudEventMajor, headerText } from './cloud-event.ts';
import { inspectJson, isObject, knownFields, notAnObject, readJson, schemaRefusal } from './read-json.ts';
import type { SourceRecord } from './telemetry.ts';

type EventRead<Event> =
  | {
      readonly ok: true;
      /** What the machine sent, unknown fields included. */
      readonly given: Record<string, unknown>;
      readonly event: Event;
      /** Whether all of its fields are known. */
      readonly isPlain: boolean;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Reads a record as an event of the stream. A CloudEvent may carry `event_id` and `occurred_at` in its headers.
 *
 * @param known fields of the schema
 * @param expected what the record should be, with its article
 * @param isPlain whether the schema would accept an event of only known fields as it is; without escapes in its text
 */
export function readEvent<Stream extends Pick<StreamDescriptor, 'limits' | 'schema'>>(
  { value, headers }: SourceRecord,
  { limits, schema }: Stream,
  known: ReadonlySet<string>,
  expected: string,
  isPlain: (given: Record<string, unknown>) => boolean = () => false,
): EventRead<z.infer<Stream['schema']>> {
  const refuse = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });
  const read = readJson(value, limits.eventBytes);
  if (!read.ok) {
    return refuse(read.refusal);
  }
  if (!read.hasEscapes && isObject(read.value) && cloudEventMajor(headers) === undefined && isPlain(read.value)) {
    return { ok: true, given: read.value, event: read.value as z.infer<Stream['schema']>, isPlain: true };
  }
  const found = inspectJson(read.value);
  if (found) {
    return refuse(found);
  }
  if (!isObject(read.value)) {
    return refuse(notAnObject(read.value, expected));
  }
  const major = cloudEventMajor(headers);
  if (major !== undefined && major !== 1) {
    return refuse({ code: 'schema_violation', detail: `ce_type: got major version ${major}, expected 1` });
  }
  const fields = knownFields(read.value, known);
  fields['event_id'] ??= cloudEventId(headers);
  fields['occurred_at'] ??= headerText(headers, 'ce_time');
  const parsed = schema.safeParse(fields);
  return parsed.success
    ? { ok: true, given: read.value, event: parsed.data as z.infer<Stream['schema']>, isPlain: false }
    : refuse(schemaRefusal(parsed.error, fields));
}

/** Refuses an event time that the broker's clock rules out. */
export const clockRefusal = (field: string, timeUs: number, appendedMs: number, source: string): ClockRefusal => ({
  aheadMs: timeUs / 1000 - appendedMs,
  source,
  code: 'time_out_of_range',
  detail: `/${field}: got a time outside the window, expected 2000-01-01 up to 10 minutes after the record timestamp`,
});
