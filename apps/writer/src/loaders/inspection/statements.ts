/** The statements of the inspection loader for lots and for inspections that are merged. */
import { ATTEMPT_COLUMNS, CURRENT_COLUMNS } from './merge-attempts.ts';

const ATTEMPT_KEY: readonly string[] = ['inspection_id', 'step', 'attempt_key'];

/** Columns of `inspections` that only the first insert sets. */
export const IDENTITY_COLUMNS = ['id', 'site', 'lot_id', 'chip_id', 'inspection_type'] as const;

export const list = (columns: readonly string[]): string => columns.join(', ');
/** Rows travel as one JSON parameter: the protocol's limit of 65,535 bind parameters does not bound a flush. */
const rowsOfJson = (table: string): string => `json_populate_recordset(NULL::${table}, $1::json)`;

/** Lots that are missing are stored; all come back as they are stored. */
export const STORE_LOTS = 'SELECT id, site, lot_id FROM store_lots($1)';
/** A separate statement: the conflicting rows may have been committed after the insert's snapshot. */
export const SELECT_HASHES = `SELECT event_id, encode(content_hash, 'hex') AS hash FROM inspection_events WHERE event_id = ANY ($1::uuid[])`;

export const LOCK_INSPECTIONS = `SELECT id FROM inspections WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`;
export const SELECT_FULL = `SELECT inspection_id AS id FROM inspection_attempts WHERE inspection_id = ANY ($1::uuid[])
  GROUP BY inspection_id HAVING sum(cardinality(event_ids)) >= $2`;
export const SELECT_ATTEMPTS = `SELECT ${list(ATTEMPT_COLUMNS)} FROM inspection_attempts WHERE inspection_id = ANY ($1::uuid[])`;
export const UPSERT_ATTEMPTS = `INSERT INTO inspection_attempts (${list(ATTEMPT_COLUMNS)})
  SELECT ${list(ATTEMPT_COLUMNS)} FROM ${rowsOfJson('inspection_attempts')} ORDER BY ${list(ATTEMPT_KEY)}
  ON CONFLICT (${list(ATTEMPT_KEY)}) DO UPDATE SET ${ATTEMPT_COLUMNS.filter((column) => !ATTEMPT_KEY.includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;
/** Retention may have deleted the attempt that `created_at` comes from: it only ever moves back. */
export const UPDATE_INSPECTIONS = `UPDATE inspections i SET ${CURRENT_COLUMNS.map((column) => (column === 'created_at' ? 'created_at = least(i.created_at, n.created_at)' : `${column} = n.${column}`)).join(', ')}, updated_at = now()
  FROM ${rowsOfJson('inspections')} n WHERE i.id = n.id`;
