/** Changes of stream positions by operators, each in the audit trail. */
import { appendAudit } from '../audit/audit.ts';
import { DatabaseError, POSITION_CONFLICT } from '../connection/database-error.ts';
import type { Queryable } from '../connection/database.ts';
import { acceptGap, loadPosition, type StreamPosition } from './positions.ts';

/** A person's change of one stream position, recorded in the audit trail. Make it inside a transaction. */
export interface PositionChange {
  readonly topic: string;
  readonly partition: number;
  /** Who and why, for the audit trail. */
  readonly by: string;
  readonly reason: string;
}

/** The hash chain for operators' commands. */
export const OPERATOR_STREAM = 'operator';

const subjectOf = ({ topic, partition }: PositionChange): string => `position:${topic}/${partition}`;

/** What the audit trail keeps of a position; nothing else keeps the counters of a replaced topic. */
const recordOf = (position: StreamPosition | undefined): object | undefined =>
  position && {
    next_offset: Number(position.nextOffset),
    append_time: position.appendTime,
    accepted_offset: Number(position.acceptedOffset),
    source_topic_id: position.sourceTopicId,
    accepted_topic_id: position.acceptedTopicId,
    accepted_origin: Number(position.acceptedOrigin),
    origin_offset: Number(position.originOffset),
    records: Number(position.records),
    skipped: Number(position.skipped),
    gaps: Number(position.gaps),
    elements: Number(position.elements),
    applied: Number(position.applied),
    dead_lettered: Number(position.deadLettered),
    duplicates: Number(position.duplicates),
    rows_written: Number(position.rowsWritten),
    state: position.state,
    state_reason: position.stateReason,
  };

const conflict = (message: string): DatabaseError =>
  new DatabaseError(
    message,
    { kind: 'position_conflict', sqlstate: POSITION_CONFLICT, connectionLost: false },
    undefined,
  );

/** Locks the row, applies `change`, and records the states before and after. */
async function changeRecorded(
  transaction: Queryable,
  change: PositionChange,
  action: string,
  expected: bigint | undefined,
  apply: () => Promise<unknown>,
): Promise<void> {
  const { topic, partition } = change;
  await transaction.query('SELECT FROM stream_positions WHERE source_topic = $1 AND source_partition = $2 FOR UPDATE', [
    topic,
    partition,
  ]);
  const before = await loadPosition(transaction, topic, partition);
  if (before?.nextOffset !== expected) {
    throw conflict(
      `the position of ${topic}/${partition} changed meanwhile: expected ${expected ?? 'none'}, found ${before?.nextOffset ?? 'none'}`,
    );
  }
  await apply();
  const after = await loadPosition(transaction, topic, partition);
  await appendAudit(transaction, {
    stream: OPERATOR_STREAM,
    actor: change.by,
    action: `position.${action}`,
    subject: subjectOf(change),
    reason: change.reason,
    oldValue: recordOf(before),
    newValue: recordOf(after),
  });
}

const setRunning = (transaction: Queryable, { topic, partition }: PositionChange): Promise<unknown> =>
  transaction.query(
    `UPDATE stream_positions SET state = 'running', state_reason = NULL, state_since = now()
     WHERE source_topic = $1 AND source_partition = $2 AND state <> 'running'`,
    [topic, partition],
  );

/**
 * Starts a partition at `offset` of its machine topic, reading its accepted topic from `acceptedOffset`.
 *
 * @throws DatabaseError `position_conflict` if the partition has a position
 */
export function startPosition(
  transaction: Queryable,
  change: PositionChange & { offset: bigint; acceptedOffset: bigint },
): Promise<void> {
  const { topic, partition, offset, acceptedOffset } = change;
  return changeRecorded(transaction, change, 'init', undefined, () =>
    transaction.query('SELECT init_position($1, $2, $3, $4)', [topic, partition, offset, acceptedOffset]),
  );
}

/**
 * Permanently gives up the offsets from the position to `to` (exclusive), and continues the partition there.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function giveUpGap(
  transaction: Queryable,
  change: PositionChange & { from: bigint; to: bigint },
): Promise<void> {
  return changeRecorded(transaction, change, 'accept_gap', change.from, async () => {
    await acceptGap(transaction, {
      topic: change.topic,
      partition: change.partition,
      fromOffset: change.from,
      toOffset: change.to,
      kind: 'gap',
      reason: change.reason,
      acceptedBy: change.by,
    });
    await setRunning(transaction, change);
  });
}

/** Where a partition continues in a machine topic other than the one of its position. */
export interface NewTopic {
  /** The current position. */
  readonly from: bigint;
  /** First offset of the new machine topic not applied yet. */
  readonly offset: bigint;
  /**
   * First block of the accepted topic that belongs to the new machine topic. Blocks below it are skipped from now on.
   */
  readonly acceptedOffset: bigint;
  /** Append time of its first event, RFC 3339; absent if the new topic has none yet. */
  readonly appendTime?: string;
  /** Kafka's ids of the new topics; null if no block or broker has reported them. */
  readonly sourceTopicId?: string | null;
  readonly acceptedTopicId?: string | null;
}

