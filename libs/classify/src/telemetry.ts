import {
  type ClockRefusal,
  ExtraFields,
  hasLength,
  isTimePlausible,
  MAX_MAGNITUDE,
  MAX_SAMPLES_PER_RECORD,
  MAX_TAGS,
  MAX_TAGS_BYTES,
  parseTime,
  type Refusal,
  replayOf,
  TELEMETRY_FIELDS,
  TELEMETRY,
  telemetrySampleSchema,
} from '@chip/contracts';
import { cloudEventMajor, headerText, type RecordHeaders } from './cloud-event.ts';
import {
  arrayElements,
  inspectJson,
  isObject,
  knownFields,
  notAnObject,
  readJson,
  schemaRefusal,
  violation,
} from './read-json.ts';

export interface SourceRecord {
  /** Broker append time, ms: the only clock that classification uses. */
  readonly timestamp: number;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** An accepted sample. `tags` is JSON text. */
export interface SampleRow {
  timeUs: number;
  /** The time as text for PostgreSQL, at most microseconds; null: format `timeUs`. */
  time: string | null;
  service: string;
  metric: string;
  value: number;
  tags: string | null;
  host: string | null;
}

export interface TelemetrySink {
  accept(row: SampleRow): void;
  /** `index` is the place in the record's array, absent for a whole record; `bytes` are those that the machine sent. */
  refuse(refusal: Refusal, bytes: Buffer | null, index?: number): void;
  unknownFields(count: number): void;
}

export interface TelemetryRules {
  /** Samples older than this relative to the record timestamp are `too_old`, ms; 0 = no limit. */
  readonly retentionMs: number;
}

/** Whether PostgreSQL can take the text unchanged: UTC, `T` and `Z` in capitals, at most six fractional digits. */
const isCanonicalTime = (text: string): boolean =>
  text.length <= 27 && text.charCodeAt(text.length - 1) === 90 && text.charCodeAt(10) === 84;

const timeRefusal = (
  { timeUs, host, service }: SampleRow,
  record: SourceRecord,
  rules: TelemetryRules,
): Refusal | ClockRefusal | null => {
  if (!isTimePlausible(timeUs, record.timestamp)) {
    return {
      aheadMs: timeUs / 1000 - record.timestamp,
      source: host ?? service,
      code: 'time_out_of_range',
      detail: '/time: got a time outside the window, expected 2000-01-01 up to 10 minutes after the record timestamp',
    };
  }
  if (rules.retentionMs > 0 && timeUs < (record.timestamp - rules.retentionMs) * 1000) {
    return {
      code: 'too_old',
      detail: `/time: got a time before the retention of ${Math.round(rules.retentionMs / 86_400_000)} days, expected a later one`,
    };
  }
  return null;
};

/**
 * Checks an ordinary sample by hand, because Zod costs ten times as much per row; returns true when it filled `row`.
 * False says nothing about the sample: the schema then decides. A property test compares the two.
 */
const readPlain = (sample: Record<string, unknown>, row: SampleRow): boolean => {
  for (const key in sample) {
    if (!TELEMETRY_FIELDS.has(key)) {
      return false;
    }
  }
  const { time, service_name, metric_name, metric_value, tags, host } = sample;
  if (typeof service_name !== 'string' || !hasLength(service_name, 1, 100)) {
    return false;
  }
  if (typeof metric_name !== 'string' || !hasLength(metric_name, 1, 100)) {
    return false;
  }
  if (typeof metric_value !== 'number' || !(Math.abs(metric_value) <= MAX_MAGNITUDE)) {
    return false;
  }
  const timeUs = parseTime(time);
  if (Number.isNaN(timeUs)) {
    return false;
  }
  if (host != null && (typeof host !== 'string' || !hasLength(host, 0, 100))) {
    return false;
  }
  let tagsText: string | null = null;
  if (tags != null) {
    if (!isObject(tags)) {
      return false;
    }
    let count = 0;
    for (const key in tags) {
      const tag = tags[key];
      if (typeof tag !== 'string' && typeof tag !== 'boolean' && !Number.isFinite(tag)) {
        return false;
      }
      if (key === '__proto__' || ++count > MAX_TAGS) {
        return false;
      }
    }
    tagsText = JSON.stringify(tags);
    if (tagsText.length > MAX_TAGS_BYTES / 4 && Buffer.byteLength(tagsText) > MAX_TAGS_BYTES) {
      return false;
    }
  }
  row.timeUs = timeUs;
  row.time = isCanonicalTime(time as string) ? (time as string) : null;
  row.service = service_name;
  row.metric = metric_name;
  row.value = metric_value;
  row.tags = tagsText;
  row.host = (host as string | null | undefined) ?? null;
  return true;
};

/** Zod leaves a key `__proto__` out of what it judges: tags that have one are judged here. */
const protoTagRefusal = (tags: Record<string, unknown>): Refusal | null => {
  const tag = tags['__proto__'];
  if (typeof tag !== 'string' && typeof tag !== 'number' && typeof tag !== 'boolean') {
    return violation('/tags/__proto__', tag, 'a string, number or boolean');
  }
  if (Object.keys(tags).length > MAX_TAGS) {
    return violation('/tags', tags, `at most ${MAX_TAGS} keys`);
  }
  return Buffer.byteLength(JSON.stringify(tags)) > MAX_TAGS_BYTES
    ? violation('/tags', tags, `at most ${MAX_TAGS_BYTES} bytes of JSON`)
    : null;
};

/** Reads a sample by its schema: fills `row` or returns a refusal. Moves unknown fields to `tags._extra`. */
const readBySchema = (given: unknown, record: SourceRecord, row: SampleRow): Refusal | { unknown: number } => {
  const found = inspectJson(given);
  if (found) {
    return found;
  }
  if (!isObject(given)) {
    return notAnObject(given, 'a sample object');
  }
  const sample = knownFields(given, TELEMETRY_FIELDS);
  sample['time'] ??= headerText(record.headers, 'ce_time');
  const parsed = telemetrySampleSchema.safeParse(sample);
  if (!parsed.success) {
    return schemaRefusal(parsed.error, sample);
  }
  const extra = new ExtraFields(replayOf(record.headers) !== undefined);
  for (const key of Object.keys(given)) {
    if (!TELEMETRY_FIELDS.has(key)) {
      extra.add(key, given[key]);
    }
  }
  const { time, service_name, metric_name, metric_value, host } = parsed.data;
  // Copies from the sample itself: the schema's copy would lose a tag called __proto__.
  const tags = sample['tags'] as Record<string, unknown> | null | undefined;
  const refusal = tags != null && Object.hasOwn(tags, '__proto__') ? protoTagRefusal(tags) : null;
  if (refusal !== null) {
    return refusal;
  }
  const kept = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(tags ?? {})) {
    kept[key] = tags![key];
  }
  if (extra.count > 0) {
    if (kept['_extra'] !== undefined) {
      extra.add('/tags/_extra', kept['_extra']);
    }
    kept['_extra'] = extra.value();
  }
  row.timeUs = parseTime(time);
  row.time = isCanonicalTime(time) ? time : null;
  row.service = service_name;
  row.metric = metric_name;
  row.value = metric_value;
  row.tags = tags != null || extra.count > 0 ? JSON.stringify(kept) : null;
  row.host = host ?? null;
  return { unknown: extra.count };
};

