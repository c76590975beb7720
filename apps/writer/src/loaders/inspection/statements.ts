/** The statements of the inspection loader, in execution order. */
import { ATTEMPT_COLUMNS, CURRENT_COLUMNS } from './merge-attempts.ts';

const ATTEMPT_KEY: readonly string[] = ['inspection_id', 'step', 'attempt_key'];

/** Columns of `inspections` that only the first insert sets. */
const IDENTITY_COLUMNS = ['id', 'site', 'lot_id', 'chip_id', 'inspection_type'] as const;

const list = (columns: readonly string[], prefix = ''): string => columns.map((column) => prefix + column).join(', ');
/** Rows travel as one JSON parameter: the protocol's limit of 65,535 bind parameters does not bound a flush. */
const rowsOfJson = (table: string): string => `json_populate_recordset(NULL::${table}, $1::json)`;

/** Lots that are missing are stored; all come back as they are stored. */
export const STORE_LOTS = 'SELECT id, site, lot_id FROM store_lots($1)';
export const INSERT_WAFERS = `INSERT INTO wafers (id, lot_id, wafer_id) SELECT id, lot_id, wafer_id FROM ${rowsOfJson('wafers')} ORDER BY id ON CONFLICT (id) DO NOTHING`;
export const INSERT_PARTS = `INSERT INTO parts (id, lot_id, chip_id) SELECT id, lot_id, chip_id FROM ${rowsOfJson('parts')} ORDER BY id ON CONFLICT (id) DO NOTHING`;

const EVENT_COLUMNS = list([
  'event_id',
  'content_hash',
  'inspection_id',
  'step',
  'attempt_key',
  'source_topic',
  'source_partition',
  'source_offset',
]);
export const INSERT_EVENTS = `INSERT INTO inspection_events (${EVENT_COLUMNS}) SELECT ${EVENT_COLUMNS} FROM ${rowsOfJson('inspection_events')}
  ORDER BY event_id ON CONFLICT (event_id) DO NOTHING RETURNING event_id`;
/** A separate statement: the conflicting rows may have been committed after the insert's snapshot. */
export const SELECT_HASHES = `SELECT event_id, encode(content_hash, 'hex') AS hash FROM inspection_events WHERE event_id = ANY ($1::uuid[])`;

export const INSERT_INSPECTIONS = `INSERT INTO inspections (${list(IDENTITY_COLUMNS)}, ${list(CURRENT_COLUMNS)})
  SELECT ${list(IDENTITY_COLUMNS)}, ${list(CURRENT_COLUMNS)} FROM ${rowsOfJson('inspections')} ORDER BY id
  ON CONFLICT (id) DO NOTHING RETURNING id`;
export const LOCK_INSPECTIONS = `SELECT id FROM inspections WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`;
export const SELECT_ATTEMPTS = `SELECT ${list(ATTEMPT_COLUMNS)} FROM inspection_attempts WHERE inspection_id = ANY ($1::uuid[])`;
export const UPSERT_ATTEMPTS = `INSERT INTO inspection_attempts (${list(ATTEMPT_COLUMNS)})
  SELECT ${list(ATTEMPT_COLUMNS)} FROM ${rowsOfJson('inspection_attempts')} ORDER BY ${list(ATTEMPT_KEY)}
  ON CONFLICT (${list(ATTEMPT_KEY)}) DO UPDATE SET ${ATTEMPT_COLUMNS.filter((column) => !ATTEMPT_KEY.includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;
/** Retention may have deleted the attempt that `created_at` comes from: it only ever moves back. */
export const UPDATE_INSPECTIONS = `UPDATE inspections i SET ${CURRENT_COLUMNS.map((column) => (column === 'created_at' ? 'created_at = least(i.created_at, n.created_at)' : `${column} = n.${column}`)).join(', ')}, updated_at = now()
  FROM ${rowsOfJson('inspections')} n WHERE i.id = n.id`;
