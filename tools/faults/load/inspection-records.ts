/** Inspections: cases of retests, runs in two events, repeated and conflicting ids, refusals, in mixed order. */
import { Random } from './random.ts';
import {
  DAY_MS,
  EARLY_MS,
  HOUR_MS,
  MINUTE_MS,
  nested,
  refusedWhole,
  streamName,
  uuidOf,
  withMicroseconds,
  type Element,
  type GeneratedRecord,
  type InspectionEvent,
  type Kind,
  type Mood,
  type Origin,
  type Stream,
} from './stream.ts';

/** Records of one case: a retest, a run reported twice, a repeated event, a conflicting one, two refusals. */
export const RECORDS_PER_CASE = 10;
const CASES_PER_LOT = 20;
const TYPES = ['visual', 'electrical', 'dimensional', 'thermal', 'functional', 'metrology'];

type Planned =
  | { readonly event: InspectionEvent }
  | { readonly refused: readonly [code: string, stage: 'ingest' | 'writer', value: string | Buffer | null] };

/** Moods whose records form cases; records of other moods are refused. */
const MOODS_OF_CASES: readonly Mood[] = ['ordinary', 'early', 'reused'];
export const isOfCase = ({ kind, mood }: { readonly kind: Kind; readonly mood: Mood }): boolean =>
  kind === 'inspection' && MOODS_OF_CASES.includes(mood);

export const lotOf = (stream: Stream, sequence: number, mood: Mood): string =>
  `${streamName(stream, mood)}-lot-${Math.floor(sequence / RECORDS_PER_CASE / CASES_PER_LOT)}`;

export function inspectionRecord(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  const name = streamName(stream, mood);
  const number = Math.floor(sequence / RECORDS_PER_CASE);
  const isCase = MOODS_OF_CASES.includes(mood);
  const planned =
    mood === 'reused' ? reusedIds(origin, stream, number) : caseOf(origin, stream, number, isCase ? mood : 'ordinary');
  const at = sequence % RECORDS_PER_CASE;
  const own = planned[at] as Planned;
  if (!isCase) {
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
  // The first of equal ids wins; a different one is a conflict, an equal one a duplicate.
  const first = planned.slice(0, at).find((one) => 'event' in one && one.event.event_id === event.event_id);
  const element: Element =
    first === undefined
      ? { place: undefined, event }
      : 'event' in first && JSON.stringify(first.event) === JSON.stringify(event)
        ? { place: undefined, event, isDuplicate: true }
        : { place: undefined, refused: { code: 'event_id_conflict', stage: 'writer', bytes } };
  return { value: bytes, isGzipped: false, elements: [element] };
}

function unordinaryInspection(event: InspectionEvent, mood: Mood, origin: Origin, random: Random): GeneratedRecord {
  switch (mood) {
    case 'ahead':
      return refusedWhole(
        JSON.stringify({ ...event, occurred_at: new Date(origin.epochMs + 2 * DAY_MS).toISOString() }),
        'time_out_of_range',
      );
    case 'behind':
      return refusedWhole(JSON.stringify({ ...event, occurred_at: '1999-01-01T00:00:00Z' }), 'time_out_of_range');
    case 'huge':
      return refusedWhole(JSON.stringify({ ...event, metadata: { note: 'x'.repeat(20_000) } }), 'schema_violation');
    case 'beyond': {
      const text = JSON.stringify({ ...event, inspection_type: 'sniffing', defects: manyDefects() });
      const bytes = Buffer.from(text);
      const refused = { code: 'unknown_inspection_type', stage: 'writer' as const, bytes };
      return { value: bytes, isGzipped: true, elements: [{ place: undefined, refused }] };
    }
    case 'malformed': {
      const [code, value] = badInspection(event, random);
      return refusedWhole(value, code);
    }
    default:
      throw new Error(`no inspection is refused in the mood "${mood}"`);
  }
}

/** Fields outside the contract, which the normalised event keeps under longer names: it outgrows its topic. */
const VENDOR_FIELDS = ['XREL', 'YREL', 'XINDEX', 'YINDEX', 'XSIZE', 'YSIZE', 'DEFECTAREA', 'DSIZE', 'CLASSNUMBER'];

function manyDefects(): object[] {
  const vendor = Object.fromEntries(VENDOR_FIELDS.map((name) => [name, 'x'.repeat(27)]));
  return Array.from({ length: 10_000 }, () => ({ class: 'particle', x_um: 1, y_um: 2, ...vendor }));
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

/** The plan of one case, in sending order. */
function caseOf(origin: Origin, stream: Stream, number: number, mood: Mood): Planned[] {
  const name = streamName(stream, mood);
  const random = new Random(origin.seed, name, 'case', number);
  const lot_id = lotOf(stream, number * RECORDS_PER_CASE, mood);
  const beganMs = origin.epochMs - HOUR_MS - random.integer(0, HOUR_MS) - (mood === 'early' ? EARLY_MS : 0);
  let events = 0;
  const event = (chip: string, minutes: number, fields: Partial<InspectionEvent>): InspectionEvent => ({
    event_id: uuidOf(origin.seed, name, number, (events += 1)),
    lot_id,
    chip_id: `${number}-${chip}`,
    inspection_type: random.pick(TYPES),
    status: 'completed',
    occurred_at: withMicroseconds(beganMs + minutes * MINUTE_MS, random.integer(0, 999)),
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

/** Pairs with one id: first with an unknown type, corrected later; in an order of their own. */
function reusedIds(origin: Origin, stream: Stream, number: number): Planned[] {
  const name = streamName(stream, 'reused');
  const random = new Random(origin.seed, name, 'case', number);
  const lot_id = lotOf(stream, number * RECORDS_PER_CASE, 'reused');
  const events = Array.from({ length: RECORDS_PER_CASE / 2 }, (_, i): InspectionEvent => ({
    event_id: uuidOf(origin.seed, name, number, i),
    lot_id,
    chip_id: `${number}-${i}`,
    inspection_type: random.pick(TYPES),
    status: 'completed',
    result: random.pick(['pass', 'fail']),
    occurred_at: withMicroseconds(origin.epochMs - HOUR_MS - random.integer(0, HOUR_MS), random.integer(0, 999)),
    ...details(random),
  }));
  const seen = new Set<InspectionEvent>();
  return random.shuffle([...events, ...events]).map((event): Planned => {
    if (seen.has(event)) {
      return { event };
    }
    seen.add(event);
    return {
      refused: ['unknown_inspection_type', 'writer', JSON.stringify({ ...event, inspection_type: 'visuall' })],
    };
  });
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
