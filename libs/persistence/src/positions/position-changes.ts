/** The operator's changes of stream positions, each on record. */
import { appendAudit } from '../audit/audit.ts';
import { DatabaseError, POSITION_CONFLICT } from '../connection/database-error.ts';
import type { Queryable } from '../connection/database.ts';
import { acceptGap, loadPosition, type StreamPosition } from './positions.ts';

/** A change of one stream position by a person, each recorded in the audit trail. Call them inside a transaction. */
export interface PositionChange {
  readonly topic: string;
  readonly partition: number;
  /** Who and why, for the record. */
  readonly by: string;
  readonly reason: string;
}

/** The hash chain of what operators do by command. */
export const OPERATOR_STREAM = 'operator';

const subjectOf = ({ topic, partition }: PositionChange): string => `position:${topic}/${partition}`;

/** What the record keeps of a position; counters of a topic that was replaced are nowhere else. */
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

/** Locks the row, applies `change`, and records both states. */
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
 * Begins a partition at `offset` of its machine topic, reading its accepted topic from `acceptedOffset`.
 *
 * @throws DatabaseError `position_conflict` when the partition has a position
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
 * Gives up the offsets from the position to `to` (exclusive) for good, and lets the partition go on there.
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

/** Where a partition goes on in a machine topic that is not the one its position was about. */
export interface NewTopic {
  /** The position as it is now. */
  readonly from: bigint;
  /** First offset of the new machine topic that is not applied yet. */
  readonly offset: bigint;
  /** First block of the accepted topic that belongs to the new machine topic. Those below are passed by from now on. */
  readonly acceptedOffset: bigint;
  /** Append time of the first event there, RFC 3339; absent where the new topic has none yet. */
  readonly appendTime?: string;
  /** Kafka's ids of the new topics; null where no block, or no broker, has told them. */
  readonly sourceTopicId?: string | null;
  readonly acceptedTopicId?: string | null;
}

/**
 * Lets the partition go on in another machine topic. The ledger begins anew; what the old topic's counters were is in
 * the audit trail, what of it was never applied in `stream_gaps`. `append_time` stays, unless the new topic begins before
 * it: that way blocks of the old topic without an id, should they be read again, are still recognised and passed by.
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
 * Accepts that the machine topic was deleted and created anew: the partition goes on at `offset` of the new one. Give an
 * offset below the position only where it is proved that the topic is a new one: events would be counted twice.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function acceptRecreation(transaction: Queryable, change: PositionChange & NewTopic): Promise<void> {
  return changeRecorded(transaction, change, 'accept_recreated', change.from, () =>
    startInNewTopic(transaction, change, 'recreated'),
  );
}

/**
 * Accepts that the brokers' clocks disagree about the topic that the position is about: what comes next may be older than
 * what is applied, and its append times begin the record anew. Position and ledger stay.
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
 * Lets the partition go on on another Kafka cluster, whose topics have the same names, other ids and offsets of their own.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function rebasePosition(transaction: Queryable, change: PositionChange & NewTopic): Promise<void> {
  return changeRecorded(transaction, change, 'rebase', change.from, () =>
    startInNewTopic(transaction, change, 'rebased'),
  );
}

/**
 * Lets a stopped partition try again from its position; with `skippedBlock` behind that block of the accepted topic,
 * which then counts as lost until ingest has read its events again.
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

/** Puts on record that ingest is told to read again from `to`: before it is told, and how it ended. */
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
