import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** What is installed here. */
export class SchemaInfo extends SchemaMigration {
  static override readonly tables: Tables = {
    schema_info: { select: READERS },
  };
  override name = '0006-schema-info';

  override up(): void {
    this.addSql(`
CREATE VIEW schema_info AS
SELECT
  (SELECT name FROM schema_migrations ORDER BY id DESC LIMIT 1) AS schema_version,
  (SELECT count(*) FROM schema_migrations) AS migrations,
  (SELECT max(executed_at) FROM schema_migrations) AS migrated_at,
  CASE current_setting('timescaledb.license', true) WHEN 'timescale' THEN 'community' ELSE 'apache' END AS edition,
  (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb_version,
  current_setting('server_version') AS postgresql_version;
COMMENT ON VIEW schema_info IS 'Schema version, TimescaleDB edition and server versions, in one row.';
`);
  }
}
