import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Production calendars: the time zone of a site, when its day begins, and its shifts. */
export class ProductionCalendars extends SchemaMigration {
  static override readonly tables: Tables = {
    // Update: withdrawing, which is all that the trigger allows.
    production_calendars: { select: READERS, insert: ['chip_api'], update: ['chip_api'] },
  };
  override name = '0033-production-calendars';

  override up(): void {
    this.addSql(`
CREATE TABLE production_calendars (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  site varchar(100) NOT NULL DEFAULT '',
  valid_from timestamptz NOT NULL,
  time_zone varchar(64) NOT NULL CHECK (time_zone <> ''),
  day_start varchar(5) NOT NULL CHECK (day_start ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  shifts jsonb NOT NULL CHECK (jsonb_typeof(shifts) = 'array'),
  reason text NOT NULL CHECK (reason <> ''),
  created_by varchar(200) NOT NULL CHECK (created_by <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz,
  withdrawn_by varchar(200),
  withdrawal_reason text,
  CONSTRAINT production_calendars_withdrawal_check CHECK (
    (withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL))
);
CREATE UNIQUE INDEX idx_production_calendars_version ON production_calendars (site, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX idx_production_calendars_created_at ON production_calendars (created_at DESC, id DESC);
CREATE TRIGGER withdrawn_only BEFORE UPDATE OR DELETE ON production_calendars FOR EACH ROW EXECUTE FUNCTION refuse_all_but_withdrawal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON production_calendars FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE production_calendars IS 'When the production day of a site begins, and its shifts. A change is a new row, which succeeds the one before; the row in force at a time is the one with the greatest valid_from up to then that is not withdrawn.';
COMMENT ON COLUMN production_calendars.site IS 'Empty = every site without a row of its own.';
COMMENT ON COLUMN production_calendars.time_zone IS 'IANA name. The wall clock of the zone decides, so a day with a clock change has 23 or 25 hours.';
COMMENT ON COLUMN production_calendars.day_start IS 'Wall clock, HH:MM.';
COMMENT ON COLUMN production_calendars.shifts IS 'Array of {name, start (HH:MM)} in the order of the day; the first begins with the day, each ends where the next begins. Empty = no shifts.';
`);
  }
}
