import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AuditItem, type ListParameters } from './audit-answer.ts';

/** Ids of places in the list: number and stream, of which a stream may have any text. */
export const isPlace = /^[1-9][0-9]{0,15}\.[A-Za-z0-9_-]+$/;

export const placeOf = ({ at, seq, stream }: AuditItem): KeysetPosition => ({
  time: at,
  id: `${seq}.${Buffer.from(stream).toString('base64url')}`,
});

/** Newest first by (at, stream, seq); at most `limit` entries after `after`. */
export function listEntries(
  snapshot: Queryable,
  { stream, actor, action, subject, from, to }: ListParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<AuditItem[]> {
  const where = new SqlConditions()
    .oneOf('stream', stream)
    .oneOf('actor', actor)
    .oneOf('action', action)
    .oneOf('subject', subject)
    .when(from, ($) => `at >= ${$}::timestamptz`)
    .when(to, ($) => `at < ${$}::timestamptz`);
  if (after) {
    const [seq = '', name = ''] = after.id.split('.');
    const place = [
      `${where.bind(after.time)}::timestamptz`,
      // A text of a cursor that was made up may hold what PostgreSQL refuses.
      `${where.bind(Buffer.from(name, 'base64url').toString().replaceAll('\0', ''))}`,
      `${where.bind(seq)}::bigint`,
    ];
    where.require(`(at, stream, seq) < (${place.join(', ')})`);
  }
  return snapshot.query<AuditItem>(
    `SELECT stream, seq, at, actor, action, subject, reason, old_value, new_value, encode(hash, 'hex') AS hash
       FROM audit_log WHERE ${where.toString()} ORDER BY at DESC, stream DESC, seq DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}
