/** The two shapes that telemetry roll-ups may have in a database, and the functions of each. */

/**
 * How a database keeps `metrics_hourly` and `metrics_daily`: as tables that a fold adds to (`folded`), or as continuous
 * aggregates (`continuous`). The server's licence decides once, when the tables are created. From then on only the
 * shape counts, because the next package may change the licence while the tables stay what they are.
 */
export type RollupShape = 'folded' | 'continuous';

/** One row with the column `shape`: from the tables if they exist, else what this server would build. */
export const SELECT_SHAPE = `
SELECT CASE WHEN to_regclass('public.metrics_hourly_base') IS NOT NULL THEN 'folded'
  WHEN to_regclass('public.metrics_hourly') IS NOT NULL OR current_setting('timescaledb.license', true) = 'timescale' THEN 'continuous'
  ELSE 'folded' END AS shape`;

/** Whether this server can run continuous aggregates, as an SQL expression. */
export const CAN_AGGREGATE = `coalesce(current_setting('timescaledb.license', true) = 'timescale', false)`;

/** The aggregates with the published columns. `suffix` separates a pair under construction from the one in use. */
export const createAggregates = (suffix = ''): string => `
CREATE MATERIALIZED VIEW metrics_hourly${suffix} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket(INTERVAL '1 hour', time) AS bucket, service_name, metric_name, host,
  sum(metric_value) AS sum_value, count(*) AS sample_count, min(metric_value) AS min_value, max(metric_value) AS max_value,
  avg(metric_value) AS avg_value
FROM system_metrics
GROUP BY 1, 2, 3, 4
WITH NO DATA;
COMMENT ON VIEW metrics_hourly${suffix} IS 'Roll-up of system_metrics per hour (UTC): continuous aggregate, with the not yet refreshed tail computed live.';

CREATE MATERIALIZED VIEW metrics_daily${suffix} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket(INTERVAL '1 day', bucket) AS bucket, service_name, metric_name, host,
  sum(sum_value) AS sum_value, sum(sample_count)::bigint AS sample_count, min(min_value) AS min_value, max(max_value) AS max_value,
  sum(sum_value) / sum(sample_count)::double precision AS avg_value
FROM metrics_hourly${suffix}
GROUP BY 1, 2, 3, 4
WITH NO DATA;
COMMENT ON VIEW metrics_daily${suffix} IS 'Roll-up of metrics_hourly per day (UTC).';`;

/** Refresh, compression and the job for late hours. The retention policy comes from set_retention. */
export const AGGREGATE_POLICIES = `
SELECT add_continuous_aggregate_policy('metrics_hourly', start_offset => INTERVAL '3 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '5 minutes');
SELECT add_continuous_aggregate_policy('metrics_daily', start_offset => INTERVAL '7 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour');
ALTER TABLE system_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'service_name, metric_name', timescaledb.compress_orderby = 'time DESC');
SELECT add_compression_policy('system_metrics', INTERVAL '7 days');
SELECT add_job('refresh_late_metrics', INTERVAL '1 minute');`;

/**
 * Measurements in the shape that can compress. By inspection, because the ids of a lot lie together: what belongs to a
 * unit or a lot is in one batch of each chunk. By no segment, because a machine may send other limits with each unit.
 * No index of a set reaches into a batch, so the sets in use are read once, not looked for one by one: by an anti-join, which
 * goes to the disk where `NOT IN` would read all vectors again for each set.
 *
 * @param table the hypertable of the vectors
 */
export const compressVectors = (table: string): string => `
ALTER TABLE ${table} SET (timescaledb.compress, timescaledb.compress_segmentby = '', timescaledb.compress_orderby = 'inspection_id, time');
SELECT add_compression_policy('${table}', INTERVAL '30 days', if_not_exists => true);
CREATE OR REPLACE FUNCTION prune_measurement_sets(p_limit integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  unused uuid[];
  pruned bigint;
BEGIN
  -- The joins stand in arrays of their own: rows of compressed chunks cannot be locked, as they would be beside these.
  SELECT array_agg(id) INTO unused FROM (
    SELECT id FROM measurement_sets WHERE id = ANY (ARRAY(
      SELECT s.id FROM measurement_sets AS s WHERE NOT EXISTS (SELECT FROM ${table} AS v WHERE v.set_id = s.id) LIMIT p_limit))
    FOR UPDATE SKIP LOCKED) AS candidate;
  IF unused IS NULL THEN
    RETURN 0;
  END IF;
  -- A statement of its own, which sees what was committed before the locks were taken.
  DELETE FROM measurement_sets WHERE id = ANY (ARRAY(
    SELECT u.id FROM unnest(unused) AS u (id) WHERE NOT EXISTS (SELECT FROM ${table} AS v WHERE v.set_id = u.id)));
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$;
COMMENT ON FUNCTION prune_measurement_sets IS 'Deletes at most p_limit sets that no vector uses any more. Returns how many.';`;

