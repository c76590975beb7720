import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** When each upkeep task last ran. */
export class MaintenanceRuns extends SchemaMigration {
  static override readonly tables: Tables = {
    maintenance_runs: { select: READERS, insert: ['chip_writer'], update: ['chip_writer'] },
  };
  override name = '0012-maintenance-runs';

  override up(): void {
    this.addSql(`
CREATE TABLE maintenance_runs (
  task varchar(100) PRIMARY KEY,
  last_run_at timestamptz NOT NULL,
  last_success_at timestamptz,
  rows_done bigint NOT NULL DEFAULT 0,
  last_error text
) WITH (fillfactor = 20);
COMMENT ON TABLE maintenance_runs IS 'Upkeep done by the writers (one of them at a time); npm run db -- status shows it.';
COMMENT ON COLUMN maintenance_runs.rows_done IS 'Rows or chunks folded or deleted since the table exists.';
COMMENT ON COLUMN maintenance_runs.last_error IS 'SQLSTATE of the last failure; null when the last run succeeded.';
`);
  }
}
