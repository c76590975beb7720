/** Why the writer stopped a partition. Immutable: stored with the position, used as metric labels and runbook names. */
export const STOPPED_STATES = [
  'waiting_for_database',
  'gap',
  'recreated',
  'uninitialised',
  'unsupported_block',
  'malformed_block',
  'rows_mostly_rejected',
  'database_refuses',
  'dead_letters_refused',
] as const;

/** What a partition is doing, or why it stopped. */
export type PartitionState = 'running' | (typeof STOPPED_STATES)[number];

/**
 * Why ingest stopped a partition of a machine topic. Immutable like {@link STOPPED_STATES}; stored in
 * `ingest_partitions`.
 */
export const INGEST_STOPPED_STATES = [
  'undecodable_batch',
  'no_accepted_partition',
  'records_mostly_refused',
  'open_transaction',
  'send_failed',
  'producer_times',
  'retention_unknown',
] as const;

export type IngestStoppedState = (typeof INGEST_STOPPED_STATES)[number];
