/**
 * Events with a known answer. A record is a pure function of (seed, epoch, stream, sequence number): whoever knows these
 * can tell what must have become of each of its elements. A stream feeds one partition of one machine topic, so the order
 * of a stream is the order of its offsets.
 */
import { hash } from 'node:crypto';
import { Random } from './random.ts';

export type Kind = 'telemetry' | 'inspection';
export const topicOf: Readonly<Record<Kind, string>> = {
  telemetry: 'telemetry.samples.v1',
  inspection: 'inspection.results.v1',
};

/** How a stretch of records was made; it stands in the log of acknowledgements. */
export type Mood =
  | 'ordinary'
  /** Every record is refused. */
  | 'malformed'
  /** Records at the limits of size, and beyond them. */
  | 'huge'
  /** A machine clock days ahead. */
  | 'ahead'
  /** A machine clock a year behind. */
  | 'behind';

export interface Stream {
  readonly kind: Kind;
  readonly partition: number;
}

export interface Origin {
  readonly seed: string;
  /** Time of the run's begin, ms; all event times are told from it. */
  readonly epochMs: number;
}

/** What has to become of one element: it goes into tables, was there already, or is refused with a code. */
export interface Element {
  /** Place in the record's array; undefined when it is none. */
  readonly place: number | undefined;
  readonly refused?: { readonly code: string; readonly stage: 'ingest' | 'writer'; readonly bytes: Buffer | null };
  readonly sample?: Sample;
  readonly event?: InspectionEvent;
  /** An event that is there already, with the same content. */
  readonly isDuplicate?: boolean;
  /** Rejected by the database while the fault "poison rows" lasts, accepted otherwise. */
  readonly isPoison?: boolean;
}

export interface GeneratedRecord {
  readonly value: Buffer | null;
  /** Sent compressed and alone: it is too large for the topic otherwise. */
  readonly isGzipped: boolean;
  readonly elements: readonly Element[];
}

export interface Sample {
  readonly time: string;
  readonly service_name: string;
  readonly metric_name: string;
  readonly metric_value: number;
  readonly host?: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  /** A field outside of the contract: kept in `tags._extra`. */
  readonly vendor_note?: string;
}

export interface InspectionEvent {
  readonly event_id: string;
  readonly lot_id: string;
  readonly chip_id: string;
  readonly inspection_type: string;
  readonly status: 'in_progress' | 'completed';
  readonly result?: 'pass' | 'fail';
  readonly attempt?: number;
  readonly run_id?: string;
  readonly occurred_at: string;
  readonly equipment_id?: string;
  readonly hard_bin?: number;
  readonly measurements?: readonly { readonly name: string; readonly value: number | null; readonly unit: string }[];
  readonly defects?: readonly { readonly class: string; readonly x_um: number; readonly y_um: number }[];
}

/** Samples of hosts with this name are refused while the fault "poison rows" lasts. */
export const poisonHost = 'poison';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const telemetryLimit = 1024 * 1024;

/** Each mood counts for itself: its records are a stream of their own. */
export const streamName = ({ kind, partition }: Stream, mood: Mood): string =>
  `${kind === 'telemetry' ? 't' : 'i'}${partition}${mood === 'ordinary' ? '' : mood}`;

export function recordAt(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  return stream.kind === 'telemetry'
    ? telemetryRecord(origin, stream, sequence, mood)
    : inspectionRecord(origin, stream, sequence, mood);
}

// --- telemetry -----------------------------------------------------------------------------------------------------

const services = ['etcher-1', 'etcher-2', 'coater', 'prüfer', 'stepper\\3'];
const metrics = ['temperature', 'pressure', 'flow rate', 'vibration'];
const hosts = ['host-a', 'host-b', undefined];

