import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type LotRow } from './lot.sql.ts';

export interface LotListQuestion {
  readonly site?: string | undefined;
  readonly lot_id?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Lots, newest first by (created_at, id). */
export function listLots(
  snapshot: Queryable,
  question: LotListQuestion,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<LotRow[]> {
  const where = new SqlConditions()
    .when(question.site, ($) => `site = ${$}`)
    .when(question.lot_id, ($) => `lot_id = ${$}`)
    .when(question.from, ($) => `created_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `created_at < ${$}::timestamptz`);
  if (after) {
    where.require(`(created_at, id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  return snapshot.query<LotRow>(
    `SELECT id, site, lot_id, created_at FROM lots WHERE ${where.toString()}
      ORDER BY created_at DESC, id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}