/**
 * Continues the partition in another machine topic. The ledger starts over; the audit trail keeps the old topic's
 * counters, and `stream_gaps` what was never applied of it. `append_time` stays, unless the new topic begins before it:
 * if blocks of the old topic without an id are read again, they are still recognised and skipped.
 */
async function startInNewTopic(
  transaction: Queryable,
  change: PositionChange & NewTopic,
  kind: 'recreated' | 'rebased',
): Promise<void> {
  const { topic, partition } = change;
  await transaction.query(
    `INSERT INTO stream_gaps (source_topic, source_partition, from_offset, to_offset, kind, reason, accepted_by)
     SELECT source_topic, source_partition, next_offset, greatest(next_offset, high_watermark), $5, $3, $4
     FROM stream_positions WHERE source_topic = $1 AND source_partition = $2`,
    [topic, partition, change.reason, change.by, kind],
  );
  await transaction.query(
    `UPDATE stream_positions SET next_offset = $3, origin_offset = $3, accepted_offset = $4, accepted_origin = $4,
       append_time = least(append_time, $5::timestamptz), source_topic_id = $6::uuid,
       accepted_topic_id = coalesce($7::uuid, accepted_topic_id), high_watermark = NULL, records = 0, skipped = 0,
       gaps = 0, elements = 0, applied = 0, dead_lettered = 0, duplicates = 0, rows_written = 0,
       updated_at = clock_timestamp()
     WHERE source_topic = $1 AND source_partition = $2`,
    [
      topic,
      partition,
      change.offset,
      change.acceptedOffset,
      change.appendTime ?? null,
      change.sourceTopicId ?? null,
      change.acceptedTopicId ?? null,
    ],
  );
  await setRunning(transaction, change);
}

/**
 * Accepts that the machine topic was deleted and recreated: the partition continues at `offset` of the new one. Use an
 * offset below the position only if the topic is proved to be new: otherwise events would count twice.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function acceptRecreation(transaction: Queryable, change: PositionChange & NewTopic): Promise<void> {
  return changeRecorded(transaction, change, 'accept_recreated', change.from, () =>
    startInNewTopic(transaction, change, 'recreated'),
  );
}

/**
 * Accepts that the brokers' clocks disagree about the topic of the position: the next events may be older than what is
 * applied, and their append times restart the record. Position and ledger stay.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function acceptOlderAppendTimes(
  transaction: Queryable,
  change: PositionChange & { from: bigint },
): Promise<void> {
  const { topic, partition } = change;
  return changeRecorded(transaction, change, 'accept_older_append_times', change.from, async () => {
    await transaction.query(
      'UPDATE stream_positions SET append_time = NULL WHERE source_topic = $1 AND source_partition = $2',
      [topic, partition],
    );
    await setRunning(transaction, change);
  });
}

/**
 * Continues the partition on another Kafka cluster, whose topics have the same names but other ids and offsets.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function rebasePosition(transaction: Queryable, change: PositionChange & NewTopic): Promise<void> {
  return changeRecorded(transaction, change, 'rebase', change.from, () =>
    startInNewTopic(transaction, change, 'rebased'),
  );
}

/**
 * Resumes a stopped partition at its position; with `skippedBlock`, behind that block of the accepted topic, which then
 * counts as lost until ingest has read its events again.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function resumePartition(
  transaction: Queryable,
  change: PositionChange & { from: bigint; skippedBlock?: bigint },
): Promise<void> {
  const { topic, partition, skippedBlock } = change;
  return changeRecorded(transaction, change, 'resume', change.from, async () => {
    if (skippedBlock !== undefined) {
      await transaction.query(
        'UPDATE stream_positions SET accepted_offset = $3 WHERE source_topic = $1 AND source_partition = $2',
        [topic, partition, skippedBlock + 1n],
      );
    }
    await setRunning(transaction, change);
  });
}

/** Records the order to ingest to read again from `to`: before it is given, and how it ended. */
export async function recordRewind(
  transaction: Queryable,
  change: PositionChange & { from: number | null; to: number; outcome: 'requested' | 'done' | 'failed' },
): Promise<void> {
  await appendAudit(transaction, {
    stream: OPERATOR_STREAM,
    actor: change.by,
    action: 'position.rewind_ingest',
    subject: subjectOf(change),
    reason: change.reason,
    oldValue: { committed_offset: change.from },
    newValue: { committed_offset: change.to, outcome: change.outcome },
  });
}