function telemetryRecord(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  const name = streamName(stream, mood);
  const random = new Random(origin.seed, name, sequence);
  const sample = (index: number, shiftMs = 0): Sample => {
    // Out of order within two hours; some late by days.
    const lateMs = random.chance(0.02) ? random.integer(1, 3) * dayMs : 0;
    const timeMs = origin.epochMs - random.integer(0, 2 * hourMs) - lateMs + shiftMs;
    const host = random.chance(0.01) ? poisonHost : random.pick(hosts);
    return {
      time: withMicroseconds(timeMs, random.integer(0, 999)),
      service_name: random.pick(services),
      metric_name: random.pick(metrics),
      metric_value: random.integer(-1_000_000, 1_000_000) / 1000,
      ...(host === undefined ? {} : { host }),
      tags: {
        e: `${name}:${sequence}:${index}`,
        lane: random.integer(1, 4),
        ...(random.chance(0.1) ? { ok: true } : {}),
      },
      ...(random.chance(0.01) ? { vendor_note: 'x' } : {}),
    };
  };

  if (mood === 'ahead' || mood === 'behind') {
    const shifted = sample(0, (mood === 'ahead' ? 5 : -365) * dayMs);
    return refusedWhole(JSON.stringify(shifted), mood === 'ahead' ? 'time_out_of_range' : 'too_old');
  }
  if (mood === 'huge') {
    return hugeTelemetry(sample(0), random);
  }
  if (mood === 'malformed' || random.chance(0.03)) {
    const [code, value] = badTelemetry(sample(0), random);
    return refusedWhole(value, code);
  }
  if (random.chance(0.3)) {
    const alone = sample(0);
    return { value: Buffer.from(JSON.stringify(alone)), isGzipped: false, elements: [accepted(alone, undefined)] };
  }

  const elements: Element[] = [];
  const texts: string[] = [];
  const hasBadElements = random.chance(0.05);
  const length = random.integer(10, 40);
  for (let place = 0; place < length; place += 1) {
    const one = sample(place);
    if (hasBadElements && random.chance(0.2)) {
      const [code, text] = random.pick(badElements)(one);
      texts.push(text);
      elements.push({ place, refused: { code, stage: 'ingest', bytes: Buffer.from(text) } });
    } else {
      texts.push(JSON.stringify(one));
      elements.push(accepted(one, place));
    }
  }
  return { value: Buffer.from(`[${texts.join(',')}]`), isGzipped: false, elements };
}

const accepted = (sample: Sample, place: number | undefined): Element => ({
  place,
  sample,
  ...(sample.host === poisonHost ? { isPoison: true } : {}),
});

function refusedWhole(text: string | Buffer | null, code: string, isGzipped = false): GeneratedRecord {
  const value = typeof text === 'string' ? Buffer.from(text) : text;
  return { value, isGzipped, elements: [{ place: undefined, refused: { code, stage: 'ingest', bytes: value } }] };
}

/** Valid JSON, so that the neighbours in an array are not lost with it. */
const badElements: readonly ((sample: Sample) => [code: string, text: string])[] = [
  (sample) => ['schema_violation', JSON.stringify({ ...sample, metric_value: 'high' })],
  (sample) => ['schema_violation', JSON.stringify({ ...sample, service_name: undefined })],
  (sample) => ['schema_violation', JSON.stringify({ ...sample, time: '2026-02-30T00:00:00Z' })],
  () => ['schema_violation', '17'],
  (sample) => ['value_out_of_range', JSON.stringify(sample).replace(/"metric_value":[^,]+/, '"metric_value":1e400')],
  (sample) => ['value_out_of_range', JSON.stringify({ ...sample, metric_value: 1e101 })],
  (sample) => ['invalid_text', JSON.stringify({ ...sample, metric_name: 'a\0b' })],
  (sample) => ['invalid_text', JSON.stringify({ ...sample, tags: { '\ud800': 1 } })],
  (sample) => ['time_out_of_range', JSON.stringify({ ...sample, time: '1999-12-31T23:59:59Z' })],
  (sample) => ['too_old', JSON.stringify({ ...sample, time: '2001-01-01T00:00:00+01:00' })],
  (sample) => ['too_deep', JSON.stringify({ ...sample, tags: nested(40) })],
];

