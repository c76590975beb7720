import type { Replay } from './refusals.ts';

/**
 * A block: what one fetch of one machine partition yields, as one Kafka message of the accepted topic.
 *
 * ```text
 * value = u32 index length | index | u32 payload length | payload | roll-up deltas (the rest; telemetry only)
 * index = per source event, in offset order, LEB128 varints:
 *         offset - previous offset (the first: - covers-from + 1) | zigzag(append time - previous, ms) |
 *         payload bytes (0 = nothing accepted) | elements (0 = not an array) | refused elements | place of each of these
 * ```
 * Integers are little endian. The headers carry what a reader needs before it opens the value (`BLOCK_HEADERS`).
 *
 * `covers` is the half-open range of source offsets the block accounts for, including refused events, transaction
 * markers and compaction holes. Blocks of one source partition chain: a range that does not touch the next is loss.
 * The index lets a reader cut off the part it has applied before (`trimBlock`) and trace a row to its event.
 */
export const BLOCK_VERSION = 1;
/**
 * A block is cut as soon as it reaches one of these; it always takes at least one event. Refused events count as well: they
 * bring neither rows nor payload, but index entries, and dead letters that wait in memory until their block is cut.
 */
export const MAX_BLOCK_ROWS = 5000;
export const MAX_BLOCK_EVENTS = 5000;
export const BLOCK_PAYLOAD_TARGET_BYTES = 512 * 1024;
export const MAX_BLOCK_LETTER_BYTES = 512 * 1024;

export type PayloadKind = 'copy-text/system_metrics/1' | 'ndjson/inspection/1';

export interface BlockEvent {
  /** Source offset. */
  readonly offset: number;
  /** Record timestamp of the source record (broker append time), ms. */
  readonly appendTime: number;
  /** Bytes of this event's rows in the payload; 0 when every element was refused. */
  readonly bytes: number;
  /** Length of the array that the record holds; 0 = the record is one event, or was refused whole. */
  readonly elements: number;
  /** Places of the elements that ingest refused, ascending; `[0]` for a refused record that is no array. */
  readonly refused: readonly number[];
}

/** Elements of a source event: an event that is no array counts as one. */
export const elementsOf = (event: BlockEvent): number => Math.max(1, event.elements);
/** Accepted elements of a source event, which is also its number of payload lines. */
export const rowsOf = (event: BlockEvent): number => elementsOf(event) - event.refused.length;
/** Place in the record's array of the accepted element that stands `nth` (from 0) in the payload; undefined without array. */
export const placeOf = (event: BlockEvent, nth: number): number | undefined => {
  if (event.elements === 0) return undefined;
  let place = nth;
  for (const refused of event.refused) if (refused <= place) place++;
  return place;
};

/** Settings that decide whether an event is accepted. Stated with each block, so that a judgement can be repeated. */
export interface Judgement {
  /** Telemetry older than this against its append time is refused, days; 0 = none is. Null: the setting was not known. */
  readonly retentionDays: number | null;
  /** Added to each append time before events were judged by it, ms: how far the broker's clock was behind. */
  readonly clockShiftMs: number;
}

export interface Block {
  readonly sourceTopic: string;
  /** Kafka's UUID of the source topic, which one of the same name created later does not share; absent in old blocks. */
  readonly sourceTopicId?: string;
  readonly sourcePartition: number;
  readonly coversFrom: number;
  /** Exclusive. */
  readonly coversTo: number;
  readonly kind: PayloadKind;
  readonly index: readonly BlockEvent[];
  /** Rows of the events of the index, in order, each line ending in a newline. */
  readonly payload: Buffer;
  /** COPY lines for `metrics_delta` of exactly these rows; null when they must be recomputed (after trimming). */
  readonly deltas: Buffer | null;
  /** Least and greatest event time of the rows (canonical text), null without rows. */
  readonly minTime: string | null;
  readonly maxTime: string | null;
  /** What the events were judged by besides themselves and their append times; absent in old blocks. */
  readonly judgedBy?: Judgement;
  /** Events that were published again from a dead letter, by source offset; absent when none was. */
  readonly replays?: ReadonlyMap<number, Replay>;
}

