import { DEAD_LETTER_HEADERS, REPLAY_HEADERS, type Replay, replayOf } from '@chip/contracts';
import type { TopicRecord } from '@chip/kafka';

/** A record of a dead-letter topic, read back. */
export interface Letter {
  /** Identifies the refused event; after a crash several letters may have it. */
  readonly key: string;
  /** Where the letter itself is stored. */
  readonly partition: number;
  readonly offset: number;
  /** Empty for a record that is not a dead letter. */
  readonly code: string;
  readonly detail: string;
  readonly stage: string;
  /** RFC 3339, UTC. */
  readonly failedAt: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  /** Set if the event had been published again before and failed once more. */
  readonly replay: Replay | undefined;
  /** What was truncated; undefined for a complete letter. */
  readonly truncated: string | undefined;
  /** Key of the machine's record; undefined if the letter does not say. */
  readonly sourceKey: Buffer | undefined;
  readonly value: Buffer | null;
  /** As the machine sent them. */
  readonly headers: TopicRecord['headers'];
}

const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...Object.values(DEAD_LETTER_HEADERS),
  ...Object.values(REPLAY_HEADERS),
]);

export function letterOf(record: TopicRecord): Letter {
  const bytes = (name: string): Buffer | undefined => {
    const value = record.headers[name];
    return Buffer.isBuffer(value) || value === undefined ? value : value[0];
  };
  const text = (name: string): string => bytes(name)?.toString() ?? '';
  const headers = Object.create(null) as Record<string, Buffer | readonly Buffer[]>;
  for (const [name, value] of Object.entries(record.headers)) {
    if (!OWN_HEADERS.has(name)) {
      headers[name] = value;
    }
  }
  return {
    key: record.key?.toString() ?? '',
    partition: record.partition,
    offset: record.offset,
    code: record.key === null ? '' : text(DEAD_LETTER_HEADERS.code),
    detail: text(DEAD_LETTER_HEADERS.detail),
    stage: text(DEAD_LETTER_HEADERS.stage),
    failedAt: text(DEAD_LETTER_HEADERS.failedAt),
    sourcePartition: Number(text(DEAD_LETTER_HEADERS.partition) || NaN),
    sourceOffset: Number(text(DEAD_LETTER_HEADERS.offset) || NaN),
    replay: replayOf(record.headers),
    truncated: text(DEAD_LETTER_HEADERS.truncated) || undefined,
    sourceKey: bytes(DEAD_LETTER_HEADERS.key),
    value: record.value,
    headers,
  };
}

/** Which letters to select; an absent field restricts nothing. */
export interface LetterFilter {
  readonly codes?: readonly string[];
  readonly stages?: readonly string[];
  readonly keys?: readonly string[];
  /** Refused at or after, ms since 1970. */
  readonly fromMs?: number;
  /** Refused before. */
  readonly toMs?: number;
  /** Partitions of the machine topic. */
  readonly partitions?: readonly number[];
  /** Offsets of the machine topic, both included. */
  readonly offsets?: { readonly from: number; readonly to: number };
}

function isWanted(letter: Letter, filter: LetterFilter): boolean {
  const { codes, stages, keys, fromMs, toMs, partitions, offsets } = filter;
  if (codes !== undefined && !codes.includes(letter.code)) {
    return false;
  }
  if (stages !== undefined && !stages.includes(letter.stage)) {
    return false;
  }
  if (keys !== undefined && !keys.includes(letter.key)) {
    return false;
  }
  if (partitions !== undefined && !partitions.includes(letter.sourcePartition)) {
    return false;
  }
  if (offsets !== undefined && !(letter.sourceOffset >= offsets.from && letter.sourceOffset <= offsets.to)) {
    return false;
  }
  const failedMs = Date.parse(letter.failedAt);
  if (fromMs !== undefined && !(failedMs >= fromMs)) {
    return false;
  }
  return toMs === undefined || failedMs < toMs;
}

/**
 * The selected letters of a topic, each key once: `isRepeat` marks what a crash wrote again. Equal keys are in the same
 * partition, so only the keys of one partition are remembered.
 */
export async function* lettersOf(
  records: AsyncIterable<TopicRecord>,
  filter: LetterFilter,
): AsyncGenerator<{ letter: Letter; isRepeat: boolean }> {
  let partition = NaN;
  let seen = new Set<string>();
  for await (const record of records) {
    if (record.partition !== partition) {
      partition = record.partition;
      seen = new Set();
    }
    const letter = letterOf(record);
    if (!isWanted(letter, filter)) {
      continue;
    }
    const isRepeat = letter.code !== '' && seen.has(letter.key);
    if (!isRepeat) {
      seen.add(letter.key);
    }
    yield { letter, isRepeat };
  }
}
