/** The contract between a consumer and its handlers. */
/** Header values by name; an array where one name occurs several times. A null value arrives as an empty buffer. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/**
 * One record. Offsets are plain numbers: a partition would need 285 years at a million records per second to leave the
 * safe integers, and a bigint per record costs time and memory in the hottest loop.
 */
export interface KafkaRecord {
  readonly offset: number;
  /** Milliseconds since 1970: the broker's append time where the topic says LogAppendTime. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** Records in offset order, decoded anew by every walk over them: what nobody keeps costs no memory. */
export interface Records extends Iterable<KafkaRecord> {
  readonly length: number;
  /** Whether timestamps of some are the producer's: their topic does not, or did not, say LogAppendTime. */
  readonly hasProducerTimes?: boolean;
}

/** A record batch that can never be read. */
export interface UndecodableRange {
  /** Where the reading stands: the batch's `fetchOffset`. */
  readonly from: number;
  /** Offset behind the last record of that batch. Where its header is damaged as well: `from + 1`, never beyond the batch. */
  readonly to: number;
  /** What is wrong with it, one clause in English without a full stop. */
  readonly reason: string;
}

/**
 * What one fetch of one partition yielded, and what may be done about it. Handed to an `@EventPattern(topic)` method;
 * the methods act on this partition.
 *
 * 1. The handler returns: the next batch begins at `nextOffset`.
 * 2. It calls {@link seek} and returns: the next batch begins there.
 * 3. It calls {@link pause} and returns: nothing is read until `resume`; then this batch comes again.
 * 4. The batch is aborted (`signal`) because the partition was lost or the process stops: whatever the handler does, the
 *    batch counts as not handled.
 * 5. It throws `RejoinError` or `PartitionLostError`: not handled; the consumer joins its group again, every partition
 *    gets a new `assignment`.
 * 6. It throws anything else: fatal, the process ends, nothing is committed.
 *
 * Batches of one partition follow each other strictly; those of different partitions may run at the same time.
 */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** In offset order. Empty when the fetch held only transaction markers or aborted records, or with `outOfRange` or `undecodable`. */
  readonly records: Records;
  /** Offset that was asked for: where the previous batch ended, a seek went, or the group's committed offset. */
  readonly fetchOffset: number;
  /** Offset of the first record; `fetchOffset` without records. Above `fetchOffset` where offsets were skipped. */
  readonly firstOffset: number;
  /** Offset behind everything this batch accounts for, transaction markers and holes included. */
  readonly nextOffset: number;
  /** Offset the next written record will get. */
  readonly highWatermark: number;
  /** Offset behind the last record that can be read: an open transaction keeps it below `highWatermark`. */
  readonly lastStableOffset: number;
  /** First offset the broker still has. */
  readonly logStartOffset: number;
  /**
   * Number of this assignment, different for every join of every consumer in the process. When it differs from the one
   * a handler remembers, everything it knows about the partition is stale.
   */
  readonly assignment: number;
  /**
   * Set when `fetchOffset` is outside of what the broker has: records were deleted unread, or the topic was created
   * anew. The handler must decide, by {@link seek} or {@link pause}; kafkajs's silent reset does not happen. Without a
   * decision the partition is paused.
   */
  readonly outOfRange: { readonly low: number; readonly high: number } | null;
  /**
   * Set when the record batch at `fetchOffset` can never be read: its checksum or structure is damaged, its format is not
   * known, or it unfolds to more than `ConsumerOptions.maxDecompressedBytes`. `records` is empty and `nextOffset` is
   * `fetchOffset`. The handler must decide: {@link seek} to `undecodable.to` passes over exactly this batch, and
   * {@link pause} waits for a person. Without a decision the partition is paused in state `undecodable_batch`.
   */
  readonly undecodable: UndecodableRange | null;
  /** Aborted when the work must stop: the partition was lost, or the process stops and its patience is over. */
  readonly signal: AbortSignal;

  /** Tells the group that this consumer lives (at most once per interval). Also sent by itself while a handler runs. @throws PartitionLostError */
  heartbeat(): Promise<void>;
  /** Whether what the handler does still counts: false after a loss of the partition, an abort, or a {@link seek}. */
  isCurrent(): boolean;
  /** The next batch begins at `offset`. */
  seek(offset: number): void;
  /** Reads nothing more from this partition until `KafkaBatchServer.resume` or the next assignment. The reason shows in status and health. */
  pause(reason: string): void;
  /**
   * Commits `offset` (the next one to read) for the consumer group.
   *
   * @throws PartitionLostError when this consumer no longer owns the partition; KafkaUnavailableError after repeated
   * attempts.
   */
  commit(offset: number): Promise<void>;
}

/** Type argument for Nest's decorator: `@EventPattern<BatchEvents>(topic)` types its method's payload. */
export type BatchEvents = Record<string, RecordBatch>;
