/** Units that were inspected before: what a load costs beside them shows whether it depends on their number. */
import type { CaseDatabase } from '../system/case-database.ts';

const UNITS_PER_LOT = 500;
const UNITS_PER_STATEMENT = 100_000;
/** A unit every six seconds, up to now: the events of the load fall into the filled range. */
const SECONDS_PER_UNIT = 6;

/**
 * Stores lots, parts, inspections, attempts and ledger entries as the writer would: the ids of a lot and its units begin
 * with the same 48 bits, those of events are random, since machines choose them.
 */
export async function preload(
  { client }: CaseDatabase,
  units: number,
  progress: (stored: number) => void,
): Promise<void> {
  for (let from = 0; from < units; from += UNITS_PER_STATEMENT) {
    const to = Math.min(units, from + UNITS_PER_STATEMENT);
    await client.query('BEGIN');
    await client.query('SELECT set_config($1, $2, true)', ['bench.newest', String(units)]);
    await client.query(TEMPORARY, [from, to - 1]);
    for (const statement of STATEMENTS) {
      await client.query(statement);
    }
    await client.query('COMMIT');
    progress(to);
  }
  await client.query('VACUUM (ANALYZE) parts, inspections, inspection_attempts, inspection_events');
}

const id = (name: string): string => `overlay(md5(${name}) PLACING left(md5('lot' || lot), 12) FROM 1)::uuid`;

const TEMPORARY = `CREATE TEMPORARY TABLE unit ON COMMIT DROP AS
  SELECT number, lot, 'P' || lot % 5 AS product, 'tester-' || number % 12 AS equipment, 'C' || number AS chip,
    ${id(`'lot' || lot`)} AS lot_uuid, ${id(`'part' || number`)} AS part_uuid, ${id(`'inspection' || number`)} AS inspection_uuid,
    md5('event' || number)::uuid AS event_id,
    date_trunc('second', now()) - (current_setting('bench.newest')::bigint - number) * INTERVAL '${SECONDS_PER_UNIT} seconds' AS at,
    CASE WHEN number % 15 = 0 THEN 'fail' ELSE 'pass' END AS result
  FROM (SELECT number, number / ${UNITS_PER_LOT} AS lot FROM generate_series($1::bigint, $2::bigint) AS number) AS numbered`;

const STATEMENTS = [
  `INSERT INTO lots (id, site, lot_id) SELECT DISTINCT lot_uuid, 'fab0', 'B' || lot FROM unit ON CONFLICT DO NOTHING`,
  `INSERT INTO parts (id, lot_id, chip_id) SELECT part_uuid, lot_uuid, chip FROM unit`,
  `INSERT INTO inspection_events (event_id, content_hash, inspection_id, attempt_key, source_topic, source_partition, source_offset)
     SELECT event_id, decode(md5(number::text), 'hex'), inspection_uuid, 'e:' || event_id, 'inspection.results.v1', 0, number FROM unit`,
  `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, site, result, attempt_key, created_at, occurred_at, completed_at, equipment_id, product, hard_bin)
     SELECT inspection_uuid, lot_uuid, chip, 'electrical', 'completed', 'fab0', result, 'e:' || event_id, at, at, at, equipment, product, 1 FROM unit`,
  `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at, first_occurred_at, event_id, event_ids, completed_at, equipment_id, product, hard_bin)
     SELECT inspection_uuid, 'e:' || event_id, lot_uuid, 'electrical', 'completed', result, at, at, event_id, ARRAY[event_id], at, equipment, product, 1 FROM unit`,
];
