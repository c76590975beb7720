import { type Queryable } from '@chip/persistence';

/** One partition of a machine topic, with its counters since `origin_offset`. */
export interface PartitionRow {
  readonly topic: string;
  readonly partition: number;
  readonly state: string;
  readonly state_reason: string | null;
  readonly state_since: string;
  readonly origin_offset: number;
  readonly next_offset: number;
  readonly high_watermark: number | null;
  readonly append_time: string | null;
  /** Time since the newest applied record was appended, by the database's clock; null before the first. */
  readonly seconds_since_append: number | null;
  readonly updated_at: string;
  readonly owner: string | null;
  readonly records: number;
  readonly skipped: number;
  readonly gaps: number;
  readonly elements: number;
  readonly applied: number;
  readonly dead_lettered: number;
  readonly duplicates: number;
  readonly rows_written: number;
}

/** Offsets that wait; not below 0, because the writer may have moved past the end that it last saw. */
export const waiting = ({ high_watermark, next_offset }: PartitionRow): number | null =>
  high_watermark === null ? null : Math.max(0, high_watermark - next_offset);

export function partitions(snapshot: Queryable): Promise<PartitionRow[]> {
  return snapshot.query<PartitionRow>(
    `SELECT source_topic AS topic, source_partition AS partition, state, state_reason, state_since, origin_offset, next_offset,
            high_watermark, append_time, extract(epoch FROM clock_timestamp() - append_time) AS seconds_since_append, updated_at,
            owner, records, skipped, gaps, elements, applied, dead_lettered, duplicates, rows_written
       FROM stream_positions
      ORDER BY source_topic, source_partition`,
  );
}

/** A partition of a machine topic that ingest stopped. */
export interface IngestRow {
  readonly topic: string;
  readonly partition: number;
  readonly state: string;
  readonly state_reason: string | null;
  readonly state_since: string;
  readonly at_offset: number;
  readonly to_offset: number | null;
  readonly owner: string;
}

export function ingestStandstills(snapshot: Queryable): Promise<IngestRow[]> {
  return snapshot.query<IngestRow>(
    `SELECT source_topic AS topic, source_partition AS partition, state, state_reason, state_since, at_offset, to_offset, owner
       FROM ingest_partitions
      WHERE state <> 'running'
      ORDER BY source_topic, source_partition`,
  );
}

/** A range of offsets that was never applied and that a person accepted as lost. */
export interface GapRow {
  readonly topic: string;
  readonly partition: number;
  readonly from_offset: number;
  readonly to_offset: number;
  readonly kind: string;
  readonly reason: string | null;
  readonly accepted_by: string | null;
  readonly at: string;
}

export function acceptedGaps(snapshot: Queryable): Promise<GapRow[]> {
  return snapshot.query<GapRow>(
    `SELECT source_topic AS topic, source_partition AS partition, from_offset, to_offset, kind, reason, accepted_by, at
       FROM stream_gaps
      ORDER BY source_topic, source_partition, from_offset`,
  );
}
