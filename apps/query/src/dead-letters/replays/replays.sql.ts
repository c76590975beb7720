import { type LetterPlace, type Passed, readExactly, type ReplayProgress } from '@chip/letters';
import { appendAudit, type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../../http/cursor.ts';
import { SqlConditions } from '../../sql/sql-conditions.ts';
import { lettersNamed } from '../dead-letters.sql.ts';
import { type ReplayAnswer, type ReplayRequest, type Selection } from './replay-answer.ts';

/** The stream of the audit trail that this service may write to. */
export const AUDIT_STREAM = 'api';

/** By partition of the dead-letter topic: letters below these offsets. */
type Bounds = Readonly<Record<string, number>>;

/** A row of `dead_letter_replays`. */
export interface ReplayRow {
  readonly id: string;
  readonly topic: string;
  readonly filter: Selection;
  readonly patch: Record<string, unknown> | null;
  readonly again: boolean;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: string;
  readonly bounds: Bounds;
  readonly letters: number;
  readonly state: ReplayAnswer['state'];
  readonly letters_read: number;
  readonly sent: number;
  readonly judged: number;
  readonly refused: number;
  readonly skipped: Partial<Record<Passed, number>>;
  readonly uncertain_keys: readonly string[];
  readonly at_partition: number;
  readonly at_offset: number;
  readonly problem_code: string | null;
  readonly problem_detail: string | null;
  readonly finished_at: string | null;
}

const COLUMNS = `id, topic, filter, patch::text AS patch, again, reason, created_by, created_at, bounds, letters, state, letters_read, sent,
  judged, refused, skipped, uncertain_keys, at_partition, at_offset, problem_code, problem_detail, finished_at`;

/** The numbers of a patch keep their digits. */
type StoredReplay = Omit<ReplayRow, 'patch'> & { readonly patch: string | null };
const rowOf = (stored: StoredReplay): ReplayRow => ({
  ...stored,
  patch: stored.patch === null ? null : (readExactly(stored.patch) as Record<string, unknown>),
});

/** What a replay of a selection reads. Letters that were replayed are left out unless it is to be done again. */
function wanted(selection: Selection, again: boolean): SqlConditions {
  const where = lettersNamed(selection);
  return again ? where : where.require('replayed_at IS NULL');
}

export async function countWanted(snapshot: Queryable, selection: Selection, again: boolean): Promise<number> {
  const where = wanted(selection, again);
  const [row] = await snapshot.query<{ letters: number }>(
    `SELECT count(*) AS letters FROM dead_letters WHERE ${where.toString()}`,
    where.values,
  );
  return row!.letters;
}

/** Places of letters after `after`, in order of partition and offset. */
export function wantedPlaces(
  database: Queryable,
  selection: Selection,
  again: boolean,
  after: LetterPlace,
  limit: number,
  bounds?: Bounds,
): Promise<LetterPlace[]> {
  const where = wanted(selection, again).require(
    `(letter_partition, letter_offset) > (${after.partition}::integer, ${after.offset}::bigint)`,
  );
  if (bounds) {
    where.require(
      `letter_offset < coalesce((${where.bind(JSON.stringify(bounds))}::jsonb ->> letter_partition::text)::bigint, 0)`,
    );
  }
  return database.query<LetterPlace>(
    `SELECT letter_partition AS partition, letter_offset AS "offset" FROM dead_letters WHERE ${where.toString()}
     ORDER BY letter_partition, letter_offset LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** Stores a replay of the `letters` that are known now, with its entry in the audit trail. */
export async function createReplay(
  transaction: Queryable,
  { reason, patch, again, ...filter }: ReplayRequest,
  letters: number,
  by: string,
): Promise<string> {
  const [row] = await transaction.query<{ id: string }>(
    `INSERT INTO dead_letter_replays (topic, filter, patch, again, reason, created_by, bounds, letters)
     SELECT $1::varchar, $2, $3, $4, $5, $6, coalesce(jsonb_object_agg(letter_partition, next_offset), '{}'), $7
     FROM dead_letter_positions WHERE topic = $1::varchar RETURNING id`,
    [
      filter.topic,
      JSON.stringify(filter),
      patch === undefined ? null : JSON.stringify(patch),
      again,
      reason,
      by,
      letters,
    ],
  );
  const { id } = row!;
  await appendAudit(transaction, {
    stream: AUDIT_STREAM,
    actor: by,
    action: 'dead_letter.replay',
    subject: `dead-letter-replay:${id}`,
    reason,
    newValue: { filter, letters, again, ...(patch === undefined ? {} : { patch }) },
  });
  return id;
}

export async function replayById(snapshot: Queryable, id: string): Promise<ReplayRow | undefined> {
  const rows = await snapshot.query<StoredReplay>(`SELECT ${COLUMNS} FROM dead_letter_replays WHERE id = $1`, [id]);
  return rows.map(rowOf)[0];
}

/** Newest first; at most `limit` after `after`. */
export async function listReplays(
  snapshot: Queryable,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<ReplayRow[]> {
  const where = new SqlConditions();
  if (after) {
    where.require(`(created_at, id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  const rows = await snapshot.query<StoredReplay>(
    `SELECT ${COLUMNS} FROM dead_letter_replays WHERE ${where.toString()}
     ORDER BY created_at DESC, id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
  return rows.map(rowOf);
}

/**
 * Takes the oldest replay that no instance works on, for `seconds`; then a replay whose owner is gone is free again.
 *
 * @param running replays that this owner still works on, even if their time ran out
 */
export async function takeReplay(
  database: Queryable,
  owner: string,
  seconds: number,
  running: readonly string[],
): Promise<ReplayRow | undefined> {
  const rows = await database.query<StoredReplay>(
    `UPDATE dead_letter_replays SET owner = $1, owned_until = now() + $2 * INTERVAL '1 second'
     WHERE id = (SELECT id FROM dead_letter_replays
       WHERE finished_at IS NULL AND (owned_until IS NULL OR owned_until < now()) AND id <> ALL ($3::uuid[])
       ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}`,
    [owner, seconds, running],
  );
  return rows.map(rowOf)[0];
}

/** Keeps a replay. @returns false if another instance works on it now */
export async function keepReplay(database: Queryable, id: string, owner: string, seconds: number): Promise<boolean> {
  const kept = await database.query(
    `UPDATE dead_letter_replays SET owned_until = now() + $3 * INTERVAL '1 second'
     WHERE id = $1 AND owner = $2 AND finished_at IS NULL RETURNING 1`,
    [id, owner, seconds],
  );
  return kept.length > 0;
}

/** Lets another instance go on at once. */
export async function leaveReplay(database: Queryable, id: string, owner: string): Promise<void> {
  await database.query(`UPDATE dead_letter_replays SET owned_until = NULL WHERE id = $1 AND owner = $2`, [id, owner]);
}

/** Adds what this run has done to what the row had when it began. */
export async function storeProgress(
  transaction: Queryable,
  before: ReplayRow,
  owner: string,
  { published, passed, uncertainKeys, last }: Omit<ReplayProgress, 'last'> & { last: LetterPlace | undefined },
): Promise<void> {
  const skipped = { ...before.skipped };
  // Every letter that was read is either sent or skipped by now.
  let read = published;
  for (const [why, letters] of passed) {
    skipped[why] = (skipped[why] ?? 0) + letters;
    read += letters;
  }
  await transaction.query(
    `UPDATE dead_letter_replays SET letters_read = $3, sent = $4, skipped = $5, uncertain_keys = $6, at_partition = $7,
       at_offset = $8, updated_at = now() WHERE id = $1 AND owner = $2`,
    [
      before.id,
      owner,
      before.letters_read + read,
      before.sent + published,
      JSON.stringify(skipped),
      JSON.stringify([...before.uncertain_keys, ...uncertainKeys].slice(0, 20)),
      last?.partition ?? before.at_partition,
      last?.offset ?? before.at_offset,
    ],
  );
}

/** Letters of this replay whose event was refused again, as far as they are indexed. */
export async function countRefused(database: Queryable, { id, topic, created_at }: ReplayRow): Promise<number> {
  const [row] = await database.query<{ refused: number }>(
    `SELECT count(DISTINCT d.replay_of) AS refused FROM dead_letters AS d
     WHERE d.topic = $2 AND d.replay_of IS NOT NULL AND d.failed_at >= $3::timestamptz - INTERVAL '1 minute' AND EXISTS (
       SELECT FROM audit_log AS a WHERE a.subject = 'dead-letter:' || d.replay_of
         AND a.action = 'dead_letter.replay_started' AND a.new_value ->> 'replay' = $1
         -- The clocks of a service and of the database may differ.
         AND d.failed_at >= a.at - INTERVAL '1 minute')`,
    [id, topic, created_at],
  );
  return row!.refused;
}

interface Judgement {
  readonly state: ReplayAnswer['state'];
  readonly judged: number;
  readonly refused: number;
  readonly problem?: { readonly code: string; readonly detail: string };
}

/** Stores what became of the events sent, and the end if this is it. */
export async function storeJudgement(
  database: Queryable,
  id: string,
  owner: string,
  { state, judged, refused, problem }: Judgement,
): Promise<void> {
  await database.query(
    `UPDATE dead_letter_replays SET state = $3::varchar, judged = $4, refused = $5, problem_code = $6, problem_detail = $7, updated_at = now(),
       finished_at = CASE WHEN $3::varchar IN ('done', 'failed') THEN now() END WHERE id = $1 AND owner = $2`,
    [id, owner, state, judged, refused, problem?.code ?? null, problem?.detail.slice(0, 1_000) ?? null],
  );
}
