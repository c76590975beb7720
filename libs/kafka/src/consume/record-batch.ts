/** The contract between a consumer and its handlers. */
import type { FetchOutcome } from '../records/kafka-record.ts';

/**
 * The result of one fetch of one partition, and what a handler may do with it. An `@EventPattern(topic)` method
 * receives it; its methods act on this partition.
 *
 * 1. The handler returns: the next batch begins at `nextOffset`.
 * 2. It calls {@link seek} and returns: the next batch begins there.
 * 3. It calls {@link pause} and returns: nothing is read until `resume`; then this batch comes again.
 * 4. The batch is aborted (`signal`) because the partition was lost or the process stops: it counts as not handled,
 *    whatever the handler does.
 * 5. It throws `RejoinError` or `PartitionLostError`: not handled; the consumer rejoins its group, and every partition
 *    gets a new `assignment`.
 * 6. It throws anything else: fatal; the process ends and nothing is committed.
 *
 * Batches of one partition are strictly sequential; those of different partitions may run at the same time.
 */
export interface RecordBatch extends FetchOutcome {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record; `fetchOffset` without records. Above `fetchOffset` where offsets were skipped. */
  readonly firstOffset: number;
  /** Aborted when the work must stop: the partition was lost, or the process stops and its grace period is over. */
  readonly signal: AbortSignal;

  /**
   * Reports that the handler makes progress. After 5 s without a report another partition gets its place, so that a
   * waiting handler holds up nobody; a computing handler keeps its place, so that no more of them share the process.
   */
  progress(): void;
  /** Whether the handler's work still counts: false after a loss of the partition, an abort, or a {@link seek}. */
  isCurrent(): boolean;
  /** The next batch begins at `offset`. */
  seek(offset: number): void;
  /** Reads nothing more from this partition until `KafkaBatchServer.resume` or the next assignment. The reason shows in status and health. */
  pause(reason: string): void;
  /**
   * Everything below `offset` is handled: the group's committed offset follows soon, and nothing waits for it. Does nothing
   * once this consumer has lost the partition.
   */
  commit(offset: number): void;
  /**
   * Nothing uses the records any more, nor a buffer of them: their memory is given back once the handler has returned, if
   * the batch then counts as handled. Without this call that happens when V8 next collects all garbage.
   */
  release(): void;
}

/** Type argument for Nest's decorator: `@EventPattern<BatchEvents>(topic)` types its method's payload. */
export type BatchEvents = Record<string, RecordBatch>;
