/** The position of a consumer in each partition of its current assignment. */
import type { FetchFacts } from '../kafkajs-patches/fetch-interceptor.ts';
import type { UndecodableRange } from '../records/kafka-record.ts';

/** The position of a consumer in one of its partitions. */
export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly groupId: string;
  readonly assignment: number;
  /** Offset of the next record to handle; null before the first fetch of this assignment. */
  readonly nextOffset: number | null;
  readonly highWatermark: number | null;
  /** Readable offsets that are not handled yet; null before the first fetch. */
  readonly lag: number | null;
  readonly pausedReason: string | null;
  /** Set while a record batch that can never be read blocks the partition: state `undecodable_batch`. */
  readonly undecodable: UndecodableRange | null;
  /**
   * Since when one open transaction has hidden everything written behind it, as wall-clock time in ms since 1970. Null
   * unless that is longer than `ConsumerOptions.transactionLimitMs`. Lag does not show it: lag counts what can be read.
   */
  readonly blockedByTransactionSince: number | null;
  /**
   * A handler works for the partition, or a batch waits for a free one; includes a handler of an earlier assignment
   * that has not ended.
   */
  readonly isHandling: boolean;
  /** Time since the position moved or there was nothing left to read, on the monotonic clock. */
  readonly msSinceProgress: number;
  /** The same as wall-clock time, ms since 1970. */
  readonly lastProgressAt: number;
}

/** One partition during one assignment; the next assignment replaces it. Times are on the monotonic clock. */
export interface Partition {
  readonly assignment: number;
  readonly partition: number;
  position: number | null;
  highWatermark: number | null;
  lastStableOffset: number | null;
  /** Since when the last stable offset has stayed below the high watermark; null while they are equal. */
  heldBackSince: number | null;
  pausedReason: string | null;
  undecodable: UndecodableRange | null;
  /** End of the batch last handed to a worker; null before the first. */
  handledTo: number | null;
  /** Aborts the running batch. */
  running: AbortController | null;
  /** When the position moved or there was nothing left to read. */
  progressAt: number;
  /** When the position moved, or the partition became readable: the watchdog's measure. */
  movedAt: number;
  /** When a fetch last returned an answer for it. */
  answeredAt: number;
}

export function newPartition(assignment: number, partition: number): Partition {
  const now = performance.now();
  return {
    assignment,
    partition,
    position: null,
    highWatermark: null,
    lastStableOffset: null,
    heldBackSince: null,
    pausedReason: null,
    undecodable: null,
    handledTo: null,
    running: null,
    progressAt: now,
    movedAt: now,
    answeredAt: now,
  };
}

/** Records what a fetch says about the partition. */
export function noteFetched(state: Partition, facts: FetchFacts): void {
  const now = performance.now();
  const isHeldBack = facts.lastStableOffset < facts.highWatermark;
  if (!isHeldBack || facts.lastStableOffset !== state.lastStableOffset) {
    state.heldBackSince = isHeldBack ? now : null;
  }
  state.highWatermark = facts.highWatermark;
  state.lastStableOffset = facts.lastStableOffset;
  state.undecodable = facts.undecodable;
  state.answeredAt = now;
  if (lagOf(state) === 0) {
    state.progressAt = now;
  }
}

/** Records that the next batch begins at `offset`, which may be the current position. */
export function moveTo(state: Partition, offset: number): void {
  state.position = offset;
  state.undecodable = null;
  state.movedAt = performance.now();
}

function lagOf({ position, lastStableOffset }: Partition): number | null {
  return position === null || lastStableOffset === null ? null : Math.max(0, lastStableOffset - position);
}

export function statusOf(
  state: Partition,
  consumer: { readonly topic: string; readonly groupId: string; readonly transactionLimitMs: number },
  isHandling: boolean,
): PartitionStatus {
  const now = performance.now();
  const isBlocked =
    state.heldBackSince !== null && lagOf(state) === 0 && now - state.heldBackSince > consumer.transactionLimitMs;
  return {
    topic: consumer.topic,
    partition: state.partition,
    groupId: consumer.groupId,
    assignment: state.assignment,
    nextOffset: state.position,
    highWatermark: state.highWatermark,
    lag: lagOf(state),
    pausedReason: state.pausedReason,
    undecodable: state.undecodable,
    blockedByTransactionSince: isBlocked ? wallClock(state.heldBackSince ?? now) : null,
    isHandling,
    msSinceProgress: now - state.progressAt,
    lastProgressAt: wallClock(state.progressAt),
  };
}

const wallClock = (monotonic: number): number => Math.round(performance.timeOrigin + monotonic);
