import type { Replay } from '../refusals.ts';
import type { PayloadKind } from '../streams/streams.ts';

/**
 * A block: the result of one fetch from one machine partition, as one Kafka message of the accepted topic.
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
 * markers and compaction holes. Blocks of one source partition form a chain: a gap between two ranges means loss.
 * The index lets a reader cut off the part that it has already applied (`trimBlock`) and trace a row to its event.
 */
export const BLOCK_VERSION = 1;
/**
 * Ingest cuts a block as soon as it reaches one of these limits; a block holds at least one event. Refused events count,
 * too: they add index entries, and their dead letters wait in memory until the block is cut.
 *
 * Together with what a fetch asks for (`DEFAULT_CONSUMER_OPTIONS`), so that an uncompressed fetch of small events becomes one
 * block, not one and a remnant with roll-up deltas of its own.
 */
export const MAX_BLOCK_ROWS = 10_000;
export const MAX_BLOCK_EVENTS = 10_000;
export const BLOCK_PAYLOAD_TARGET_BYTES = 1024 * 1024;
export const MAX_BLOCK_LETTER_BYTES = 512 * 1024;

export interface BlockEvent {
  /** Source offset. */
  readonly offset: number;
  /** Record timestamp of the source record (broker append time), ms. */
  readonly appendTime: number;
  /** Bytes of this event's rows in the payload; 0 when every element was refused. */
  readonly bytes: number;
  /** Length of the array that the record holds; 0 = the record is one event, or was refused whole. */
  readonly elements: number;
  /** Places of the elements that ingest refused, ascending; `[0]` for a refused record that is not an array. */
  readonly refused: readonly number[];
}

/** Elements of a source event: an event that is not an array counts as one. */
export const elementsOf = (event: BlockEvent): number => Math.max(1, event.elements);
/** Accepted elements of a source event, which is also its number of payload lines. */
export const rowsOf = (event: BlockEvent): number => elementsOf(event) - event.refused.length;
/** Place in the record's array of the `nth` accepted element (from 0); undefined when the record is not an array. */
export const placeOf = (event: BlockEvent, nth: number): number | undefined => {
  if (event.elements === 0) {
    return undefined;
  }
  let place = nth;
  for (const refused of event.refused) {
    if (refused <= place) {
      place++;
    }
  }
  return place;
};

/** Settings that decide whether an event is accepted. Each block states them, so that anyone can repeat the judgement. */
export interface Judgement {
  /** Ingest refuses telemetry older than this relative to its append time, days; 0 = no limit. Null: setting unknown. */
  readonly retentionDays: number | null;
  /** How far the broker's clock was behind, ms: ingest added it to each append time before it judged the event. */
  readonly clockShiftMs: number;
}

export interface Block {
  readonly sourceTopic: string;
  /** Kafka's UUID of the source topic; it differs after the topic is deleted and recreated. Absent in old blocks. */
  readonly sourceTopicId?: string;
  readonly sourcePartition: number;
  readonly coversFrom: number;
  /** Exclusive. */
  readonly coversTo: number;
  readonly kind: PayloadKind;
  /** A block just decoded unpacks it when it is first asked for; see {@link totalsOf}. */
  readonly index: readonly BlockEvent[];
  /** Rows of the events of the index, in order, each line ending in a newline. */
  readonly payload: Buffer;
  /** COPY lines for `metrics_delta` of exactly these rows; null when the writer must recompute them (after trimming). */
  readonly deltas: Buffer | null;
  /** Earliest and latest event time of the rows (canonical text); null without rows. */
  readonly minTime: string | null;
  readonly maxTime: string | null;
  /** Settings that the events were judged by; absent in old blocks. */
  readonly judgedBy?: Judgement;
  /** Events replayed from a dead letter, by source offset; absent when there are none. */
  readonly replays?: ReadonlyMap<number, Replay>;
}

/** Sums over the index of a block. */
export interface BlockTotals {
  readonly events: number;
  readonly elements: number;
  readonly refused: number;
  readonly rows: number;
  /** Offset and append time of the first event; null without one. */
  readonly first: Pick<BlockEvent, 'offset' | 'appendTime'> | null;
  /** Least and greatest append time, ms, because clocks of leaders differ; null without an event. */
  readonly appendFrom: number | null;
  readonly appendTo: number | null;
}

/** Adds up a block, event by event in the order of the index. */
export class BlockSum {
  #events = 0;
  #elements = 0;
  #refused = 0;
  #first: BlockTotals['first'] = null;
  #appendFrom = Infinity;
  #appendTo = -Infinity;

  get events(): number {
    return this.#events;
  }

  /** @param elements as in {@link BlockEvent} */
  add(offset: number, appendTime: number, elements: number, refused: number): void {
    this.#events++;
    this.#elements += Math.max(1, elements);
    this.#refused += refused;
    this.#first ??= { offset, appendTime };
    this.#appendFrom = Math.min(this.#appendFrom, appendTime);
    this.#appendTo = Math.max(this.#appendTo, appendTime);
  }

  totals(): BlockTotals {
    const first = this.#first;
    return {
      events: this.#events,
      elements: this.#elements,
      refused: this.#refused,
      rows: this.#elements - this.#refused,
      first,
      appendFrom: first && this.#appendFrom,
      appendTo: first && this.#appendTo,
    };
  }
}

const known = new WeakMap<Block, BlockTotals>();

/** Sums over the index, taken once. For a block just decoded they are there already, and its index stays packed. */
export function totalsOf(block: Block): BlockTotals {
  let totals = known.get(block);
  if (totals === undefined) {
    const sum = new BlockSum();
    for (const event of block.index) {
      sum.add(event.offset, event.appendTime, event.elements, event.refused.length);
    }
    totals = sum.totals();
    known.set(block, totals);
  }
  return totals;
}

/** For the codec, which sums up while it checks the index. @returns the block */
export function withTotals(block: Block, totals: BlockTotals): Block {
  known.set(block, totals);
  return block;
}

/**
 * The part of a block at and above `position`. Everything below is already applied (a re-send after a crash).
 * The time span stays that of the whole block, an upper bound. Deltas no longer match and become null.
 */
export function trimBlock(block: Block, position: number): Block {
  if (position <= block.coversFrom) {
    return block;
  }
  let cut = 0;
  let kept = 0;
  while (kept < block.index.length && block.index[kept]!.offset < position) {
    cut += block.index[kept++]!.bytes;
  }
  return {
    ...block,
    coversFrom: Math.min(position, block.coversTo),
    index: block.index.slice(kept),
    payload: block.payload.subarray(cut),
    deltas: cut === 0 ? block.deltas : null,
  };
}
