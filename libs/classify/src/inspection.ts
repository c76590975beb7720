import { hash } from 'node:crypto';
import {
  type AcceptedInspection,
  attemptKey,
  type ClockRefusal,
  type ComputedField,
  type Defect,
  DEFECT_FIELDS,
  ExtraFields,
  formatTime,
  INSPECTION_FIELDS,
  INSPECTION,
  inspectionIdentity,
  isTimePlausible,
  lotIdentity,
  MAX_BLOCK_BYTES,
  MAX_METADATA_BYTES,
  type Measurement,
  MEASUREMENT_FIELDS,
  measurementValuesText,
  parseTime,
  partIdentity,
  type Refusal,
  replayOf,
  runValues,
  waferIdentity,
  SetTexts,
} from '@chip/contracts';
import type { EventOutcome } from './event-outcome.ts';
import type { SourceRecord } from './telemetry.ts';
import { clockRefusal, readEvent } from './read-event.ts';
import { isPlainInspection } from './plain-inspection.ts';
import { isObject, violation } from './read-json.ts';

/** Longest line: a block of one event also needs space for its index and headers. */
const MAX_LINE_BYTES = MAX_BLOCK_BYTES - 1024 * 1024;

const TIME_FIELDS = ['occurred_at', 'started_at', 'completed_at'] as const;

/** JSON with the keys of every object in order, so that equal content gives equal text. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(canonical);
  }
  if (!isObject(value)) {
    return value;
  }
  const sorted = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) {
    sorted[key] = canonical(value[key]);
  }
  return sorted;
};

/** The time as {@link formatTime} writes it. Most machines send UTC, where adding zeros is all that it takes. */
const canonicalTime = (text: string, timeUs: number): string =>
  text.length > 21 && text.length <= 27 && text[10] === 'T' && text.endsWith('Z')
    ? `${text.slice(0, -1).padEnd(26, '0')}Z`
    : formatTime(timeUs);

/** The members of an object as JSON, each behind a comma. */
function membersOf(object: object): string {
  const members = JSON.stringify(object).slice(1, -1);
  return members === '' ? '' : `,${members}`;
}

/** Machines send the same names, units and limits again and again. */
const setTexts = new SetTexts();

/** Fields of the event, and of its measurements and defects, that the contract does not know. */
function unknownFields(given: Record<string, unknown>, isReplay: boolean): ExtraFields {
  const extra = new ExtraFields(isReplay);
  const keep = (item: object, known: ReadonlySet<string>, place: string): void => {
    for (const key of Object.keys(item)) {
      if (!known.has(key)) {
        extra.add(`${place}${key}`, (item as Record<string, unknown>)[key]);
      }
    }
  };
  keep(given, INSPECTION_FIELDS, '');
  const items = (field: string): object[] => (given[field] as object[] | null | undefined) ?? [];
  items('measurements').forEach((item, i) => keep(item, MEASUREMENT_FIELDS, `/measurements/${i}/`));
  items('defects').forEach((item, i) => keep(item, DEFECT_FIELDS, `/defects/${i}/`));
  return extra;
}

/**
 * Classifies one record of `inspection.results.v1`: returns one normalised JSON line, or the refusal.
 * A pure function of the record, its timestamp and the contract. The writer refuses what only the database can tell (an
 * unknown inspection type, a conflicting event id).
 */