/** The table behind a continuous aggregate, as an SQL expression. */
export const materializationOf = (view: string): string => `(
  SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
  FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'public' AND view_name = '${view}')`;

const COLUMNS = 'bucket, service_name, metric_name, host, sum_value, sample_count, min_value, max_value';

/** Adds grouped rows to a base table by PostgreSQL's own upsert. */
const addToBase = (table: string, bucket: string): string => `
    INSERT INTO ${table} AS base
    SELECT ${bucket}, service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
    FROM taken GROUP BY 1, 2, 3, 4
    ON CONFLICT (bucket, service_name, metric_name, host) DO UPDATE SET
      sum_value = base.sum_value + excluded.sum_value, sample_count = base.sample_count + excluded.sample_count,
      min_value = least(base.min_value, excluded.min_value), max_value = greatest(base.max_value, excluded.max_value)`;

const FOLDED_FUNCTIONS = `
CREATE OR REPLACE FUNCTION late_margin() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT INTERVAL '0' $$;
DROP PROCEDURE IF EXISTS refresh_late_metrics;

CREATE OR REPLACE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM metrics_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM metrics_delta LIMIT p_limit))
    RETURNING ${COLUMNS}
  ), hourly AS (${addToBase('metrics_hourly_base', 'bucket')}
  ), daily AS (${addToBase('metrics_daily_base', `time_bucket(INTERVAL '1 day', bucket)`)}
  )
  SELECT count(*) FROM taken
$$;
COMMENT ON FUNCTION fold_metrics IS 'Moves up to p_limit deltas into the base tables in one statement, so that every snapshot sees each sample exactly once. Returns how many. One caller at a time (the maintenance lock); never blocks a flush, which only appends.';`;

/** The table behind an aggregate has no unique key, so: update existing rows, insert missing ones. */
const addToAggregate = (view: string, bucket: string): string => `
    EXECUTE format($add$
      WITH late AS (
        SELECT ${bucket} AS bucket, service_name, metric_name, host, sum(sum_value) AS sum_value, sum(sample_count) AS sample_count,
          min(min_value) AS min_value, max(max_value) AS max_value
        FROM unnest($1::metrics_delta[]) GROUP BY 1, 2, 3, 4
      ), added AS (
        UPDATE %1$s AS kept SET sum_value = kept.sum_value + late.sum_value, sample_count = kept.sample_count + late.sample_count,
          min_value = least(kept.min_value, late.min_value), max_value = greatest(kept.max_value, late.max_value),
          avg_value = (kept.sum_value + late.sum_value) / (kept.sample_count + late.sample_count)
        FROM late WHERE kept.bucket = late.bucket AND kept.service_name = late.service_name AND kept.metric_name = late.metric_name
          AND kept.host IS NOT DISTINCT FROM late.host
        RETURNING late.bucket, late.service_name, late.metric_name, late.host
      )
      INSERT INTO %1$s (${COLUMNS}, avg_value)
      SELECT ${COLUMNS.replaceAll(/\w+/g, 'late.$&')}, late.sum_value / late.sample_count FROM late
      WHERE NOT EXISTS (SELECT FROM added WHERE added.bucket = late.bucket AND added.service_name = late.service_name
        AND added.metric_name = late.metric_name AND added.host IS NOT DISTINCT FROM late.host)
    $add$, ${materializationOf(view)}) USING behind;`;

