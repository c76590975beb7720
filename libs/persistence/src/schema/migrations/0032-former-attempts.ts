import { type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Keeps the states that attempts had before later events changed them, so that statistics can answer what was known at an
 * earlier time. Only completed states count in statistics, so only these are kept: a handful of corrections and
 * withdrawals, not the many runs that go from in_progress to completed.
 */
export class FormerAttempts extends SchemaMigration {
  static override readonly tables: Tables = {
    former_attempts: {
      select: READERS,
      retention: {
        everyMs: 60_000,
        rows: { keep: '30 days', column: 'replaced_at', lotColumn: 'lot_id' },
      },
    },
  };
  static override readonly functions: Functions = {
    known_since: READERS,
  };
  override name = '0032-former-attempts';

  override up(): void {
    // Named, so that a column that a later version adds to inspection_attempts does not stop the load.
    const columns =
      'inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at, event_id, event_ids, first_occurred_at, attempt_no, run_id, priority, started_at, completed_at, equipment_id, recipe, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, defect_count, measurement_count, metadata, void_reason, voids, stamps';
    this.addSql(`
CREATE TABLE former_attempts (
  LIKE inspection_attempts,
  replaced_at timestamptz NOT NULL
);
CREATE INDEX idx_former_attempts_inspection ON former_attempts (inspection_id);
CREATE INDEX idx_former_attempts_replaced_at ON former_attempts (replaced_at);
COMMENT ON TABLE former_attempts IS 'Completed states of attempts until a later event changed them. Together with the times in inspection_events they say what was known at an earlier time. Written by a trigger only.';
COMMENT ON COLUMN former_attempts.replaced_at IS 'received_at of the event that changed the attempt: the state was known until then, exclusive.';

CREATE FUNCTION keep_former_attempts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO former_attempts (${columns}, replaced_at)
  SELECT ${columns.replaceAll(/\w+/g, 'o.$&')}, now()
    FROM old_rows AS o JOIN new_rows AS n ON (n.inspection_id, n.step, n.attempt_key) = (o.inspection_id, o.step, o.attempt_key)
   WHERE o.status = 'completed' AND (n.status <> 'completed' OR n.event_ids <> o.event_ids);
  RETURN NULL;
END $$;

-- Writers stay out until the trigger and the time from which it knows everything commit together.
LOCK TABLE inspection_attempts IN SHARE ROW EXCLUSIVE MODE;
CREATE TRIGGER former_attempts_update AFTER UPDATE ON inspection_attempts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keep_former_attempts();
COMMENT ON TRIGGER former_attempts_update ON inspection_attempts IS 'Keeps former_attempts. A change without a new event is a correction of the row, not new knowledge.';
`);
    this.retain('former_attempts');
    this.addSql(`
DO $$ BEGIN
  EXECUTE format($f$
CREATE FUNCTION known_since() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $body$
  SELECT greatest(%L::timestamptz, (SELECT max(now() - keep) FROM retention_settings WHERE table_name IN ('former_attempts', 'inspection_events')))
$body$ $f$, CASE WHEN EXISTS (SELECT FROM inspection_attempts) THEN now() ELSE '-infinity' END);
END $$;
COMMENT ON FUNCTION known_since IS 'The earliest time for which it can be said what was known then: since this schema, and as far back as event times and former states are kept.';
`);
  }
}