export function classifyInspection(record: SourceRecord): EventOutcome {
  const refuse = (refusal: Refusal | ClockRefusal): EventOutcome => ({ accepted: false, refusal });
  const read = readEvent(record, INSPECTION, INSPECTION_FIELDS, 'an inspection event object', isPlainInspection);
  if (!read.ok) {
    return refuse(read.refusal);
  }
  const { given, event } = read;

  const times: Partial<Record<(typeof TIME_FIELDS)[number], string>> = {};
  let occurredUs = 0;
  for (const field of TIME_FIELDS) {
    const text = event[field];
    if (text == null) {
      continue;
    }
    const timeUs = parseTime(text);
    if (!isTimePlausible(timeUs, record.timestamp)) {
      return refuse(clockRefusal(field, timeUs, record.timestamp, event.equipment_id ?? event.lot_id));
    }
    if (field === 'occurred_at') {
      occurredUs = timeUs;
    }
    times[field] = canonicalTime(text, timeUs);
  }

  const extra = read.isPlain ? undefined : unknownFields(given, replayOf(record.headers) !== undefined);
  let metadata = given['metadata'] as Record<string, unknown> | null | undefined;
  // Zod leaves a key `__proto__` out of what it judges.
  if (
    metadata != null &&
    Object.hasOwn(metadata, '__proto__') &&
    Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES
  ) {
    return refuse(violation('/metadata', metadata, `at most ${MAX_METADATA_BYTES} bytes of JSON`));
  }
  if (extra !== undefined && extra.count > 0) {
    const merged = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(metadata ?? {})) {
      merged[key] = metadata![key];
    }
    if (merged['_extra'] !== undefined) {
      extra.add('/metadata/_extra', merged['_extra']);
    }
    merged['_extra'] = extra.value();
    metadata = merged;
  }

  const site = event.site ?? '';
  // The content hash covers the members in order, and the ledger holds hashes of earlier versions: step stays third.
  const { equipment_id, recipe, ...run } = runValues(event, undefined);
  // Absent and null fields both become undefined, which JSON omits: they mean the same to every later reader.
  const facts: Omit<AcceptedInspection, ComputedField | 'measurements' | 'defects' | 'metadata'> = {
    event_id: event.event_id.toLowerCase(),
    site,
    lot_id: event.lot_id,
    chip_id: event.chip_id,
    inspection_type: event.inspection_type,
    status: event.status,
    result: event.result ?? undefined,
    attempt: event.attempt ?? undefined,
    run_id: event.run_id ?? undefined,
    voids: event.voids?.toLowerCase(),
    reason: event.reason ?? undefined,
    priority: event.priority ?? undefined,
    occurred_at: times.occurred_at!,
    started_at: times.started_at,
    completed_at: times.completed_at,
    equipment_id,
    recipe,
    step: event.step ?? undefined,
    ...run,
  };
  const measurements = event.measurements?.map((m): Measurement => ({
    name: m.name,
    value: m.value,
    unit: m.unit ?? undefined,
    lower_limit: m.lower_limit ?? undefined,
    upper_limit: m.upper_limit ?? undefined,
  }));
  const rest: Pick<AcceptedInspection, 'defects' | 'metadata'> = {
    defects: event.defects?.map((d): Defect => ({
      class: d.class,
      x_um: d.x_um,
      y_um: d.y_um,
      area_um2: d.area_um2 ?? undefined,
      size_um: d.size_um ?? undefined,
      severity: d.severity == null ? undefined : String(d.severity),
      confidence: d.confidence ?? undefined,
      image_uri: d.image_uri ?? undefined,
    })),
    metadata: metadata == null ? undefined : (canonical(metadata) as Record<string, unknown>),
  };
  const computed: Pick<AcceptedInspection, ComputedField> = {
    content_hash: '',
    inspection_uuid: inspectionIdentity(site, event.lot_id, event.chip_id, event.inspection_type),
    lot_uuid: lotIdentity(site, event.lot_id),
    part_uuid: partIdentity(site, event.lot_id, event.chip_id),
    attempt_key: attemptKey(facts),
    wafer_uuid: event.wafer_id == null ? undefined : waferIdentity(site, event.lot_id, event.wafer_id),
    measurement_count: measurements?.length,
  };
  // Members of one object, written once: with the measurements for the hash, without them for the line.
  const head = JSON.stringify(facts).slice(0, -1);
  const tail = membersOf(rest);
  const list = measurements === undefined ? '' : `,"measurements":${JSON.stringify(measurements)}`;
  // 128 bits distinguish repeated from conflicting events. Not a security boundary: a forged hash only hurts its sender.
  computed.content_hash = hash('sha256', `${head}${list}${tail}}`, 'hex').slice(0, 32);
  let line = `${head}${tail}${membersOf(computed)}}`;
  if (measurements !== undefined && measurements.length > 0) {
    line += `\t${measurementValuesText(measurements)}\t${setTexts.of(measurements)}`;
  }
  if (line.length > MAX_LINE_BYTES / 3 && Buffer.byteLength(line) > MAX_LINE_BYTES) {
    return refuse({
      code: 'too_large',
      detail: `got more than ${MAX_LINE_BYTES} bytes after normalisation, expected less`,
    });
  }
  return { accepted: true, line, timeUs: occurredUs, unknownFields: extra?.count ?? 0 };
}
