import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type GroupParameters, type LetterGroup, type LetterGroups, type LetterItem } from './dead-letters-answer.ts';

const MAX_GROUPS = 500;

/** Ids of places in the list: topic, partition and offset. */
export const isPlace = /^[A-Za-z0-9._-]{1,249}\/[0-9]{1,9}\/[0-9]{1,15}$/;

const COLUMNS = `letter_key AS key, topic, code, stage, field, machine, letter_partition AS partition, letter_offset AS "offset",
  detail, failed_at, replay_of, replay_count, truncated, value_bytes`;

type StoredLetter = Omit<LetterItem, 'replayed'>;

export const placeOf = ({ failed_at, topic, partition, offset }: StoredLetter): KeysetPosition => ({
  time: failed_at,
  id: `${topic}/${partition}/${offset}`,
});

/** The letters that a selection names, each refused event once. */
export const lettersNamed = ({
  topic,
  code,
  stage,
  field,
  machine,
  from,
  to,
}: Partial<GroupParameters>): SqlConditions =>
  new SqlConditions()
    .require('NOT is_repeat')
    .oneOf('topic', topic)
    .oneOf('code', code)
    .oneOf('stage', stage)
    .oneOf('field', field)
    .oneOf('machine', machine)
    .when(from, ($) => `failed_at >= ${$}::timestamptz`)
    .when(to, ($) => `failed_at < ${$}::timestamptz`);

export async function countGroups(
  snapshot: Queryable,
  parameters: GroupParameters,
): Promise<Pick<LetterGroups, 'letters' | 'group_count' | 'groups'>> {
  const where = lettersNamed(parameters);
  const rows = await snapshot.query<LetterGroup & { all_letters: number; all_groups: number }>(
    `SELECT topic, code, stage, field, machine, count(*) AS letters, count(replay_of) AS failed_again, count(replayed_at) AS replayed,
       min(failed_at) AS first_failed_at, max(failed_at) AS last_failed_at,
       (sum(count(*)) OVER ())::bigint AS all_letters, count(*) OVER () AS all_groups
     FROM dead_letters WHERE ${where.toString()} GROUP BY topic, code, stage, field, machine
     ORDER BY letters DESC, topic, code, stage, field, machine LIMIT ${where.bind(MAX_GROUPS)}`,
    where.values,
  );
  return {
    letters: rows[0]?.all_letters ?? 0,
    group_count: rows[0]?.all_groups ?? 0,
    groups: rows.map(({ all_letters: _letters, all_groups: _groups, ...group }) => group),
  };
}

export function readPositions(snapshot: Queryable): Promise<LetterGroups['positions']> {
  return snapshot.query(
    `SELECT topic, letter_partition AS partition, next_offset, updated_at FROM dead_letter_positions
     ORDER BY topic, letter_partition`,
  );
}

/** Newest first; at most `limit` letters after `after`. */
export function listLetters(
  snapshot: Queryable,
  parameters: GroupParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<StoredLetter[]> {
  const where = lettersNamed(parameters);
  if (after) {
    const [topic = '', partition = '', offset = ''] = after.id.split('/');
    where.require(
      `(failed_at, topic, letter_partition, letter_offset) < (${where.bind(after.time)}::timestamptz, ${where.bind(topic)}, ` +
        `${where.bind(partition)}::integer, ${where.bind(offset)}::bigint)`,
    );
  }
  return snapshot.query<StoredLetter>(
    `SELECT ${COLUMNS} FROM dead_letters WHERE ${where.toString()}
     ORDER BY failed_at DESC, topic DESC, letter_partition DESC, letter_offset DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

export async function letterAt(
  snapshot: Queryable,
  { topic, partition, offset }: Pick<StoredLetter, 'topic' | 'partition' | 'offset'>,
): Promise<StoredLetter | undefined> {
  const [row] = await snapshot.query<StoredLetter>(
    `SELECT ${COLUMNS} FROM dead_letters WHERE topic = $1 AND letter_partition = $2 AND letter_offset = $3`,
    [topic, partition, offset],
  );
  return row;
}
