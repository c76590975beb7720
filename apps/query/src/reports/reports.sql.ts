import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type ListParameters, type ReportHead } from './report-answer.ts';

const HEAD = `id, name, parameters, as_of, encode(sha256, 'hex') AS sha256, created_by, created_at`;

/** Newest first by (created_at, id); at most `limit` items after `after`. */
export async function listReports(
  snapshot: Queryable,
  { lot_id, product }: ListParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<ReportHead[]> {
  const where = new SqlConditions().oneOf(`parameters ->> 'lot_id'`, lot_id).oneOf(`parameters ->> 'product'`, product);
  if (after) {
    where.require(`(created_at, id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  return snapshot.query<ReportHead>(
    `SELECT ${HEAD} FROM reports WHERE ${where.toString()} ORDER BY created_at DESC, id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** A report with its result as text, exactly as it was hashed, and whether the hash still holds. */
export async function reportById(
  snapshot: Queryable,
  id: string,
): Promise<(ReportHead & { result: string; intact: boolean }) | undefined> {
  const [row] = await snapshot.query<ReportHead & { result: string; intact: boolean }>(
    `SELECT ${HEAD}, result::text AS result, sha256(convert_to(result::text, 'UTF8')) = sha256 AS intact FROM reports WHERE id = $1`,
    [id],
  );
  return row;
}
