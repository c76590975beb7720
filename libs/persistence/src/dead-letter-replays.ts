import type { Queryable } from './database.ts';
import { OPERATOR_STREAM } from './position-changes.ts';

/** What the audit trail knows about the last replay of a dead letter. */
export interface ReplayMark {
  /** `started`: marked but never acknowledged, so that it may have been published or not. */
  readonly state: 'started' | 'acknowledged';
  readonly at: string;
  readonly by: string;
}

const SUBJECT = 'dead-letter:';
const STARTED = 'dead_letter.replay_started';
const ACKNOWLEDGED = 'dead_letter.replay_acknowledged';

/** @returns the marks of those of `keys` that were replayed before */
export async function replayMarks(database: Queryable, keys: readonly string[]): Promise<Map<string, ReplayMark>> {
  const rows = await database.query<{ key: string; action: string; at: string; actor: string }>(
    `SELECT DISTINCT ON (subject) substr(subject, ${SUBJECT.length + 1}) AS key, action, at, actor FROM audit_log
     WHERE subject = ANY ($1) AND action IN ('${STARTED}', '${ACKNOWLEDGED}') ORDER BY subject, at DESC, seq DESC`,
    [keys.map((key) => SUBJECT + key)],
  );
  return new Map(
    rows.map(({ key, action, at, actor }) => [
      key,
      { state: action === STARTED ? 'started' : 'acknowledged', at, by: actor },
    ]),
  );
}

/**
 * Marks letters before they are published again. Call it in a transaction of its own: the marks must be durable first.
 * Only what was not marked by then is marked, so that two replays at the same time share the letters out.
 *
 * @param options.again also marks letters that were replayed before
 * @returns the keys that the caller may publish now
 */
export async function markReplays(
  transaction: Queryable,
  keys: readonly string[],
  { by, reason, again = false }: { by: string; reason: string; again?: boolean },
): Promise<Set<string>> {
  // Waits for other replays, then sees their marks.
  await transaction.query(`SELECT pg_advisory_xact_lock(hashtext('dead-letter replay'))`);
  const marked = again ? new Map<string, ReplayMark>() : await replayMarks(transaction, keys);
  const free = keys.filter((key) => !marked.has(key));
  await append(transaction, free, STARTED, by, reason);
  return new Set(free);
}

/** The broker has the events of these letters. */
export function acknowledgeReplays(
  transaction: Queryable,
  keys: readonly string[],
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  return append(transaction, keys, ACKNOWLEDGED, by, reason);
}

async function append(
  transaction: Queryable,
  keys: readonly string[],
  action: string,
  actor: string,
  reason: string,
): Promise<void> {
  if (keys.length === 0) return;
  await transaction.query(
    'SELECT count(append_audit($1, $2, $3, subject, $4, NULL, NULL)) FROM unnest($5::text[]) AS subject',
    [OPERATOR_STREAM, actor, action, reason, keys.map((key) => SUBJECT + key)],
  );
}
