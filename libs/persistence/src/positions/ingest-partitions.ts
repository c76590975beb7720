/** Standstills of ingest, and what people decided about them. */
import { appendAudit } from '../audit/audit.ts';
import type { Queryable } from '../connection/database.ts';
import { OPERATOR_STREAM, type PositionChange } from './position-changes.ts';

/** A partition at which ingest stands, or stood, still. */
export interface IngestPartition {
  topic: string;
  partition: number;
  /** `running`, or why ingest stands still. */
  state: string;
  stateReason: string | null;
  /** RFC 3339. */
  stateSince: string;
  /** Offset of the machine topic that ingest cannot pass. */
  atOffset: number;
  /** End (exclusive) of what stops it, where known. */
  toOffset: number | null;
  owner: string;
}

export type IngestStandstill = Pick<
  IngestPartition,
  'topic' | 'partition' | 'state' | 'stateReason' | 'atOffset' | 'toOffset'
>;

/** What a person decided about a standstill. */
export interface IngestDecision {
  topic: string;
  partition: number;
  kind: 'skip_batch' | 'resume';
  atOffset: number;
  /** Exclusive. */
  toOffset: number;
  /** Added to append times below `toOffset` before events are judged, ms. */
  clockShiftMs: number;
  by: string;
  reason: string;
}

const COLUMNS = `source_topic AS topic, source_partition AS partition, state, state_reason AS "stateReason",
  state_since AS "stateSince", at_offset AS "atOffset", to_offset AS "toOffset", owner`;

/** Standstills of ingest, or with `all` also the partitions that go on again, in order. */
export async function loadIngestPartitions(database: Queryable, { all = false } = {}): Promise<IngestPartition[]> {
  return database.query<IngestPartition>(
    `SELECT ${COLUMNS} FROM ingest_partitions WHERE $1 OR state <> 'running' ORDER BY source_topic, source_partition`,
    [all],
  );
}

/**
 * Stores where ingest stands still, or goes on (`running`). `state_since` stays while state and offset do, also when
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
 * The newest decision about each present standstill. And those that let records be judged by a corrected clock, as long
 * as they are `keepDays` old at most: a range that is read once more must be judged as it was.
 */
export async function loadIngestDecisions(database: Queryable, keepDays = 30): Promise<IngestDecision[]> {
  return database.query<IngestDecision>(
    `SELECT DISTINCT ON (d.source_topic, d.source_partition, d.at_offset)
       d.source_topic AS topic, d.source_partition AS partition, kind, d.at_offset AS "atOffset", d.to_offset AS "toOffset",
       clock_shift_ms AS "clockShiftMs", decided_by AS by, reason
     FROM ingest_decisions AS d LEFT JOIN ingest_partitions AS p USING (source_topic, source_partition)
     WHERE (p.state <> 'running' AND p.at_offset = d.at_offset AND d.decided_at >= p.state_since)
        OR (kind = 'resume' AND decided_at > now() - make_interval(days => $1))
     ORDER BY d.source_topic, d.source_partition, d.at_offset, d.id DESC`,
    [keepDays],
  );
}

/** Records what a person decided about a standstill of ingest, which reads it within seconds. Call it inside a transaction. */
export async function decideForIngest(
  transaction: Queryable,
  { by, reason, ...change }: PositionChange & Pick<IngestDecision, 'kind' | 'atOffset' | 'toOffset' | 'clockShiftMs'>,
): Promise<void> {
  const { topic, partition, kind, atOffset, toOffset, clockShiftMs } = change;
  await transaction.query(
    `INSERT INTO ingest_decisions
       (source_topic, source_partition, kind, at_offset, to_offset, clock_shift_ms, decided_by, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [topic, partition, kind, atOffset, toOffset, clockShiftMs, by, reason],
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

/** @returns how long telemetry is kept, ms; 0 = for ever */
export async function readTelemetryRetention(database: Queryable): Promise<number> {
  const rows = await database.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM keep) * 1000)::float8 AS ms FROM retention_settings WHERE table_name = 'system_metrics'`,
  );
  return rows[0]?.ms ?? 0;
}
