/** The index of dead letters: where each is, and why its event was refused. The letters stay in their topics. */
import type { Database, Queryable } from '../connection/database.ts';
import { LETTER_SUBJECT, REPLAY_ACKNOWLEDGED } from './dead-letter-replays.ts';

/** A row of `dead_letters`. Texts without NUL, and within the length of their column. */
export interface IndexedLetter {
  /** Where the letter is in the dead-letter topic. */
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly code: string;
  readonly stage: string;
  readonly field: string;
  readonly detail: string;
  readonly machine: string;
  readonly failed_at: string;
  readonly source_partition: number | null;
  readonly source_offset: number | null;
  readonly replay_of: string | null;
  readonly replay_count: number | null;
  readonly truncated: string | null;
  readonly value_bytes: number | null;
}

/** @returns by partition of the dead-letter topic of `topic`: the offset behind the last letter stored */
export async function letterPositions(database: Queryable, topic: string): Promise<Map<number, number>> {
  const rows = await database.query<{ partition: number; next_offset: number }>(
    'SELECT letter_partition AS partition, next_offset FROM dead_letter_positions WHERE topic = $1',
    [topic],
  );
  return new Map(rows.map(({ partition, next_offset }) => [partition, next_offset]));
}

/**
 * Stores letters that follow one another in a partition, and the position behind them.
 *
 * @param from the position that the caller read; 0 for none
 * @returns false if another process moved the position meanwhile: then nothing is stored
 */
export function storeLetters(
  database: Database,
  topic: string,
  partition: number,
  from: number,
  letters: readonly IndexedLetter[],
): Promise<boolean> {
  return database.withTransaction(async (transaction) => {
    const moved = await transaction.query(
      `INSERT INTO dead_letter_positions AS held (topic, letter_partition, next_offset) VALUES ($1, $2, $3)
       ON CONFLICT (topic, letter_partition) DO UPDATE SET next_offset = excluded.next_offset, updated_at = now()
         WHERE held.next_offset = $4 RETURNING 1`,
      [topic, partition, letters.at(-1)!.offset + 1, from],
    );
    if (moved.length === 0) {
      return false;
    }
    // A crash makes a service write letters again, in the same partition.
    await transaction.query(
      `INSERT INTO dead_letters (topic, letter_partition, letter_offset, letter_key, is_repeat, code, stage, field, detail,
         machine, failed_at, source_partition, source_offset, replay_of, replay_count, truncated, value_bytes, replayed_at)
       SELECT $1::varchar, $2::integer, l."offset", l.key,
         l.code <> '' AND (row_number() OVER (PARTITION BY l.key ORDER BY l."offset") > 1 OR EXISTS (
           SELECT FROM dead_letters AS d WHERE d.letter_key = l.key AND d.topic = $1::varchar AND d.letter_partition = $2::integer)),
         l.code, l.stage, l.field, l.detail, l.machine, l.failed_at, l.source_partition, l.source_offset, l.replay_of,
         l.replay_count, l.truncated, l.value_bytes, (SELECT max(at) FROM audit_log
           WHERE subject = '${LETTER_SUBJECT}' || l.key AND action = '${REPLAY_ACKNOWLEDGED}')
       FROM jsonb_to_recordset($3::jsonb) AS l ("offset" bigint, key text, code text, stage text, field text, detail text,
         machine text, failed_at timestamptz, source_partition integer, source_offset bigint, replay_of text,
         replay_count integer, truncated text, value_bytes integer)`,
      [topic, partition, JSON.stringify(letters)],
    );
    return true;
  });
}
