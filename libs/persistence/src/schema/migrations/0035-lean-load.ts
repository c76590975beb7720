import { SchemaMigration } from './schema-migration.ts';

/** What a load of inspections pays for without need: a look-up per row of the same few types, and indexes that nothing uses. */
export class LeanLoad extends SchemaMigration {
  override name = '0035-lean-load';

  override up(): void {
    this.addSql(`
-- In the order in which a load takes them: neither waits for the other while it holds what that one wants.
LOCK TABLE inspection_types, parts, inspections IN ACCESS EXCLUSIVE MODE;

ALTER TABLE inspections DROP CONSTRAINT inspections_inspection_type_fkey;
CREATE FUNCTION check_inspection_types() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  -- Held until the transaction ends, as a foreign key would, but once per type instead of once per row.
  PERFORM FROM inspection_types WHERE name IN (SELECT inspection_type FROM new_rows) ORDER BY name FOR KEY SHARE;
  SELECT n.inspection_type INTO unknown FROM (SELECT DISTINCT inspection_type FROM new_rows) AS n
    WHERE NOT EXISTS (SELECT FROM inspection_types AS t WHERE t.name = n.inspection_type) LIMIT 1;
  IF FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('inspection type %s is not in inspection_types', unknown),
      TABLE = 'inspections', CONSTRAINT = 'inspections_inspection_type_fkey';
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION check_inspection_types IS 'In place of a foreign key: one check per statement. Definer: holding a type takes rights that only the owner has.';
CREATE TRIGGER known_types AFTER INSERT ON inspections REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_inspection_types();

CREATE FUNCTION check_inspection_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM inspection_types WHERE name = NEW.inspection_type FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('inspection type %s is not in inspection_types', NEW.inspection_type),
      TABLE = 'inspections', CONSTRAINT = 'inspections_inspection_type_fkey';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER known_type BEFORE UPDATE OF inspection_type ON inspections
  FOR EACH ROW EXECUTE FUNCTION check_inspection_type();
COMMENT ON TRIGGER known_type ON inspections IS 'For repairs by hand: a load never changes the type of an inspection.';

CREATE FUNCTION keep_used_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- After the change: it waits for transactions that hold the type, and then sees their rows.
  IF EXISTS (SELECT FROM inspections WHERE inspection_type = OLD.name)
     AND NOT EXISTS (SELECT FROM inspection_types WHERE name = OLD.name) THEN
    RAISE foreign_key_violation USING MESSAGE = format('inspection type %s is in use', OLD.name),
      TABLE = 'inspections', CONSTRAINT = 'inspections_inspection_type_fkey';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_used_type AFTER DELETE OR UPDATE OF name ON inspection_types
  FOR EACH ROW EXECUTE FUNCTION keep_used_type();

-- Nothing looks for the parts of a lot here: unique_inspection and idx_inspections_summary begin with lot and chip.
DROP INDEX idx_parts_lot_id;

-- (created_at DESC, id DESC) serves whatever (created_at DESC) serves.
DROP INDEX idx_inspections_created_at_desc;
ALTER INDEX idx_inspections_page RENAME TO idx_inspections_created_at_desc;
`);
  }
}