export const BLOCK_HEADERS = {
  version: 'block-version',
  sourceTopic: 'source-topic',
  sourceTopicId: 'source-topic-id',
  sourcePartition: 'source-partition',
  coversFrom: 'covers-from',
  coversTo: 'covers-to',
  appendFrom: 'append-from',
  appendTo: 'append-to',
  events: 'events',
  rows: 'rows',
  payload: 'payload',
  minTime: 'min-time',
  maxTime: 'max-time',
  traceparent: 'traceparent',
  replays: 'replays',
  retentionDays: 'retention-days',
  clockShift: 'clock-shift-ms',
} as const;

/** A block of a format this reader does not know: newer writers are rolled out before ingest. */
export class UnsupportedBlockError extends Error {
  readonly code = 'unsupported_block';
}

/** A block that contradicts itself. It is never applied in part. */
export class MalformedBlockError extends Error {
  readonly code = 'malformed_block';
}

const MAX_VARINT_BYTES = 8;

/** Writes unsigned integers below 2^53 as LEB128. */
const writeVarint = (target: Buffer, at: number, value: number): number => {
  while (value > 127) {
    target[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  target[at++] = value;
  return at;
};

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

const encodeIndex = (index: readonly BlockEvent[], coversFrom: number): Buffer => {
  const numbers = index.reduce((sum, event) => sum + 5 + event.refused.length, 0);
  const target = Buffer.allocUnsafe(numbers * MAX_VARINT_BYTES);
  let at = 0;
  let offset = coversFrom - 1;
  let appendTime = 0;
  for (const event of index) {
    at = writeVarint(target, at, event.offset - offset);
    at = writeVarint(target, at, zigzag(event.appendTime - appendTime));
    at = writeVarint(target, at, event.bytes);
    at = writeVarint(target, at, event.elements);
    at = writeVarint(target, at, event.refused.length);
    for (const place of event.refused) at = writeVarint(target, at, place);
    offset = event.offset;
    appendTime = event.appendTime;
  }
  return target.subarray(0, at);
};

/** Shared by the many events without a refusal. Never written to. */
const NONE: number[] = [];

const decodeIndex = (bytes: Buffer, coversFrom: number): BlockEvent[] => {
  let at = 0;
  const read = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 49) throw new MalformedBlockError('block index ends inside a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const index: BlockEvent[] = [];
  let offset = coversFrom - 1;
  let appendTime = 0;
  while (at < bytes.length) {
    const step = read();
    if (step < 1) throw new MalformedBlockError('block index offsets do not ascend');
    offset += step;
    appendTime += unzigzag(read());
    const length = read();
    const elements = read();
    let refused = NONE;
    for (let left = read(); left > 0; left--) {
      if (refused === NONE) refused = [];
      const place = read();
      if (place >= Math.max(1, elements))
        throw new MalformedBlockError('block index names an element that is not there');
      refused.push(place);
    }
    index.push({ offset, appendTime, bytes: length, elements, refused });
  }
  return index;
};

export interface EncodedBlock {
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

export function encodeBlock(block: Block, traceparent?: string): EncodedBlock {
  const index = encodeIndex(block.index, block.coversFrom);
  const lengths = Buffer.allocUnsafe(8);
  lengths.writeUInt32LE(index.length, 0);
  lengths.writeUInt32LE(block.payload.length, 4);
  const value = Buffer.concat([
    lengths.subarray(0, 4),
    index,
    lengths.subarray(4, 8),
    block.payload,
    ...(block.deltas === null ? [] : [block.deltas]),
  ]);
  const headers: Record<string, string> = {
    [BLOCK_HEADERS.version]: String(BLOCK_VERSION),
    [BLOCK_HEADERS.sourceTopic]: block.sourceTopic,
    [BLOCK_HEADERS.sourcePartition]: String(block.sourcePartition),
    [BLOCK_HEADERS.coversFrom]: String(block.coversFrom),
    [BLOCK_HEADERS.coversTo]: String(block.coversTo),
    [BLOCK_HEADERS.events]: String(block.index.length),
    [BLOCK_HEADERS.rows]: String(block.index.reduce((sum, event) => sum + rowsOf(event), 0)),
    [BLOCK_HEADERS.payload]: block.kind,
  };
  if (block.index.length > 0) {
    // Append times may step back: the clocks of leaders differ.
    let appendFrom = Infinity;
    let appendTo = -Infinity;
    for (const { appendTime } of block.index) {
      appendFrom = Math.min(appendFrom, appendTime);
      appendTo = Math.max(appendTo, appendTime);
    }
    headers[BLOCK_HEADERS.appendFrom] = String(appendFrom);
    headers[BLOCK_HEADERS.appendTo] = String(appendTo);
  }
  if (block.judgedBy !== undefined) {
    const { retentionDays, clockShiftMs } = block.judgedBy;
    if (retentionDays !== null) {
      headers[BLOCK_HEADERS.retentionDays] = String(retentionDays);
    }
    headers[BLOCK_HEADERS.clockShift] = String(clockShiftMs);
  }
  if (block.sourceTopicId !== undefined) headers[BLOCK_HEADERS.sourceTopicId] = block.sourceTopicId;
  if (block.minTime !== null) headers[BLOCK_HEADERS.minTime] = block.minTime;
  if (block.maxTime !== null) headers[BLOCK_HEADERS.maxTime] = block.maxTime;
  if (block.replays !== undefined && block.replays.size > 0)
    headers[BLOCK_HEADERS.replays] = JSON.stringify(
      [...block.replays].map(([offset, { of, count }]) => [offset, count, of]),
    );
  if (traceparent !== undefined) headers[BLOCK_HEADERS.traceparent] = traceparent;
  return { headers, value };
}

/** Nothing depends on it but a person who asks why: what cannot be read counts as not stated. */
const decodeJudgement = (retentionDays: string | undefined, clockShift: string | undefined): Pick<Block, 'judgedBy'> =>
  clockShift === undefined
    ? {}
    : {
        judgedBy: {
          retentionDays: retentionDays === undefined ? null : Number(retentionDays),
          clockShiftMs: Number(clockShift),
        },
      };

const decodeReplays = (header: string | undefined): Pick<Block, 'replays'> => {
  if (header === undefined) return {};
  const refuse = (cause?: unknown): never => {
    throw new MalformedBlockError(`header ${BLOCK_HEADERS.replays} cannot be read`, { cause });
  };
  let entries: unknown;
  try {
    entries = JSON.parse(header);
  } catch (error) {
    return refuse(error);
  }
  if (!Array.isArray(entries)) return refuse();
  const replays = new Map<number, Replay>();
  for (const entry of entries as unknown[]) {
    const [offset, count, of] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof offset !== 'number' || typeof count !== 'number' || typeof of !== 'string') return refuse();
    replays.set(offset, { of, count });
  }
  return { replays };
};

type HeaderValue = string | Buffer | undefined;

/**
 * Reads a block and checks that headers, index and payload agree.
 * @throws UnsupportedBlockError for an unknown version or payload kind, MalformedBlockError for a contradiction.
 */
export function decodeBlock(
  headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>,
  value: Buffer | null,
): Block {
  const text = (name: string): string | undefined => {
    const header = headers[name];
    return (Array.isArray(header) ? (header as readonly HeaderValue[])[0] : (header as HeaderValue))?.toString();
  };
  const whole = (name: string): number => {
    const found = text(name);
    const number = found === undefined || found === '' ? NaN : Number(found);
    if (!Number.isSafeInteger(number) || number < 0) throw new MalformedBlockError(`header ${name} is not an offset`);
    return number;
  };

  const version = text(BLOCK_HEADERS.version);
  if (version !== String(BLOCK_VERSION))
    throw new UnsupportedBlockError(`block version ${version ?? 'absent'}, this reader knows ${BLOCK_VERSION}`);
  const kind = text(BLOCK_HEADERS.payload);
  if (kind !== 'copy-text/system_metrics/1' && kind !== 'ndjson/inspection/1')
    throw new UnsupportedBlockError(`block payload ${kind ?? 'absent'} is unknown to this reader`);
  if (value === null || value.length < 8) throw new MalformedBlockError('block value is too short');

  const coversFrom = whole(BLOCK_HEADERS.coversFrom);
  const coversTo = whole(BLOCK_HEADERS.coversTo);
  if (coversTo < coversFrom) throw new MalformedBlockError('covers-to is below covers-from');
  const indexLength = value.readUInt32LE(0);
  if (4 + indexLength + 4 > value.length) throw new MalformedBlockError('block index is longer than its value');
  const index = decodeIndex(value.subarray(4, 4 + indexLength), coversFrom);
  const payloadLength = value.readUInt32LE(4 + indexLength);
  const payloadFrom = 8 + indexLength;
  if (payloadFrom + payloadLength > value.length) throw new MalformedBlockError('payload is longer than its value');

  let bytes = 0;
  let rows = 0;
  for (const event of index) {
    bytes += event.bytes;
    rows += rowsOf(event);
  }
  const last = index.at(-1);
  if (bytes !== payloadLength) throw new MalformedBlockError('index and payload disagree on the number of bytes');
  if (rows !== whole(BLOCK_HEADERS.rows)) throw new MalformedBlockError('index and headers disagree on the rows');
  if (last && last.offset >= coversTo) throw new MalformedBlockError('an event lies outside the covered range');
  const sourceTopicId = text(BLOCK_HEADERS.sourceTopicId);
  return {
    sourceTopic: text(BLOCK_HEADERS.sourceTopic) ?? '',
    ...(sourceTopicId === undefined ? {} : { sourceTopicId }),
    sourcePartition: whole(BLOCK_HEADERS.sourcePartition),
    coversFrom,
    coversTo,
    kind,
    index,
    payload: value.subarray(payloadFrom, payloadFrom + payloadLength),
    deltas: value.subarray(payloadFrom + payloadLength),
    minTime: text(BLOCK_HEADERS.minTime) ?? null,
    maxTime: text(BLOCK_HEADERS.maxTime) ?? null,
    ...decodeReplays(text(BLOCK_HEADERS.replays)),
    ...decodeJudgement(text(BLOCK_HEADERS.retentionDays), text(BLOCK_HEADERS.clockShift)),
  };
}

/**
 * The part of a block at and above `position`. Everything below was applied before (a re-send after a crash).
 * The time span stays that of the whole block: it is an upper bound then. Deltas no longer fit and become null.
 */
export function trimBlock(block: Block, position: number): Block {
  if (position <= block.coversFrom) return block;
  let cut = 0;
  let kept = 0;
  while (kept < block.index.length && block.index[kept]!.offset < position) cut += block.index[kept++]!.bytes;
  return {
    ...block,
    coversFrom: Math.min(position, block.coversTo),
    index: block.index.slice(kept),
    payload: block.payload.subarray(cut),
    deltas: cut === 0 ? block.deltas : null,
  };
}

/** Leader clocks differ: an append time may step back by this much without the topic being a new one. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Why a block seems to be of another topic than a position is about. */
export interface RecreationEvidence {
  readonly reason: string;
  /** Whether it holds whatever the clocks of the brokers do: a record never changes the append time it has. */
  readonly isProof: boolean;
}

/**
 * What the append times say against a block being of the topic that a position is about, or null. An event below the
 * position that is younger than all applied ones was never applied: it is of a topic that was deleted and created anew.
 * One above the position that is older says the same as long as the brokers' clocks agree. The ids of the topics say it
 * better, see `Block.sourceTopicId`.
 *
 * @param position first source offset that is not applied yet
 * @param appendTimeMs greatest append time applied; null before the first record
 */
export function recreationEvidence(
  block: Block,
  position: number,
  appendTimeMs: number | null,
): RecreationEvidence | null {
  if (appendTimeMs === null) return null;
  const above = block.index.findIndex((event) => event.offset >= position);
  const below = above === -1 ? block.index.at(-1) : block.index[above - 1];
  const next = above === -1 ? undefined : block.index[above];
  if (below !== undefined && below.appendTime > appendTimeMs) {
    return {
      reason: `offset ${below.offset} was applied before, but this record was appended after everything applied: the topic was created anew`,
      isProof: true,
    };
  }
  if (next !== undefined && next.appendTime < appendTimeMs - CLOCK_TOLERANCE_MS) {
    return {
      reason: `offset ${next.offset} was appended before what is applied already: the topic was created anew`,
      isProof: false,
    };
  }
  return null;
}
