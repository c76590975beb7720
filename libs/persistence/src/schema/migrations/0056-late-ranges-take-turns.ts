import { rollupFunctions } from '../rollup-shape.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Late hours that cannot be refreshed, such as a year that needs more room than the disk has, hold up no other ones. */
export class LateRangesTakeTurns extends SchemaMigration {
  override name = '0056-late-ranges-take-turns';

  override async up(): Promise<void> {
    this.addSql(`
ALTER TABLE metrics_late ADD COLUMN tried_at timestamptz;
COMMENT ON COLUMN metrics_late.tried_at IS 'When a refresh of the hour last began. Null = none has.';
`);
    if ((await this.shape()) === 'continuous') {
      this.addSql(rollupFunctions('continuous'));
    }
  }
}
