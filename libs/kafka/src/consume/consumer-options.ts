/** How a consumer reads. Times in ms. */
export interface ConsumerOptions {
  /** A fetch waits for this many bytes or for `maxWaitMs`: batching without timers of our own. */
  readonly minBytes: number;
  readonly maxWaitMs: number;
  /** Compressed bytes per partition and fetch; together with `maxDecompressedBytes` they bound memory. */
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  /**
   * Bytes one fetch may decompress to. A single batch above it is undecodable. A fetch begins only while the batches in
   * memory (at most one per partition) hold less than a quarter of this, not counting those whose handler has made no
   * progress for seconds, and less than all of it, counting them: records take less than twice this in memory.
   */
  readonly maxDecompressedBytes: number;
  /**
   * Partitions whose handlers may run at the same time. A handler without progress for seconds goes on but no longer
   * counts.
   */
  readonly partitionsConcurrently: number;
  /** A member without a sign of life for this long loses its partitions to others. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long the group waits for members to rejoin. */
  readonly rebalanceTimeoutMs: number;
  /** A consumer notices new partitions within this time. */
  readonly metadataMaxAgeMs: number;
  /** Fatal: nothing delivered for this long although records wait and the broker answers. */
  readonly stallTimeoutMs: number;
  /**
   * A transaction open for longer shows in `PartitionStatus`; the brokers' own limit is `transaction.max.timeout.ms`.
   */
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
