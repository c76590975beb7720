/**
 * The events of a flush in a temporary table, from which the tables take their rows: each value travels once, and is read
 * once. An event that is the only one of its inspection in the flush needs no merge: the database makes its attempt and
 * its inspection from the staged row, exactly as `mergeEvents` and `currentRow` would.
 */
import { type CopyValue, encodeCopyField } from '@chip/contracts';
import type { LoadSession } from '@chip/persistence';
import type { Arrival } from './arrival.ts';
import { type Attempt, ATTEMPT_COLUMNS, attemptOf, CURRENT_COLUMNS, DEFAULT_PRIORITY } from './merge-attempts.ts';
import { IDENTITY_COLUMNS, list } from './statements.ts';

/** What follows from other columns while an attempt has one event. */
const OF_ONE_EVENT: Partial<Record<keyof Attempt, string>> = {
  event_ids: 'ARRAY[event_id]',
  first_occurred_at: 'occurred_at',
  stamps: 'NULL::jsonb',
};
const STAGED_ATTEMPT = ATTEMPT_COLUMNS.filter((column) => !(column in OF_ONE_EVENT));
/** The other columns, and the ones that they get their types from. */
const OTHERS = {
  site: 'i.site',
  chip_id: 'i.chip_id',
  part_id: 'p.id',
  wafer_uuid: 'w.id',
  content_hash: 'e.content_hash',
  source_offset: 'e.source_offset',
  is_alone: 'true',
};
const COLUMNS: readonly string[] = [...STAGED_ATTEMPT, ...Object.keys(OTHERS)];

const TYPES = [
  ...STAGED_ATTEMPT.map((column) => `a.${column}`),
  ...Object.entries(OTHERS).map(([column, source]) => `${source} AS ${column}`),
].join(', ');
const CREATE = `CREATE TEMPORARY TABLE staged_events ON COMMIT DELETE ROWS AS
  SELECT ${TYPES} FROM inspection_attempts a, inspections i, parts p, wafers w, inspection_events e WITH NO DATA`;
const AGE = `SELECT age(relfrozenxid) AS age FROM pg_class WHERE oid = to_regclass('pg_temp.staged_events')`;
/** No vacuum reaches a temporary table: an old one would keep the server from freezing its transaction ids. */
const MAX_AGE = 50_000_000;

const CHUNK_CHARACTERS = 128 * 1024;

/**
 * Stages events for the statements below.
 *
 * @param isAlone whether the event is the only one of its inspection in the flush, and withdraws nothing
 * @throws DatabaseError, whose `copyLine` counts the arrivals from 1
 */
export async function stageEvents(
  session: LoadSession,
  arrivals: readonly Arrival[],
  isAlone: (arrival: Arrival) => boolean,
): Promise<void> {
  const [table] = await session.query<{ age: number }>(AGE);
  if (table === undefined) {
    await session.query(CREATE);
  } else {
    // Rows of an earlier try within this transaction.
    await session.query(table.age > MAX_AGE ? 'TRUNCATE staged_events' : 'DELETE FROM staged_events');
  }
  await session.copy('staged_events', COLUMNS, linesOf(arrivals, isAlone));
}

function* linesOf(arrivals: readonly Arrival[], isAlone: (arrival: Arrival) => boolean): Generator<Buffer> {
  let text = '';
  for (const arrival of arrivals) {
    const { offset, event } = arrival;
    const attempt = attemptOf(event);
    for (const column of STAGED_ATTEMPT) {
      const value = attempt[column];
      text += `${encodeCopyField(typeof value === 'object' && value !== null ? JSON.stringify(value) : value)}\t`;
    }
    const others: readonly CopyValue[] = [
      event.site,
      event.chip_id,
      event.part_uuid,
      event.wafer_uuid,
      `\\x${event.content_hash}`,
      offset,
      isAlone(arrival),
    ];
    text += `${others.map(encodeCopyField).join('\t')}\n`;
    if (text.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(text);
      text = '';
    }
  }
  yield Buffer.from(text);
}

export const INSERT_WAFERS = `INSERT INTO wafers (id, lot_id, wafer_id)
  SELECT DISTINCT ON (wafer_uuid) wafer_uuid, lot_id, wafer_id FROM staged_events WHERE wafer_uuid IS NOT NULL
  ORDER BY wafer_uuid ON CONFLICT (id) DO NOTHING`;
export const INSERT_PARTS = `INSERT INTO parts (id, lot_id, chip_id)
  SELECT DISTINCT ON (part_id) part_id, lot_id, chip_id FROM staged_events ORDER BY part_id ON CONFLICT (id) DO NOTHING`;

/** Parameters: source topic, source partition. */
export const INSERT_EVENTS = `INSERT INTO inspection_events (event_id, content_hash, inspection_id, step, attempt_key, source_topic, source_partition, source_offset)
  SELECT event_id, content_hash, inspection_id, step, attempt_key, $1, $2::integer, source_offset FROM staged_events
  ORDER BY event_id ON CONFLICT (event_id) DO NOTHING RETURNING event_id`;

const INSPECTION_OF_ONE: Readonly<Record<string, string>> = {
  id: 'inspection_id',
  created_at: 'occurred_at',
  priority: `coalesce(priority, ${DEFAULT_PRIORITY})`,
};
const INSPECTION_COLUMNS: readonly string[] = [...IDENTITY_COLUMNS, ...CURRENT_COLUMNS];
/**
 * Stores the inspections that are missing: of events that are alone, and the given ones of several events.
 * Parameters: those of several events as JSON, ids of events that were applied before.
 */
export const INSERT_INSPECTIONS = `INSERT INTO inspections (${list(INSPECTION_COLUMNS)})
  SELECT ${INSPECTION_COLUMNS.map((column) => (column in INSPECTION_OF_ONE ? `${INSPECTION_OF_ONE[column]} AS ${column}` : column)).join(', ')}
  FROM staged_events WHERE is_alone AND event_id <> ALL ($2::uuid[])
  UNION ALL SELECT ${list(INSPECTION_COLUMNS)} FROM json_populate_recordset(NULL::inspections, $1::json)
  ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id`;
/**
 * The first attempts of inspections that this flush has stored: nothing can conflict with them.
 * Parameters: ids of events that were applied before, ids of inspections that were stored before.
 */
export const INSERT_FIRST_ATTEMPTS = `INSERT INTO inspection_attempts (${list(ATTEMPT_COLUMNS)})
  SELECT ${ATTEMPT_COLUMNS.map((column) => OF_ONE_EVENT[column] ?? column).join(', ')}
  FROM staged_events WHERE is_alone AND event_id <> ALL ($1::uuid[]) AND inspection_id <> ALL ($2::uuid[])
  ORDER BY inspection_id`;
