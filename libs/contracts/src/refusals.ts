import { MAX_INTEGER } from './numbers.ts';

/** Why an event was refused. Codes are immutable: they are header values, metric labels and runbook names. */
export const REFUSAL_CODES = [
  'malformed_json',
  'schema_violation',
  'time_out_of_range',
  'too_old',
  'value_out_of_range',
  'invalid_text',
  'too_large',
  'too_deep',
  'unknown_inspection_type',
  'event_id_conflict',
  'database_rejected',
  'undecodable_batch',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal as a value: bad events never throw. `detail` names the field, what it got and what it expected. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Header names of a dead letter (see the contract, "Dead letter"). */
export const DEAD_LETTER_HEADERS = {
  code: 'error-code',
  detail: 'error-detail',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  index: 'source-index',
  failedAt: 'failed-at',
  stage: 'stage',
  content: 'content',
  /** Parts cut to fit the limit of the topic: `value`, `source-key`, `headers`, separated by commas. */
  truncated: 'truncated',
  /** Bytes of the whole value, when it was cut. */
  valueBytes: 'value-bytes',
  /** Key of the machine's record; absent when it had none, and on letters of stage `writer`. */
  key: 'source-key',
} as const;

/**
 * Headers of an event replayed from a dead letter. They travel with it, so that a letter about it states how often it was
 * tried.
 */
export const REPLAY_HEADERS = {
  /** Key of the letter that the event was replayed from. */
  of: 'replay-of',
  /** How often the event was replayed, including this time: 1, 2, … */
  count: 'replay-count',
} as const;

/** The broker's clock rules out the event time. The extra fields show whose clock is wrong. */
export interface ClockRefusal extends Refusal {
  /** Event time minus append time, ms. */
  readonly aheadMs: number;
  /** The machine that stated the time. */
  readonly source: string;
}

/** {@link REPLAY_HEADERS} of one event. */
export interface Replay {
  readonly of: string;
  readonly count: number;
}

type HeaderBytes = string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
const headerText = (value: HeaderBytes): string | undefined => {
  const one = typeof value === 'string' || value instanceof Uint8Array ? value : value?.[0];
  return typeof one === 'string' ? one : one && new TextDecoder().decode(one);
};

/** Reads the replay from record headers; undefined for an event that was not replayed, or whose count is not one. */
export function replayOf(headers: Readonly<Record<string, HeaderBytes>>): Replay | undefined {
  const of = headerText(headers[REPLAY_HEADERS.of]);
  if (of === undefined) {
    return undefined;
  }
  const count = Number(headerText(headers[REPLAY_HEADERS.count]));
  // A greater count was never counted: machines can write any header.
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_INTEGER) {
    return undefined;
  }
  return { of: of.slice(0, 300), count };
}

/** Key of a dead letter. A key may occur twice after a crash: count distinct keys. */
export const deadLetterKey = (topic: string, partition: number, offset: number, index?: number): string =>
  index === undefined ? `${topic}/${partition}/${offset}` : `${topic}/${partition}/${offset}/${index}`;
