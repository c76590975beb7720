/** Stream positions: reading, first start, states of partitions. */
import type { Queryable } from '../connection/database.ts';

/** A row of `stream_positions`. Offsets and counters are BigInt: they are 64 bits wide. */
export interface StreamPosition {
  topic: string;
  partition: number;
  /** First offset of the machine topic not applied yet. */
  nextOffset: bigint;
  /** Greatest append time applied, RFC 3339; null before the first record. */
  appendTime: string | null;
  /** First offset of the accepted topic's partition not applied yet. */
  acceptedOffset: bigint;
  /** Kafka's id of the machine topic that `nextOffset` counts in; null until a block has named it. */
  sourceTopicId: string | null;
  /** Kafka's id of the accepted topic that `acceptedOffset` counts in; null until the writer has proved it. */
  acceptedTopicId: string | null;
  /** Blocks of the accepted topic below this offset belong to an earlier machine topic. */
  acceptedOrigin: bigint;
  originOffset: bigint;
  highWatermark: bigint | null;
  records: bigint;
  skipped: bigint;
  gaps: bigint;
  elements: bigint;
  applied: bigint;
  deadLettered: bigint;
  duplicates: bigint;
  rowsWritten: bigint;
  /** `running`, or why the partition has stopped (`gap`, `recreated` …); shown on /v1/pipeline. */
  state: string;
  stateReason: string | null;
  stateSince: string;
  owner: string | null;
  backendPid: number | null;
  backendStartedAt: string | null;
  updatedAt: string;
}

type Row = Record<string, string | null> & { source_partition: number; backend_pid: number | null };

const COLUMNS = `source_topic, source_partition, next_offset::text, append_time, accepted_offset::text, source_topic_id,
  accepted_topic_id, accepted_origin::text, origin_offset::text,
  high_watermark::text, records::text, skipped::text, gaps::text, elements::text, applied::text, dead_lettered::text,
  duplicates::text, rows_written::text, state, state_reason, state_since, owner, backend_pid, backend_started_at, updated_at`;

const fromRow = (row: Row): StreamPosition => {
  const number = (column: string): bigint => BigInt(row[column] as string);
  return {
    topic: row['source_topic'] as string,
    partition: row.source_partition,
    nextOffset: number('next_offset'),
    appendTime: row['append_time'] ?? null,
    acceptedOffset: number('accepted_offset'),
    sourceTopicId: row['source_topic_id'] ?? null,
    acceptedTopicId: row['accepted_topic_id'] ?? null,
    acceptedOrigin: number('accepted_origin'),
    originOffset: number('origin_offset'),
    highWatermark: row['high_watermark'] == null ? null : number('high_watermark'),
    records: number('records'),
    skipped: number('skipped'),
    gaps: number('gaps'),
    elements: number('elements'),
    applied: number('applied'),
    deadLettered: number('dead_lettered'),
    duplicates: number('duplicates'),
    rowsWritten: number('rows_written'),
    state: row['state'] as string,
    stateReason: row['state_reason'] ?? null,
    stateSince: row['state_since'] as string,
    owner: row['owner'] ?? null,
    backendPid: row.backend_pid,
    backendStartedAt: row['backend_started_at'] ?? null,
    updatedAt: row['updated_at'] as string,
  };
};

/** @returns undefined if the partition was never started */
export async function loadPosition(
  database: Queryable,
  topic: string,
  partition: number,
): Promise<StreamPosition | undefined> {
  const rows = await database.query<Row>(
    `SELECT ${COLUMNS} FROM stream_positions WHERE source_topic = $1 AND source_partition = $2`,
    [topic, partition],
  );
  return rows[0] && fromRow(rows[0]);
}

/** All positions, or those of one topic, in order. */
export async function loadPositions(database: Queryable, topic?: string): Promise<StreamPosition[]> {
  const rows = await database.query<Row>(
    `SELECT ${COLUMNS} FROM stream_positions WHERE $1::text IS NULL OR source_topic = $1
     ORDER BY source_topic, source_partition`,
    [topic ?? null],
  );
  return rows.map(fromRow);
}

/** First start of a partition; keeps an existing position. @returns the position in force */
export async function initPosition(
  database: Queryable,
  topic: string,
  partition: number,
  originOffset: bigint,
  acceptedOffset: bigint,
): Promise<StreamPosition> {
  await database.query('SELECT init_position($1, $2, $3, $4)', [topic, partition, originOffset, acceptedOffset]);
  return (await loadPosition(database, topic, partition)) as StreamPosition;
}

/**
 * Records why a partition runs or has stopped. Leaves offsets and counters alone, so it never disturbs a running flush.
 *
 * @param owner the process that reports the state. A former owner may learn late that it has lost the partition: its report is
 * ignored while the session of another owner lives, and it can never report `running`, which is how a person ends a stop.
 * Undefined: not checked.
 */
export async function setPositionState(
  database: Queryable,
  topic: string,
  partition: number,
  state: string,
  reason: string | null = null,
  owner?: string,
): Promise<void> {
  await database.query(
    `UPDATE stream_positions SET state = $3, state_reason = $4, state_since = now()
     WHERE source_topic = $1 AND source_partition = $2 AND (state, state_reason) IS DISTINCT FROM ($3, $4)
       AND (coalesce(owner, $5) IS NOT DISTINCT FROM coalesce($5, owner) OR ($3 <> 'running' AND NOT EXISTS (
         SELECT FROM pg_stat_activity WHERE pid = backend_pid AND backend_start = backend_started_at)))`,
    [topic, partition, state, reason, owner ?? null],
  );
}