function badTelemetry(sample: Sample, random: Random): [code: string, value: string | Buffer | null] {
  const text = JSON.stringify(sample);
  const choices: readonly (() => [string, string | Buffer | null])[] = [
    () => ['malformed_json', text.slice(0, -random.integer(1, text.length - 1))],
    () => ['malformed_json', null],
    () => ['malformed_json', Buffer.alloc(0)],
    () => ['malformed_json', text.replace(/"metric_value":[^,]+/, '"metric_value":NaN')],
    () => ['invalid_text', Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28, 0x7d])])],
    () => ['schema_violation', '[]'],
    () => ['schema_violation', `[${Array<string>(1001).fill('1').join(',')}]`],
    () => ['schema_violation', '"text"'],
    () => ['schema_violation', '{"__proto__":{"service_name":"x"},"constructor":1}'],
    ...badElements.map((make) => () => make(sample)),
  ];
  return random.pick(choices)();
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

/** Just below the limit, and one byte above it: white space keeps it one small sample. */
function hugeTelemetry(sample: Sample, random: Random): GeneratedRecord {
  const text = JSON.stringify(sample);
  const bytes = random.chance(0.5) ? telemetryLimit : telemetryLimit + 1;
  const padded = Buffer.from(`${text}${' '.repeat(bytes - Buffer.byteLength(text))}`);
  return bytes > telemetryLimit
    ? refusedWhole(padded, 'too_large', true)
    : { value: padded, isGzipped: true, elements: [accepted(sample, undefined)] };
}

// --- inspections ---------------------------------------------------------------------------------------------------

/** Records of one case: a retest, a run reported twice, a repeated event, a conflicting one, two refusals. */
export const recordsPerCase = 10;
const casesPerLot = 20;
const types = ['visual', 'electrical', 'dimensional', 'thermal', 'functional', 'metrology'];

type Planned =
  | { readonly event: InspectionEvent }
  | { readonly refused: readonly [code: string, stage: 'ingest' | 'writer', value: string | Buffer | null] };

export const lotOf = (stream: Stream, sequence: number): string =>
  `${streamName(stream, 'ordinary')}-lot-${Math.floor(sequence / recordsPerCase / casesPerLot)}`;

function inspectionRecord(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  const name = streamName(stream, mood);
  const planned = caseOf(origin, stream, Math.floor(sequence / recordsPerCase));
  const at = sequence % recordsPerCase;
  const own = planned[at] as Planned;
  if (mood !== 'ordinary') {
    const event = planned.find((one) => 'event' in one)?.event as InspectionEvent;
    const fresh = { ...event, event_id: uuidOf(origin.seed, name, sequence) };
    return unordinaryInspection(fresh, mood, origin, new Random(origin.seed, name, sequence));
  }
  if ('refused' in own) {
    const [code, stage, value] = own.refused;
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return { value: bytes, isGzipped: false, elements: [{ place: undefined, refused: { code, stage, bytes } }] };
  }
  const { event } = own;
  const bytes = Buffer.from(JSON.stringify(event));
  // The first of equal ids wins; what differs from it is a conflict, what equals it a duplicate.
  const first = planned.slice(0, at).find((one) => 'event' in one && one.event.event_id === event.event_id);
  const element: Element =
    first === undefined
      ? { place: undefined, event }
      : 'event' in first && JSON.stringify(first.event) === JSON.stringify(event)
        ? { place: undefined, event, isDuplicate: true }
        : { place: undefined, refused: { code: 'event_id_conflict', stage: 'writer', bytes } };
  return { value: bytes, isGzipped: false, elements: [element] };
}

function unordinaryInspection(
  event: InspectionEvent,
  mood: Exclude<Mood, 'ordinary'>,
  origin: Origin,
  random: Random,
): GeneratedRecord {
  switch (mood) {
    case 'ahead':
      return refusedWhole(
        JSON.stringify({ ...event, occurred_at: new Date(origin.epochMs + 2 * dayMs).toISOString() }),
        'time_out_of_range',
      );
    case 'behind':
      return refusedWhole(JSON.stringify({ ...event, occurred_at: '1999-01-01T00:00:00Z' }), 'time_out_of_range');
    case 'huge':
      return refusedWhole(JSON.stringify({ ...event, metadata: { note: 'x'.repeat(20_000) } }), 'schema_violation');
    case 'malformed': {
      const [code, value] = badInspection(event, random);
      return refusedWhole(value, code);
    }
  }
}