const CONTINUOUS_FUNCTIONS = `
CREATE OR REPLACE FUNCTION late_margin() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT INTERVAL '14 days' $$;

-- Another language than before, which CREATE OR REPLACE allows; definer, because only the owner may write behind an aggregate.
CREATE OR REPLACE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  whole_from timestamptz := rollup_floor();
  folded bigint;
  behind metrics_delta[];
BEGIN
  WITH taken AS (
    DELETE FROM metrics_delta AS delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM metrics_delta LIMIT p_limit)) RETURNING delta
  ), marked AS (
    INSERT INTO metrics_late (bucket, marked_at)
    SELECT bucket, clock_timestamp() FROM (SELECT DISTINCT (delta).bucket FROM taken) AS hours WHERE bucket >= whole_from
    ON CONFLICT (bucket) DO UPDATE SET marked_at = excluded.marked_at
  )
  SELECT count(*), array_agg(delta) FILTER (WHERE (delta).bucket < whole_from) INTO folded, behind FROM taken;
  IF behind IS NOT NULL THEN${addToAggregate('metrics_hourly', 'bucket')}${addToAggregate('metrics_daily', `time_bucket(INTERVAL '1 day', bucket)`)}
  END IF;
  RETURN folded;
END $$;
COMMENT ON FUNCTION fold_metrics IS 'Continuous aggregates compute from raw rows, so of the deltas only the hours are kept, for a last refresh when they are two days old. Where retention may have removed raw rows (rollup_floor), a refresh would forget them: there the deltas are added to what the aggregate holds.';

CREATE OR REPLACE PROCEDURE refresh_late_metrics(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  late record;
BEGIN
  -- Neighbouring hours become one range: a year that is loaded late is one refresh, not 8,760. An hour that has fewer raw
  -- rows than its roll-up counts has lost some to retention: it keeps its roll-up, and its mark, which db status shows.
  FOR late IN
    SELECT min(bucket) AS first, max(bucket) + INTERVAL '1 hour' AS past_last
    FROM (SELECT bucket, tried_at, bucket - row_number() OVER (ORDER BY bucket) * INTERVAL '1 hour' AS run
          FROM metrics_late AS marked WHERE bucket < now() - INTERVAL '2 days'
          AND (SELECT count(*) FROM system_metrics WHERE time >= marked.bucket AND time < marked.bucket + INTERVAL '1 hour')
            >= (SELECT coalesce(sum(sample_count), 0) FROM metrics_hourly AS kept WHERE kept.bucket = marked.bucket)) AS hours
    -- What failed before comes last: it ends the job, and must not keep the others from their turn.
    GROUP BY run ORDER BY max(tried_at) NULLS FIRST, 1
  LOOP
    UPDATE metrics_late SET tried_at = clock_timestamp() WHERE bucket >= late.first AND bucket < late.past_last;
    COMMIT;
    CALL refresh_continuous_aggregate('metrics_hourly', late.first, late.past_last);
    -- Only then does the day know that its hours have changed.
    COMMIT;
    CALL refresh_continuous_aggregate('metrics_daily', time_bucket('1 day', late.first), time_bucket('1 day', late.past_last - INTERVAL '1 hour') + INTERVAL '1 day');
    DELETE FROM metrics_late WHERE bucket >= late.first AND bucket < late.past_last AND marked_at < began;
    COMMIT;
  END LOOP;
END $$;
COMMENT ON PROCEDURE refresh_late_metrics IS 'Brings late rows into the continuous aggregates. Interrupted, it starts the range again: a refresh gives the same result each time.';`;

/** What both shapes share; the retention policy exists only with aggregates. */
const sharedFunctions = (shape: RollupShape): string => `
CREATE OR REPLACE FUNCTION rollup_floor() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT greatest('-infinity', gone_before, now() - (keep + late_margin())) FROM retention_settings WHERE table_name = 'system_metrics'
$$;
COMMENT ON FUNCTION rollup_floor IS 'Raw telemetry older than this may have been deleted, under the present retention or an earlier one: no roll-up is computed from raw rows behind it.';

CREATE OR REPLACE FUNCTION set_retention(p_table text, p_keep interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_table = 'system_metrics' THEN
    -- Only where something was rolled up can something have been deleted: history may still be loaded into an empty past.
    UPDATE retention_settings SET gone_before = greatest(gone_before, (
      SELECT max(bucket) + INTERVAL '1 hour' FROM metrics_hourly WHERE bucket < now() - (keep + late_margin())))
    WHERE table_name = p_table;
  END IF;
  UPDATE retention_settings SET keep = p_keep, updated_at = now() WHERE table_name = p_table;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no retention for %', p_table USING ERRCODE = '22023';
  END IF;${
    shape === 'continuous'
      ? `
  IF p_table = 'system_metrics' THEN
    PERFORM remove_retention_policy('system_metrics', if_exists => true);
    IF p_keep IS NOT NULL THEN
      PERFORM add_retention_policy('system_metrics', p_keep + late_margin());
    END IF;
  END IF;`
      : ''
  }
END $$;
COMMENT ON FUNCTION set_retention IS 'Changes how long rows are kept, and remembers up to where the setting before may have deleted telemetry (gone_before).';`;

/**
 * The functions of a shape, in a form that applies to a database of either shape. A change here reaches existing
 * databases only through a migration that applies it again.
 */
export const rollupFunctions = (shape: RollupShape): string =>
  sharedFunctions(shape) + (shape === 'folded' ? FOLDED_FUNCTIONS : CONTINUOUS_FUNCTIONS);