/**
 * Records that everything before `acceptedOffset` of the accepted topic is applied although the position has not moved:
 * the blocks in between repeated what was applied already. Does nothing when the position is no longer `nextOffset`.
 *
 */
export async function settleAcceptedOffset(
  database: Queryable,
  topic: string,
  partition: number,
  nextOffset: bigint,
  acceptedOffset: bigint,
): Promise<void> {
  await database.query(
    `UPDATE stream_positions SET accepted_offset = $4
     WHERE source_topic = $1 AND source_partition = $2 AND next_offset = $3 AND accepted_offset < $4`,
    [topic, partition, nextOffset, acceptedOffset],
  );
}

/** Adds the ids of the topics to a position that has none yet. */
export async function rememberTopics(
  database: Queryable,
  topic: string,
  partition: number,
  ids: { readonly sourceTopicId?: string | null; readonly acceptedTopicId?: string | null },
): Promise<void> {
  await database.query(
    `UPDATE stream_positions SET source_topic_id = coalesce(source_topic_id, $3::uuid),
       accepted_topic_id = coalesce(accepted_topic_id, $4::uuid)
     WHERE source_topic = $1 AND source_partition = $2
       AND (source_topic_id IS NULL AND $3::uuid IS NOT NULL OR accepted_topic_id IS NULL AND $4::uuid IS NOT NULL)`,
    [topic, partition, ids.sourceTopicId ?? null, ids.acceptedTopicId ?? null],
  );
}

/**
 * Restarts the accepted topic at `acceptedOffset`, because it is a different one, or shorter, than the position
 * remembers. The position stays and decides what to apply of the blocks. Does nothing when the position is no longer
 * `nextOffset`.
 */
export async function restartAcceptedTopic(
  database: Queryable,
  position: { readonly topic: string; readonly partition: number; readonly nextOffset: bigint },
  to: { readonly acceptedOffset: bigint; readonly acceptedOrigin: bigint; readonly acceptedTopicId: string | null },
): Promise<void> {
  await database.query(
    `UPDATE stream_positions SET accepted_offset = $4, accepted_origin = $5,
       accepted_topic_id = coalesce($6::uuid, accepted_topic_id)
     WHERE source_topic = $1 AND source_partition = $2 AND next_offset = $3`,
    [position.topic, position.partition, position.nextOffset, to.acceptedOffset, to.acceptedOrigin, to.acceptedTopicId],
  );
}

/**
 * Ends of the machine topic's partitions as last seen, for lag. An end moves back only together with the position's topic:
 * if a topic was recreated under the same name, only the old end shows how much of the old one was never applied.
 */
export async function setHighWatermarks(
  database: Queryable,
  topic: string,
  highWatermarks: ReadonlyMap<number, bigint>,
  topicId: string | null = null,
): Promise<void> {
  await database.query(
    // Locks only what changes. A row that another session holds is left for the next time: the others are waiting.
    `WITH changed AS (
       SELECT source_partition, seen.high_watermark
       FROM stream_positions AS stored
       JOIN unnest($2::int[], $3::bigint[]) AS seen (source_partition, high_watermark) USING (source_partition)
       WHERE source_topic = $1 AND stored.high_watermark IS DISTINCT FROM seen.high_watermark
         AND CASE WHEN source_topic_id IS NULL OR $4::uuid IS NULL
                  THEN coalesce(stored.high_watermark, -1) < seen.high_watermark
                  ELSE source_topic_id = $4::uuid END
       FOR UPDATE OF stored SKIP LOCKED)
     UPDATE stream_positions AS stored SET high_watermark = changed.high_watermark
     FROM changed WHERE source_topic = $1 AND stored.source_partition = changed.source_partition`,
    [topic, [...highWatermarks.keys()], [...highWatermarks.values()], topicId],
  );
}

/** A range that an operator gave up permanently. */
export interface AcceptedGap {
  topic: string;
  partition: number;
  /** Inclusive; must be the current position. */
  fromOffset: bigint;
  /** Exclusive; the new position. */
  toOffset: bigint;
  kind: string;
  reason: string;
  acceptedBy: string;
}

/**
 * Records a gap and moves the position past it, with the same compare-and-set as a flush. Call it inside a transaction.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `fromOffset`
 */
export async function acceptGap(transaction: Queryable, gap: AcceptedGap): Promise<void> {
  await transaction.query(
    `INSERT INTO stream_gaps (source_topic, source_partition, from_offset, to_offset, kind, reason, accepted_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [gap.topic, gap.partition, gap.fromOffset, gap.toOffset, gap.kind, gap.reason, gap.acceptedBy],
  );
  await transaction.query('SELECT skip_gap($1, $2, $3, $4)', [gap.topic, gap.partition, gap.fromOffset, gap.toOffset]);
}

/** What an answer has seen: `time` = broker append time of the newest applied record, with the positions behind it. */
export interface AsOf {
  time: string | null;
  positions: { topic: string; partition: number; next_offset: number }[];
}

/** Read it in the same snapshot as the answer (`Database.withSnapshot`), so that no report mixes two watermarks. */
export async function readAsOf(transaction: Queryable): Promise<AsOf> {
  const rows = await transaction.query<{ topic: string; partition: number; next_offset: number; time: string | null }>(
    `SELECT source_topic AS topic, source_partition AS partition, next_offset, max(append_time) OVER () AS time
     FROM stream_positions ORDER BY source_topic, source_partition`,
  );
  return {
    time: rows[0]?.time ?? null,
    positions: rows.map(({ topic, partition, next_offset }) => ({ topic, partition, next_offset })),
  };
}
