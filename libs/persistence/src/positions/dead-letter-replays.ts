/** The record of replayed dead letters. */
import type { Queryable } from '../connection/database.ts';
import { OPERATOR_STREAM } from './position-changes.ts';

/** Who replays dead letters, why, and how their events are changed first. */
export interface ReplayRecord {
  readonly by: string;
  readonly reason: string;
  readonly patch?: object;
  /** Stream of the audit trail; that of the commands by default. */
  readonly stream?: string;
  /** Row of `dead_letter_replays` that the replay belongs to. */
  readonly replayId?: string;
}

/** The audit trail's knowledge of the last replay of a dead letter. */
export interface ReplayMark {
  /** `started`: marked but never acknowledged, so it may or may not have been published. */
  readonly state: 'started' | 'acknowledged';
  readonly at: string;
  readonly by: string;
  /** How often a replay of it has started. */
  readonly times: number;
}

export const LETTER_SUBJECT = 'dead-letter:';
const STARTED = 'dead_letter.replay_started';
export const REPLAY_ACKNOWLEDGED = 'dead_letter.replay_acknowledged';

/** @returns the marks of those `keys` that were replayed before */
export async function replayMarks(database: Queryable, keys: readonly string[]): Promise<Map<string, ReplayMark>> {
  const rows = await database.query<{ key: string; action: string; at: string; actor: string; times: number }>(
    `SELECT DISTINCT ON (subject) substr(subject, ${LETTER_SUBJECT.length + 1}) AS key, action, at, actor,
       count(*) FILTER (WHERE action = '${STARTED}') OVER (PARTITION BY subject) AS times
     FROM audit_log
     WHERE subject = ANY ($1) AND action IN ('${STARTED}', '${REPLAY_ACKNOWLEDGED}') ORDER BY subject, at DESC, seq DESC`,
    [keys.map((key) => LETTER_SUBJECT + key)],
  );
  return new Map(
    rows.map(({ key, action, at, actor, times }) => [
      key,
      { state: action === STARTED ? 'started' : 'acknowledged', at, by: actor, times },
    ]),
  );
}

/**
 * Marks letters before they are published again. Call it in its own transaction: the marks must be durable first. It
 * marks only unmarked letters, so that two concurrent replays share the letters.
 *
 * @param options.again also marks letters that were replayed before
 * @returns the keys that the caller may publish now
 */
export async function markReplays(
  transaction: Queryable,
  keys: readonly string[],
  { again = false, ...record }: ReplayRecord & { again?: boolean },
): Promise<Set<string>> {
  // Waits for other replays, then sees their marks.
  await transaction.query(`SELECT pg_advisory_xact_lock(hashtext('dead-letter replay'))`);
  const marked = again ? new Map<string, ReplayMark>() : await replayMarks(transaction, keys);
  const free = keys.filter((key) => !marked.has(key));
  await append(transaction, free, STARTED, record);
  return new Set(free);
}

/** Records that the broker has the events of these letters. */
export async function acknowledgeReplays(
  transaction: Queryable,
  keys: readonly string[],
  record: ReplayRecord,
): Promise<void> {
  // Letters that are not indexed yet get it from the audit trail when they are.
  await transaction.query('UPDATE dead_letters SET replayed_at = now() WHERE letter_key = ANY ($1)', [[...keys]]);
  await append(transaction, keys, REPLAY_ACKNOWLEDGED, record);
}

async function append(
  transaction: Queryable,
  keys: readonly string[],
  action: string,
  { by, reason, patch, replayId, stream = OPERATOR_STREAM }: ReplayRecord,
): Promise<void> {
  if (keys.length === 0) {
    return;
  }
  const details = {
    ...(patch === undefined ? {} : { patch }),
    ...(replayId === undefined ? {} : { replay: replayId }),
  };
  await transaction.query('SELECT append_audits($1, $2, $3, $4, $5, NULL, $6)', [
    stream,
    by,
    action,
    keys.map((key) => LETTER_SUBJECT + key),
    reason,
    Object.keys(details).length === 0 ? null : JSON.stringify(details),
  ]);
}
