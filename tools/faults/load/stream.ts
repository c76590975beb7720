/** The streams of generated records: which exist, what their records contain, and what must become of them. */
import { hash } from 'node:crypto';

export type Kind = 'telemetry' | 'inspection';
export const topicOf: Readonly<Record<Kind, string>> = {
  telemetry: 'telemetry.samples.v1',
  inspection: 'inspection.results.v1',
};

/** The suite is one of several environments on its cluster: its topics and groups there have this prefix. */
export const ENVIRONMENT = 'line-7.';
/** The name of a topic of the contract on the brokers. */
export const onBroker = (topic: string): string => ENVIRONMENT + topic;

/** How a stretch of records was made; the log of acknowledgements records it. */
export type Mood =
  | 'ordinary'
  /** Every record is refused. */
  | 'malformed'
  /** Records at the limits of size, and beyond them. */
  | 'huge'
  /** A machine clock days ahead. */
  | 'ahead'
  /** A machine clock a year behind. */
  | 'behind'
  /** Ordinary, with times that are not in the future even for a broker clock that is an hour slow. */
  | 'early'
  /** Samples older than a retention that was shortened meanwhile. */
  | 'aged'
  /** One field misspelt in every sample: refused, all alike, small. */
  | 'misspelt'
  /** Refused records whose letter would be larger than its topic allows. */
  | 'beyond'
  /** Inspections of an unknown type, then corrected under the same event id. */
  | 'reused';

/** The kinds that a mood affects; streams of the other kind stay ordinary. */
export const kindsOf: Partial<Readonly<Record<Mood, readonly Kind[]>>> = {
  aged: ['telemetry'],
  misspelt: ['telemetry'],
  reused: ['inspection'],
};

export interface Stream {
  readonly kind: Kind;
  readonly partition: number;
}

export interface Origin {
  readonly seed: string;
  /** Start of the run, ms; all event times are relative to it. */
  readonly epochMs: number;
}

/** What must become of one element: it goes into tables, was there already, or is refused with a code. */
export interface Element {
  /** Place in the record's array; undefined if the record is not an array. */
  readonly place: number | undefined;
  readonly refused?: { readonly code: string; readonly stage: 'ingest' | 'writer'; readonly bytes: Buffer | null };
  readonly sample?: Sample;
  readonly event?: InspectionEvent;
  /** An event that already exists with the same content. */
  readonly isDuplicate?: boolean;
  /** The database rejects it while the fault "poison rows" lasts, and accepts it otherwise. */
  readonly isPoison?: boolean;
}

export interface GeneratedRecord {
  readonly key?: Buffer;
  readonly value: Buffer | null;
  /** Sent compressed and alone: otherwise it is too large for the topic. */
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
  /** A field outside the contract: kept in `tags._extra`. */
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

/** Each mood counts separately: its records are a stream of their own. */
export const streamName = ({ kind, partition }: Stream, mood: Mood): string =>
  `${kind === 'telemetry' ? 't' : 'i'}${partition}${mood === 'ordinary' ? '' : mood}`;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** How far the times of the mood "early" precede the ordinary ones. */
export const EARLY_MS = 1.5 * HOUR_MS;

export function refusedWhole(text: string | Buffer | null, code: string, isGzipped = false): GeneratedRecord {
  const value = typeof text === 'string' ? Buffer.from(text) : text;
  return { value, isGzipped, elements: [{ place: undefined, refused: { code, stage: 'ingest', bytes: value } }] };
}

export function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

export function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = hash('md5', parts.join('/'), 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export function withMicroseconds(timeMs: number, microseconds: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`;
}
