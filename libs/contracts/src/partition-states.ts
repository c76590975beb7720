/** Why a partition stands still. Immutable: stored with the position, metric labels, names of runbook pages. */
export const STOPPED_STATES = [
  'waiting_for_database',
  'gap',
  'recreated',
  'uninitialised',
  'unsupported_block',
  'malformed_block',
  'rows_mostly_rejected',
] as const;

/** What a partition is doing, and where that needs a person, why. */
export type PartitionState = 'running' | (typeof STOPPED_STATES)[number];
