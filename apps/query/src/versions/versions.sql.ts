import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** A table of versions, as its rows are shown. */
export interface VersionTable {
  readonly name: string;
  /** Columns that versions of the same entry share. */
  readonly keys: readonly string[];
  /** What to show of a row `v` in addition to its dates and its author. */
  readonly columns: string;
}

const ofSameKey = ({ name, keys }: VersionTable): string =>
  `FROM ${name} n WHERE ${keys.map((key) => `n.${key} = v.${key}`).join(' AND ')} AND n.withdrawn_at IS NULL`;

const select = (table: VersionTable): string => `SELECT v.id, ${table.columns}, v.valid_from,
        CASE WHEN v.withdrawn_at IS NULL THEN (SELECT min(n.valid_from) ${ofSameKey(table)} AND n.valid_from > v.valid_from) END AS valid_to,
        v.reason, v.created_by, v.created_at, v.withdrawn_at, v.withdrawn_by, v.withdrawal_reason
   FROM ${table.name} v`;

/** Which versions to list: those with these keys, and only those in force at a time. */
export interface VersionFilter {
  readonly keys: Readonly<Record<string, string | undefined>>;
  readonly in_force_at: string | undefined;
}

/** Newest entry first by (created_at, id); at most `limit` versions after `after`. */
export function listVersions<Item extends object>(
  snapshot: Queryable,
  table: VersionTable,
  { keys, in_force_at }: VersionFilter,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<Item[]> {
  const where = new SqlConditions();
  for (const key of table.keys) {
    where.oneOf(`v.${key}`, keys[key]);
  }
  where.when(
    in_force_at,
    ($) =>
      `v.withdrawn_at IS NULL AND v.valid_from = (SELECT max(n.valid_from) ${ofSameKey(table)} AND n.valid_from <= ${$}::timestamptz)`,
  );
  if (after) {
    where.require(`(v.created_at, v.id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  return snapshot.query<Item>(
    `${select(table)} WHERE ${where.toString()} ORDER BY v.created_at DESC, v.id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

export async function versionById<Item extends object>(
  snapshot: Queryable,
  table: VersionTable,
  id: string,
): Promise<Item | undefined> {
  const [item] = await snapshot.query<Item>(`${select(table)} WHERE v.id = $1`, [id]);
  return item;
}
