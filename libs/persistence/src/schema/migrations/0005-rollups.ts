import { type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * `metrics_hourly` and `metrics_daily`: the same names and columns on both editions. They store sum and count instead
 * of averages, because an average of averages is wrong as soon as the counts differ.
 *
 * Every flush appends its sums to `metrics_delta` in its own transaction, on both editions, so that the load does not depend
 * on the edition. Apache folds the deltas into base tables; the Community edition takes from them which hours got late
 * rows.
 */
export class Rollups extends SchemaMigration {
  static override readonly tables: Tables = {
    metrics_delta: { select: READERS, insert: ['chip_writer'], delete: ['chip_writer'] },
    metrics_hourly_base: { select: READERS, insert: ['chip_writer'], update: ['chip_writer'] },
    metrics_daily_base: { select: READERS, insert: ['chip_writer'], update: ['chip_writer'] },
    metrics_hourly: { select: READERS },
    metrics_daily: { select: READERS },
  };
  static override readonly functions: Functions = {
    fold_metrics: ['chip_writer'],
  };
  override name = '0005-rollups';

  override async up(): Promise<void> {
    this.addSql(`
CREATE TABLE metrics_delta (
  bucket timestamptz NOT NULL,
  service_name varchar(100) NOT NULL,
  metric_name varchar(100) NOT NULL,
  host varchar(100),
  sum_value double precision NOT NULL,
  sample_count bigint NOT NULL CHECK (sample_count > 0),
  min_value double precision NOT NULL,
  max_value double precision NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
COMMENT ON TABLE metrics_delta IS 'What each flush adds to the roll-ups, one row per (hour, service, metric, host) of the flush. Append-only and without an index: a unique key here would make all writers wait for each other on the current hour.';
COMMENT ON COLUMN metrics_delta.bucket IS 'Start of the hour (UTC).';
`);
    if ((await this.shape()) === 'continuous') {
      this.continuousAggregates();
    } else {
      this.foldedTables();
    }
  }

  private foldedTables(): void {
    for (const [resolution, text] of [
      ['hourly', 'hour'],
      ['daily', 'day'],
    ] as const) {
      this.addSql(`
CREATE TABLE metrics_${resolution}_base (
  bucket timestamptz NOT NULL,
  service_name varchar(100) NOT NULL,
  metric_name varchar(100) NOT NULL,
  host varchar(100),
  sum_value double precision NOT NULL,
  sample_count bigint NOT NULL,
  min_value double precision NOT NULL,
  max_value double precision NOT NULL,
  CONSTRAINT metrics_${resolution}_base_key UNIQUE NULLS NOT DISTINCT (bucket, service_name, metric_name, host)
) WITH (fillfactor = 80);
COMMENT ON TABLE metrics_${resolution}_base IS 'Folded roll-up per ${text}; read it through the view metrics_${resolution}, which adds what is not folded yet.';
CREATE INDEX idx_metrics_${resolution}_base_metric ON metrics_${resolution}_base (metric_name, bucket);

CREATE VIEW metrics_${resolution} AS
SELECT bucket, service_name, metric_name, host,
  sum(sum_value) AS sum_value, sum(sample_count)::bigint AS sample_count, min(min_value) AS min_value, max(max_value) AS max_value,
  sum(sum_value) / sum(sample_count)::double precision AS avg_value
FROM (
  SELECT bucket, service_name, metric_name, host, sum_value, sample_count, min_value, max_value FROM metrics_${resolution}_base
  UNION ALL
  SELECT ${resolution === 'hourly' ? 'bucket' : `time_bucket(INTERVAL '1 day', bucket)`}, service_name, metric_name, host, sum_value, sample_count, min_value, max_value FROM metrics_delta
) AS part
GROUP BY bucket, service_name, metric_name, host;
COMMENT ON VIEW metrics_${resolution} IS 'Roll-up of system_metrics per ${text} (UTC), exact in every snapshot: folded base plus the deltas not folded yet.';
`);
    }
    this.addSql(`
CREATE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM metrics_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM metrics_delta LIMIT p_limit))
    RETURNING bucket, service_name, metric_name, host, sum_value, sample_count, min_value, max_value
  ), hourly AS (
    INSERT INTO metrics_hourly_base AS base
    SELECT bucket, service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
    FROM taken GROUP BY 1, 2, 3, 4
    ON CONFLICT (bucket, service_name, metric_name, host) DO UPDATE SET
      sum_value = base.sum_value + excluded.sum_value, sample_count = base.sample_count + excluded.sample_count,
      min_value = least(base.min_value, excluded.min_value), max_value = greatest(base.max_value, excluded.max_value)
  ), daily AS (
    INSERT INTO metrics_daily_base AS base
    SELECT time_bucket(INTERVAL '1 day', bucket), service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
    FROM taken GROUP BY 1, 2, 3, 4
    ON CONFLICT (bucket, service_name, metric_name, host) DO UPDATE SET
      sum_value = base.sum_value + excluded.sum_value, sample_count = base.sample_count + excluded.sample_count,
      min_value = least(base.min_value, excluded.min_value), max_value = greatest(base.max_value, excluded.max_value)
  )
  SELECT count(*) FROM taken
$$;
COMMENT ON FUNCTION fold_metrics IS 'Moves up to p_limit deltas into the base tables in one statement, so that every snapshot sees each sample exactly once. Returns how many. One caller at a time (the maintenance lock); never blocks a flush, which only appends.';
`);
  }

  private continuousAggregates(): void {
    this.addSql(`
CREATE MATERIALIZED VIEW metrics_hourly WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket(INTERVAL '1 hour', time) AS bucket, service_name, metric_name, host,
  sum(metric_value) AS sum_value, count(*) AS sample_count, min(metric_value) AS min_value, max(metric_value) AS max_value,
  avg(metric_value) AS avg_value
FROM system_metrics
GROUP BY 1, 2, 3, 4
WITH NO DATA;
COMMENT ON VIEW metrics_hourly IS 'Roll-up of system_metrics per hour (UTC): continuous aggregate, with the not yet refreshed tail computed live.';

CREATE MATERIALIZED VIEW metrics_daily WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket(INTERVAL '1 day', bucket) AS bucket, service_name, metric_name, host,
  sum(sum_value) AS sum_value, sum(sample_count)::bigint AS sample_count, min(min_value) AS min_value, max(max_value) AS max_value,
  sum(sum_value) / sum(sample_count)::double precision AS avg_value
FROM metrics_hourly
GROUP BY 1, 2, 3, 4
WITH NO DATA;
COMMENT ON VIEW metrics_daily IS 'Roll-up of metrics_hourly per day (UTC).';

SELECT add_continuous_aggregate_policy('metrics_hourly', start_offset => INTERVAL '3 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '5 minutes');
SELECT add_continuous_aggregate_policy('metrics_daily', start_offset => INTERVAL '7 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');
`);
  }
}
