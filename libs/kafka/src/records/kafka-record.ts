/** What is read from Kafka: records, and the facts about a fetch. */
/** Header values by name; an array where one name occurs several times. A null value arrives as an empty buffer. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/**
 * One record. Offsets are plain numbers: at a million records per second a partition would need 285 years to exceed the
 * safe integers, and a bigint per record costs time and memory in the hottest loop.
 */
export interface KafkaRecord {
  readonly offset: number;
  /** Milliseconds since 1970, up to the year 9999: the broker's append time if the topic says LogAppendTime. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** Records in offset order, decoded again by every iteration: what is not kept costs no memory. */
export interface Records extends Iterable<KafkaRecord> {
  readonly length: number;
  /** Whether some timestamps are the producer's: the topic does not, or did not, say LogAppendTime. */
  readonly hasProducerTimes?: boolean;
}

/** A record batch that can never be read. */
export interface UndecodableRange {
  /** Where reading stopped: the batch's `fetchOffset`. */
  readonly from: number;
  /**
   * Offset after the last record of that batch. If its header is damaged as well: `from + 1`, never beyond the batch.
   */
  readonly to: number;
  /** What is wrong with it, one clause in English without a full stop. */
  readonly reason: string;
}

/** What one fetch of one partition yielded. */
export interface FetchOutcome {
  /** In offset order. Empty when the fetch held only transaction markers or aborted records, or with `outOfRange` or `undecodable`. */
  readonly records: Records;
  /** The requested offset: the end of the previous batch, a seek's target, or the group's committed offset. */
  readonly fetchOffset: number;
  /** Offset after everything this batch accounts for, including transaction markers and holes. */
  readonly nextOffset: number;
  /** Offset of the next record to be written. */
  readonly highWatermark: number;
  /** Offset after the last readable record: an open transaction keeps it below `highWatermark`. */
  readonly lastStableOffset: number;
  /** First offset the broker still has. */
  readonly logStartOffset: number;
  /**
   * Number of this assignment, different for every join of every consumer in the process. When it differs from the one
   * a handler remembers, everything it knows about the partition is stale.
   */
  readonly assignment: number;
  /**
   * Set when `fetchOffset` is outside the broker's range: records were deleted unread, or the topic was recreated. The
   * handler must decide, by `seek` or `pause`; kafkajs's silent reset does not happen. Without a decision the partition
   * is paused.
   */
  readonly outOfRange: { readonly low: number; readonly high: number } | null;
  /**
   * Set when the record batch at `fetchOffset` can never be read: its checksum or structure is damaged, its format is
   * unknown, or it decompresses to more than `ConsumerOptions.maxDecompressedBytes`. `records` is empty and
   * `nextOffset` is `fetchOffset`. The handler must decide: `seek` to `undecodable.to` skips exactly this batch, and
   * `pause` waits for a person. Without a decision the partition is paused in state `undecodable_batch`.
   */
  readonly undecodable: UndecodableRange | null;
}
