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
  if (before?.nextOffset !== expected)
    throw conflict(
      `the position of ${topic}/${partition} changed meanwhile: expected ${expected ?? 'none'}, found ${before?.nextOffset ?? 'none'}`,
    );
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

/**
 * Accepts that the machine topic was deleted and created anew: the partition goes on at `offset` of the new one, whose
 * first block stands at `acceptedOffset` of the accepted topic. The ledger begins anew; what the old topic's counters
 * were is in the audit trail, what of it was never applied in `stream_gaps`. `append_time` stays, unless the new topic
 * begins before it: that way blocks of the old topic, should they be read again, are still recognised and passed by.
 *
 * @throws DatabaseError `position_conflict` when the position is no longer `from`
 */
export function acceptRecreation(
  transaction: Queryable,
  change: PositionChange & { from: bigint; offset: bigint; acceptedOffset: bigint; appendTime: string },
): Promise<void> {
  const { topic, partition, from, offset, acceptedOffset, appendTime } = change;
  return changeRecorded(transaction, change, 'accept_recreated', from, async () => {
    await transaction.query(
      `INSERT INTO stream_gaps (source_topic, source_partition, from_offset, to_offset, kind, reason, accepted_by)
       SELECT source_topic, source_partition, next_offset, greatest(next_offset, high_watermark), 'recreated', $3, $4
       FROM stream_positions WHERE source_topic = $1 AND source_partition = $2`,
      [topic, partition, change.reason, change.by],
    );
    await transaction.query(
      `UPDATE stream_positions SET next_offset = $3, origin_offset = $3, accepted_offset = $4,
         append_time = least(append_time, $5::timestamptz), high_watermark = NULL, records = 0, skipped = 0, gaps = 0,
         elements = 0, applied = 0, dead_lettered = 0, duplicates = 0, rows_written = 0, updated_at = clock_timestamp()
       WHERE source_topic = $1 AND source_partition = $2`,
      [topic, partition, offset, acceptedOffset, appendTime],
    );
    await setRunning(transaction, change);
  });
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
    if (skippedBlock !== undefined)
      await transaction.query(
        'UPDATE stream_positions SET accepted_offset = $3 WHERE source_topic = $1 AND source_partition = $2',
        [topic, partition, skippedBlock + 1n],
      );
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
