import { type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Keys of units that begin with those of their lot, next to lots that keep the ids of the version before; and nothing in
 * the load of a unit that only looks up what the same transaction has just stored.
 */
export class LotsByName extends SchemaMigration {
  static override readonly tables: Tables = {
    orphaned_rows: { select: READERS },
  };
  static override readonly functions: Functions = {
    store_lots: ['chip_writer', 'chip_api'],
  };
  override name = '0026-lots-by-name';

  override up(): void {
    this.addSql(LOCKS);
    this.addSql(LOTS);
    this.addSql(LOAD);
  }
}

/**
 * Loads lock these tables in an order of theirs, and the checks of foreign keys in the opposite one. So the migration takes
 * all locks or none, and gives up before PostgreSQL looks for a deadlock and ends a load (after 1 s).
 */
const LOCKS = `
DO $$
DECLARE
  patience text := current_setting('lock_timeout');
BEGIN
  FOR attempt IN 1..100 LOOP
    BEGIN
      SET LOCAL lock_timeout = '300ms';
      LOCK TABLE lots, parts, inspections, inspection_attempts IN ACCESS EXCLUSIVE MODE;
      PERFORM set_config('lock_timeout', patience, true);
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.1);
    END;
  END LOOP;
  RAISE lock_not_available USING MESSAGE = 'lots, parts, inspections and inspection_attempts are in use all the time';
END $$;
`;

const LOTS = `
-- What decides between two ids for one lot. Services of the version before know one of them only.
CREATE UNIQUE INDEX lots_by_name ON lots (lot_id, site);
DROP INDEX idx_lots_lot_id;

CREATE FUNCTION store_lots(p_lots json) RETURNS SETOF lots
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO lots (id, site, lot_id) SELECT n.id, n.site, n.lot_id FROM json_populate_recordset(NULL::lots, p_lots) AS n
  WHERE NOT EXISTS (SELECT FROM lots AS l WHERE l.lot_id = n.lot_id AND l.site = n.site)
  ORDER BY n.id ON CONFLICT DO NOTHING;
  -- A statement of its own: a lot that another transaction stored meanwhile is in this snapshot.
  RETURN QUERY SELECT l.* FROM json_populate_recordset(NULL::lots, p_lots) AS n
    JOIN lots AS l ON l.lot_id = n.lot_id AND l.site = n.site;
END $$;
COMMENT ON FUNCTION store_lots IS 'Stores the lots that are missing, and returns all of them as they are stored: a lot keeps the id that it was first given.';

CREATE FUNCTION keep_lot_id() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.lots WHERE lot_id = NEW.lot_id AND site = NEW.site AND id <> NEW.id) THEN
    -- A serialization failure: services of the version before try again until they are replaced, and refuse no event.
    RAISE EXCEPTION 'lot % is stored under another id', NEW.lot_id
      USING ERRCODE = '40001', HINT = 'A service of an earlier version inserts it. Upgrade the service.';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION keep_lot_id IS 'Two ids of one lot would tear its units apart.';
CREATE TRIGGER keep_lot_id BEFORE INSERT ON lots FOR EACH ROW EXECUTE FUNCTION keep_lot_id();

COMMENT ON COLUMN lots.id IS 'UUID of version 8 from (site, lot_id): any writer computes it without asking. Of lots that an earlier version stored: version 5.';
COMMENT ON COLUMN wafers.id IS 'From (site, lot_id, wafer_id); begins like the id of the lot, but for lots of an earlier version.';
COMMENT ON COLUMN parts.id IS 'From (site, lot_id, chip_id); begins like the id of the lot, but for lots of an earlier version.';
COMMENT ON COLUMN inspections.id IS 'From (site, lot, chip, type) when loaded from a machine; begins like the id of the lot, but for lots of an earlier version.';
`;

const LOAD = `
ALTER TABLE parts DROP CONSTRAINT parts_lot_id_fkey;
ALTER TABLE inspections DROP CONSTRAINT inspections_lot_id_fkey;
ALTER TABLE inspection_attempts DROP CONSTRAINT inspection_attempts_inspection_id_fkey;
COMMENT ON COLUMN parts.lot_id IS 'Row of lots. No foreign key: the load stores the lot in the same transaction; orphaned_rows counts what has none.';
COMMENT ON COLUMN inspections.lot_id IS 'Row of lots. No foreign key: the load stores the lot in the same transaction; orphaned_rows counts what has none.';
COMMENT ON COLUMN inspection_attempts.inspection_id IS 'Row of inspections. No foreign key: the load stores the inspection in the same transaction; orphaned_rows counts what has none.';

CREATE VIEW orphaned_rows AS
SELECT 'parts' AS table_name, count(*) AS orphans FROM parts AS p WHERE NOT EXISTS (SELECT FROM lots AS l WHERE l.id = p.lot_id)
UNION ALL
SELECT 'inspections', count(*) FROM inspections AS i WHERE NOT EXISTS (SELECT FROM lots AS l WHERE l.id = i.lot_id)
UNION ALL
SELECT 'inspection_attempts', count(*) FROM inspection_attempts AS a WHERE NOT EXISTS (SELECT FROM inspections AS i WHERE i.id = a.inspection_id);
COMMENT ON VIEW orphaned_rows IS 'Rows whose parent is missing: 0 for each table, always. Reads the tables whole; for a nightly check, or after a repair by hand.';

-- A page of a rare status comes from idx_inspections_status, one of a frequent status from idx_inspections_page.
DROP INDEX idx_inspections_page_status;
`;
