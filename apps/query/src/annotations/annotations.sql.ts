import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AnnotationItem, type ListParameters, SCOPES } from './annotation-answer.ts';

const SELECT_ITEM = `SELECT id, ${SCOPES.map((scope) => `nullif(${scope}, '') AS ${scope}`).join(', ')},
        begins_at, ends_at, note, author, created_at, withdrawn_at, withdrawn_by, withdrawal_reason
   FROM annotations`;

/** Latest first by (begins_at, id); at most `limit` items after `after`. */
export function listAnnotations(
  snapshot: Queryable,
  { from, to, withdrawn, ...filters }: ListParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<AnnotationItem[]> {
  const where = new SqlConditions()
    .when(from, ($) => `coalesce(ends_at, begins_at) >= ${$}::timestamptz`)
    .when(to, ($) => `begins_at < ${$}::timestamptz`);
  for (const scope of SCOPES) {
    const name = filters[scope];
    // A note that names no product concerns every product.
    where.oneOf(scope, name === undefined ? undefined : ['', name]);
  }
  if (withdrawn === 'no') {
    where.require('withdrawn_at IS NULL');
  }
  if (after) {
    where.require(`(begins_at, id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  return snapshot.query<AnnotationItem>(
    `${SELECT_ITEM} WHERE ${where.toString()} ORDER BY begins_at DESC, id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

export async function annotationById(snapshot: Queryable, id: string): Promise<AnnotationItem | undefined> {
  const [item] = await snapshot.query<AnnotationItem>(`${SELECT_ITEM} WHERE id = $1`, [id]);
  return item;
}
