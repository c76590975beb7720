/** Partitions that ingest has stopped, and what people decided about them. */
import { appendAudit } from '../audit/audit.ts';
import type { Queryable } from '../connection/database.ts';
import { OPERATOR_STREAM, type PositionChange } from './position-changes.ts';

/** A partition that ingest has stopped, or had stopped. */
export interface IngestPartition {
  topic: string;
  partition: number;
  /** `running`, or why ingest has stopped. */
  state: string;
  stateReason: string | null;
  /** RFC 3339. */
  stateSince: string;
  /** Offset of the machine topic that ingest cannot pass. */
  atOffset: number;
  /** End (exclusive) of the range that stops it, if known. */
  toOffset: number | null;
  owner: string;
}

export type IngestStandstill = Pick<
  IngestPartition,
  'topic' | 'partition' | 'state' | 'stateReason' | 'atOffset' | 'toOffset'
>;

/** What a person decided about a stopped partition. */
export interface IngestDecision {
  topic: string;
  partition: number;
  kind: 'skip_batch' | 'resume';
  atOffset: number;
  /** Exclusive. */
  toOffset: number;
  /** Added to append times below `toOffset` before events are judged, in ms. */
  clockShiftMs: number;
  /** Kafka's id of the topic that the offsets are of; null in decisions of earlier versions. */
  topicId: string | null;
  by: string;
  reason: string;
}

const COLUMNS = `source_topic AS topic, source_partition AS partition, state, state_reason AS "stateReason",
  state_since AS "stateSince", at_offset AS "atOffset", to_offset AS "toOffset", owner`;

/** Partitions that ingest has stopped, or with `all` also those that have resumed, in order. */
export async function loadIngestPartitions(database: Queryable, { all = false } = {}): Promise<IngestPartition[]> {
  return database.query<IngestPartition>(
    `SELECT ${COLUMNS} FROM ingest_partitions WHERE $1 OR state <> 'running' ORDER BY source_topic, source_partition`,
    [all],
  );
}

/**
 * Stores where ingest has stopped or resumed (`running`). `state_since` stays as long as state and offset do, even when
 * another process takes over: decisions count from it.
 */
export async function storeIngestPartitions(
  database: Queryable,
  rows: readonly IngestStandstill[],
  owner: string,
): Promise<void> {
  await database.query(
    `INSERT INTO ingest_partitions AS known
       (source_topic, source_partition, state, state_reason, at_offset, to_offset, owner)
     SELECT topic, partition, state, reason, at_offset, to_offset, $7
     FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       AS row (topic, partition, state, reason, at_offset, to_offset)
     ON CONFLICT (source_topic, source_partition) DO UPDATE SET
       state = excluded.state, state_reason = excluded.state_reason, at_offset = excluded.at_offset,
       to_offset = excluded.to_offset, owner = excluded.owner, updated_at = now(),
       state_since = CASE WHEN (known.state, known.at_offset) = (excluded.state, excluded.at_offset)
         THEN known.state_since ELSE now() END`,
    [
      rows.map(({ topic }) => topic),
      rows.map(({ partition }) => partition),
      rows.map(({ state }) => state),
      rows.map(({ stateReason }) => stateReason),
      rows.map(({ atOffset }) => atOffset),
      rows.map(({ toOffset }) => toOffset),
      owner,
    ],
  );
}

/**
 * The newest decision about each stopped partition, and those that let records be judged by a corrected clock, for up
 * to `keepDays` days: a range that is read again must be judged as before.
 */
export async function loadIngestDecisions(database: Queryable, keepDays = 30): Promise<IngestDecision[]> {
  return database.query<IngestDecision>(
    `SELECT DISTINCT ON (d.source_topic, d.source_partition, d.at_offset)
       d.source_topic AS topic, d.source_partition AS partition, kind, d.at_offset AS "atOffset", d.to_offset AS "toOffset",
       clock_shift_ms AS "clockShiftMs", source_topic_id AS "topicId", decided_by AS by, reason
     FROM ingest_decisions AS d LEFT JOIN ingest_partitions AS p USING (source_topic, source_partition)
     WHERE (p.state <> 'running' AND p.at_offset = d.at_offset AND d.decided_at >= p.state_since)
        OR (kind = 'resume' AND decided_at > now() - make_interval(days => $1))
     ORDER BY d.source_topic, d.source_partition, d.at_offset, d.id DESC`,
    [keepDays],
  );
}

/**
 * Records a person's decision about a stopped partition; ingest reads it within seconds. Call it inside a transaction.
 */
export async function decideForIngest(
  transaction: Queryable,
  {
    by,
    reason,
    ...change
  }: PositionChange & Pick<IngestDecision, 'kind' | 'atOffset' | 'toOffset' | 'clockShiftMs' | 'topicId'>,
): Promise<void> {
  const { topic, partition, kind, atOffset, toOffset, clockShiftMs, topicId } = change;
  await transaction.query(
    `INSERT INTO ingest_decisions
       (source_topic, source_partition, kind, at_offset, to_offset, clock_shift_ms, source_topic_id, decided_by, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [topic, partition, kind, atOffset, toOffset, clockShiftMs, topicId, by, reason],
  );
  await appendAudit(transaction, {
    stream: OPERATOR_STREAM,
    actor: by,
    action: `ingest.${kind}`,
    subject: `position:${topic}/${partition}`,
    reason,
    newValue: { from_offset: atOffset, to_offset: toOffset, clock_shift_ms: clockShiftMs },
  });
}

/** @returns how long telemetry is kept, in ms; 0 = indefinitely */
export async function readTelemetryRetention(database: Queryable): Promise<number> {
  const rows = await database.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM keep) * 1000)::float8 AS ms FROM retention_settings WHERE table_name = 'system_metrics'`,
  );
  return rows[0]?.ms ?? 0;
}
