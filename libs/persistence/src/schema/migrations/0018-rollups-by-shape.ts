import { rollupFunctions } from '../rollup-shape.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * The functions of the roll-ups follow the shape of the tables, not the licence of today's server.
 *
 * Migration 0015 checked the licence. On a database with folded tables whose server had become the Community edition,
 * it installed a fold that takes deltas without adding them anywhere. All the hours it took are in metrics_late,
 * because the job that empties that table was never created: this migration recomputes them from raw rows.
 */
export class RollupsByShape extends SchemaMigration {
  override name = '0018-rollups-by-shape';

  override async up(): Promise<void> {
    const shape = await this.shape();
    const [fold] = (await this.execute(
      `SELECT bool_or(prosrc LIKE '%metrics_late%') AS marks FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = 'fold_metrics'`,
    )) as { marks: boolean }[];
    this.addSql(`
ALTER TABLE retention_settings ADD COLUMN gone_before timestamptz;
COMMENT ON COLUMN retention_settings.gone_before IS 'Rows before this may have been deleted under an earlier setting; kept for system_metrics. Null = none.';

CREATE OR REPLACE VIEW schema_info AS
SELECT
  (SELECT name FROM schema_migrations ORDER BY id DESC LIMIT 1) AS schema_version,
  (SELECT count(*) FROM schema_migrations) AS migrations,
  (SELECT max(executed_at) FROM schema_migrations) AS migrated_at,
  CASE current_setting('timescaledb.license', true) WHEN 'timescale' THEN 'community' ELSE 'apache' END AS edition,
  (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb_version,
  current_setting('server_version') AS postgresql_version,
  CASE WHEN to_regclass('public.metrics_hourly_base') IS NULL THEN 'continuous' ELSE 'folded' END AS shape;
COMMENT ON VIEW schema_info IS 'Schema version, TimescaleDB edition of the server, server versions, and the shape of the roll-ups, in one row.';
COMMENT ON COLUMN schema_info.edition IS 'What the server can do now; changes with its package.';
COMMENT ON COLUMN schema_info.shape IS 'How this database keeps its roll-ups: folded tables, or continuous aggregates. Changes by db convert-edition only.';
${rollupFunctions(shape)}
COMMENT ON TABLE metrics_late IS 'Continuous aggregates: hours that got rows, until they are two days old and have been refreshed.';

-- What earlier settings may have deleted stands in the audit trail, which is older than this column.
UPDATE retention_settings SET gone_before = (
  SELECT max(bucket) + INTERVAL '1 hour' FROM metrics_hourly WHERE bucket < (
    SELECT max(at - ((old_value #>> '{}')::interval + late_margin())) FROM audit_log
    WHERE action = 'retention.set' AND subject = 'table:system_metrics' AND jsonb_typeof(old_value) = 'string'))
WHERE table_name = 'system_metrics';
`);
    if (shape === 'folded' && fold?.marks) {
      this.recomputeMarkedHours();
    }
  }

  private recomputeMarkedHours(): void {
    this.addSql(`
-- Keeps every flush from committing deltas meanwhile, about one second per million rows.
LOCK TABLE metrics_delta IN SHARE ROW EXCLUSIVE MODE;
CREATE TEMPORARY TABLE recomputed ON COMMIT DROP AS
  SELECT marked.bucket, service_name, metric_name, host, sum(metric_value) AS sum_value, count(*) AS sample_count,
    min(metric_value) AS min_value, max(metric_value) AS max_value
  FROM metrics_late AS marked JOIN system_metrics AS raw ON raw.time >= marked.bucket AND raw.time < marked.bucket + INTERVAL '1 hour'
  GROUP BY 1, 2, 3, 4;
DELETE FROM recomputed WHERE bucket IN (
  SELECT bucket FROM (SELECT bucket, sum(sample_count) AS n FROM recomputed GROUP BY 1) AS raw
  JOIN (SELECT bucket, sum(sample_count) AS n FROM metrics_hourly GROUP BY 1) AS kept USING (bucket) WHERE raw.n < kept.n);
DELETE FROM metrics_delta WHERE bucket IN (SELECT bucket FROM recomputed);
DELETE FROM metrics_hourly_base WHERE bucket IN (SELECT bucket FROM recomputed);
INSERT INTO metrics_hourly_base SELECT * FROM recomputed;
DELETE FROM metrics_daily_base WHERE bucket IN (SELECT time_bucket(INTERVAL '1 day', bucket) FROM recomputed);
INSERT INTO metrics_daily_base
  SELECT time_bucket(INTERVAL '1 day', bucket), service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
  FROM metrics_hourly_base
  WHERE time_bucket(INTERVAL '1 day', bucket) IN (SELECT time_bucket(INTERVAL '1 day', bucket) FROM recomputed)
  GROUP BY 1, 2, 3, 4;
-- Hours whose raw rows are gone cannot be given back: they stay marked, and db status names how many.
DELETE FROM metrics_late WHERE bucket IN (SELECT bucket FROM recomputed);
`);
  }
}
