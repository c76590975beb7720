/** Options of a consumer, with their defaults. */
/** How a consumer reads. Times in ms. */
export interface ConsumerOptions {
  /** A fetch waits until this many bytes are there, or `maxWaitMs` are over: batching without timers of our own. */
  readonly minBytes: number;
  readonly maxWaitMs: number;
  /** Compressed bytes per partition and per fetch; they bound memory together with `maxDecompressedBytes`. */
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  /**
   * Bytes one fetch may unfold to. A single batch above it is undecodable. A fetch begins only while the batches in hand
   * (one per partition at most) hold less than a quarter of this together, not counting those of handlers without
   * progress for seconds, and less than all of it including those: memory for records stays below twice this.
   */
  readonly maxDecompressedBytes: number;
  /** Partitions whose handlers may run at the same time. One without progress for seconds goes on and does not count any more. */
  readonly partitionsConcurrently: number;
  /** Without a sign of life for this long the group gives the partitions to others. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long the group waits for members to come back for a new assignment. */
  readonly rebalanceTimeoutMs: number;
  /** New partitions are noticed within this time. */
  readonly metadataMaxAgeMs: number;
  /** Nothing delivered for this long although records wait and the broker answers: fatal. */
  readonly stallTimeoutMs: number;
  /** A transaction that stays open for longer shows in `PartitionStatus`; the brokers' own limit is `transaction.max.timeout.ms`. */
  readonly transactionLimitMs: number;
}

export const DEFAULT_CONSUMER_OPTIONS: ConsumerOptions = {
  minBytes: 256 * 1024,
  maxWaitMs: 100,
  maxBytesPerPartition: 1024 * 1024,
  maxBytes: 4 * 1024 * 1024,
  maxDecompressedBytes: 64 * 1024 * 1024,
  partitionsConcurrently: 1,
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 2_000,
  rebalanceTimeoutMs: 20_000,
  metadataMaxAgeMs: 10_000,
  stallTimeoutMs: 60_000,
  transactionLimitMs: 15 * 60_000,
};