function badInspection(event: InspectionEvent, random: Random): [code: string, value: string | Buffer | null] {
  const text = JSON.stringify(event);
  const choices: readonly (() => [string, string | Buffer | null])[] = [
    () => ['malformed_json', text.slice(0, random.integer(1, text.length - 1))],
    () => ['malformed_json', null],
    () => ['invalid_text', Buffer.concat([Buffer.from(text), Buffer.from([0xff])])],
    () => ['invalid_text', JSON.stringify({ ...event, chip_id: '\0' })],
    () => ['schema_violation', JSON.stringify({ ...event, status: 'completed', result: undefined })],
    () => ['schema_violation', JSON.stringify({ ...event, event_id: 'no uuid' })],
    () => ['schema_violation', `[${text}]`],
    () => ['value_out_of_range', JSON.stringify({ ...event, priority: 11 })],
    () => ['too_deep', JSON.stringify({ ...event, metadata: nested(40) })],
  ];
  return random.pick(choices)();
}

/** The plan of one case in the order in which its records are sent. */
function caseOf(origin: Origin, stream: Stream, number: number): Planned[] {
  const name = streamName(stream, 'ordinary');
  const random = new Random(origin.seed, name, 'case', number);
  const lot_id = lotOf(stream, number * recordsPerCase);
  const beganMs = origin.epochMs - hourMs - random.integer(0, hourMs);
  let events = 0;
  const event = (chip: string, minutes: number, fields: Partial<InspectionEvent>): InspectionEvent => ({
    event_id: uuidOf(origin.seed, name, number, (events += 1)),
    lot_id,
    chip_id: `${number}-${chip}`,
    inspection_type: random.pick(types),
    status: 'completed',
    occurred_at: withMicroseconds(beganMs + minutes * minuteMs, random.integer(0, 999)),
    equipment_id: `tester-${random.integer(1, 5)}`,
    ...(fields.status === 'in_progress' ? {} : details(random)),
    ...fields,
  });

  const first = event('a', 0, { attempt: 1, result: 'fail', hard_bin: 7 });
  const retest = event('a', 20, { attempt: 2, result: 'pass', hard_bin: 1, inspection_type: first.inspection_type });
  const begun = event('b', 1, { status: 'in_progress', run_id: `run-${number}` });
  const ended = event('b', 9, { run_id: `run-${number}`, result: 'pass', inspection_type: begun.inspection_type });
  const repeated = event('c', 5, { result: 'pass' });
  const disputed = event('d', 6, { result: 'pass', hard_bin: 2 });
  const [badCode, badValue] = badInspection(event('e', 7, { result: 'fail' }), random);
  const unknownType = JSON.stringify(event('f', 8, { result: 'fail', inspection_type: 'sniffing' }));
  return random.shuffle<Planned>([
    ...[first, retest, begun, ended, repeated, repeated, disputed, { ...disputed, hard_bin: 3 }].map((one) => ({
      event: one,
    })),
    { refused: [badCode, 'ingest', badValue] },
    { refused: ['unknown_inspection_type', 'writer', unknownType] },
  ]);
}

function details(random: Random): Pick<InspectionEvent, 'measurements' | 'defects'> {
  return {
    measurements: Array.from({ length: random.integer(0, 4) }, (_, i) => ({
      name: `m${i}`,
      value: random.chance(0.05) ? null : random.integer(-100_000, 100_000) / 1000,
      unit: 'nm',
    })),
    defects: Array.from({ length: random.integer(0, 2) }, () => ({
      class: random.pick(['scratch', 'particle', 'void']),
      x_um: random.integer(-1000, 1000) / 8,
      y_um: random.integer(-1000, 1000) / 8,
    })),
  };
}

function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = hash('md5', parts.join('/'), 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function withMicroseconds(timeMs: number, microseconds: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`;
}