/**
 * Classifies one record of `telemetry.samples.v1`: accepts each of its samples or refuses it with a reason.
 * Returns the length of the record's array; 0 when it is not an array or was refused whole.
 * A pure function of the record, its timestamp, the contract and the rules, so that reading it again decides the same.
 */
export function classifyTelemetry(record: SourceRecord, rules: TelemetryRules, sink: TelemetrySink): number {
  const refuseWhole = (refusal: Refusal): number => {
    sink.refuse(refusal, record.value);
    return 0;
  };
  const read = readJson(record.value, TELEMETRY.limits.eventBytes);
  if (!read.ok) {
    return refuseWhole(read.refusal);
  }
  const major = cloudEventMajor(record.headers);
  if (major !== undefined && major !== 1) {
    return refuseWhole({ code: 'schema_violation', detail: `ce_type: got major version ${major}, expected 1` });
  }

  const row: SampleRow = { timeUs: 0, time: null, service: '', metric: '', value: 0, tags: null, host: null };
  const classify = (sample: unknown): Refusal | null => {
    // Only an escape can hold a NUL or a lone surrogate; such records take the slow path.
    if (read.hasEscapes || !isObject(sample) || !readPlain(sample, row)) {
      const outcome = readBySchema(sample, record, row);
      if ('code' in outcome) {
        return outcome;
      }
      if (outcome.unknown > 0) {
        sink.unknownFields(outcome.unknown);
      }
    }
    return timeRefusal(row, record, rules);
  };

  if (!Array.isArray(read.value)) {
    const refusal = classify(read.value);
    if (refusal) {
      return refuseWhole(refusal);
    }
    sink.accept(row);
    return 0;
  }
  const samples: unknown[] = read.value;
  if (samples.length === 0 || samples.length > MAX_SAMPLES_PER_RECORD) {
    return refuseWhole({
      code: 'schema_violation',
      detail: `(event): got an array of ${samples.length}, expected 1 to ${MAX_SAMPLES_PER_RECORD} samples`,
    });
  }
  let texts: string[] | undefined;
  for (let i = 0; i < samples.length; i++) {
    const refusal = classify(samples[i]);
    if (refusal) {
      sink.refuse(refusal, Buffer.from((texts ??= arrayElements(read.text))[i]!), i);
    } else {
      sink.accept(row);
    }
  }
  return samples.length;
}
