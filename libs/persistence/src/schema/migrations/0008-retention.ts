import { ACCOUNTS, type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Retention per table, legal holds and, on the Community edition, the policies behind them.
 *
 * On the Community edition raw telemetry is dropped `late_margin` later than requested: refreshing a bucket whose raw
 * rows are gone would empty it, and a block may wait in Kafka for as long as the accepted topic keeps it (14 days). The
 * folded roll-ups of the Apache edition only ever add, so raw telemetry is dropped on the day.
 */
export class Retention extends SchemaMigration {
  static override readonly tables: Tables = {
    retention_settings: { select: [...READERS, 'chip_ingest', 'chip_operator'] },
    legal_holds: { select: ACCOUNTS },
    metrics_late: { select: READERS, insert: ['chip_writer'], update: ['chip_writer'], delete: ['chip_writer'] },
  };
  static override readonly functions: Functions = {
    late_margin: ['chip_writer'],
    apply_retention: ['chip_writer'],
  };
  override name = '0008-retention';

  override async up(): Promise<void> {
    this.addSql(`
CREATE TABLE retention_settings (
  table_name varchar(100) PRIMARY KEY,
  keep interval CHECK (keep > INTERVAL '0'),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE retention_settings IS 'How long rows are kept; null = for ever. Changed by set_retention only, which keeps the policies of the community edition in step.';
INSERT INTO retention_settings (table_name, keep) VALUES
  ('system_metrics', '90 days'), ('inspection_events', '30 days'), ('measurements', NULL), ('defects', NULL),
  ('inspection_attempts', NULL), ('audit_log', NULL);

CREATE TABLE legal_holds (
  lot_id uuid PRIMARY KEY REFERENCES lots (id),
  reason text NOT NULL CHECK (reason <> ''),
  placed_by text NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE legal_holds IS 'Lots of which nothing is deleted, whatever the retention says.';

CREATE TABLE metrics_late (
  bucket timestamptz PRIMARY KEY
);
COMMENT ON TABLE metrics_late IS 'Community edition: hours that got rows after the refresh policy had passed them, to be refreshed by the maintenance.';
`);
    const community = (await this.shape()) === 'continuous';
    this.addSql(`
CREATE FUNCTION late_margin() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT INTERVAL '${community ? '14 days' : '0'}' $$;
COMMENT ON FUNCTION late_margin IS 'Added to the retention of system_metrics, see the migration: how long a block may wait in Kafka.';

CREATE FUNCTION set_retention(p_table text, p_keep interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE retention_settings SET keep = p_keep, updated_at = now() WHERE table_name = p_table;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no retention for %', p_table USING ERRCODE = '22023';
  END IF;
  ${
    community
      ? `IF p_table = 'system_metrics' THEN
    PERFORM remove_retention_policy('system_metrics', if_exists => true);
    IF p_keep IS NOT NULL THEN
      PERFORM add_retention_policy('system_metrics', p_keep + late_margin());
    END IF;
  END IF;`
      : ''
  }
END $$;

CREATE FUNCTION apply_retention(p_table text, p_limit integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  cutoff timestamptz;
  removed bigint := 0;
BEGIN
  SELECT now() - keep INTO cutoff FROM retention_settings WHERE table_name = p_table;
  IF cutoff IS NULL THEN RETURN 0; END IF;
  CASE p_table
    WHEN 'system_metrics' THEN
      SELECT count(*) INTO removed FROM drop_chunks('system_metrics', older_than => cutoff - late_margin());
    WHEN 'inspection_events' THEN
      DELETE FROM inspection_events WHERE event_id = ANY (ARRAY(
        SELECT event_id FROM inspection_events WHERE received_at < cutoff ORDER BY received_at LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'measurements' THEN
      IF NOT EXISTS (SELECT FROM legal_holds) THEN
        SELECT count(*) INTO removed FROM drop_chunks('measurements', older_than => cutoff);
      ELSE
        -- A chunk may hold rows of a held lot: row by row then. An empty chunk is dropped once the hold is lifted.
        DELETE FROM measurements AS m USING (
          SELECT inspection_id FROM measurements WHERE time < cutoff
          AND NOT EXISTS (SELECT FROM inspections AS i JOIN legal_holds USING (lot_id) WHERE i.id = inspection_id)
          GROUP BY inspection_id LIMIT p_limit) AS old
        WHERE m.inspection_id = old.inspection_id AND m.time < cutoff;
        GET DIAGNOSTICS removed = ROW_COUNT;
      END IF;
    WHEN 'defects' THEN
      DELETE FROM defects WHERE ctid = ANY (ARRAY(
        SELECT d.ctid FROM defects AS d WHERE d.time < cutoff
        AND NOT EXISTS (SELECT FROM inspections AS i JOIN legal_holds USING (lot_id) WHERE i.id = d.inspection_id) LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'inspection_attempts' THEN
      -- Never the attempt that inspections shows as the current one.
      DELETE FROM inspection_attempts WHERE ctid = ANY (ARRAY(
        SELECT a.ctid FROM inspection_attempts AS a JOIN inspections AS i ON i.id = a.inspection_id
        WHERE a.occurred_at < cutoff AND (a.step, a.attempt_key) IS DISTINCT FROM (i.step, i.attempt_key)
        AND NOT EXISTS (SELECT FROM legal_holds AS h WHERE h.lot_id = a.lot_id) LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'audit_log' THEN
      -- Entries do not tell which lot they are about: any hold keeps them all.
      IF NOT EXISTS (SELECT FROM legal_holds) THEN
        removed := prune_audit(cutoff, p_limit);
      END IF;
    ELSE
      RAISE EXCEPTION 'there is no retention for %', p_table USING ERRCODE = '22023';
  END CASE;
  RETURN removed;
END $$;
COMMENT ON FUNCTION apply_retention IS 'Deletes at most p_limit rows (or whole chunks) that are older than the setting and on no legal hold; returns how many. Roll-ups and yield_daily keep what they counted. Definer: only the owner may drop chunks.';
`);
    if (community) {
      this.communityPolicies();
    }
  }

  private communityPolicies(): void {
    this.addSql(`
ALTER TABLE system_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'service_name, metric_name', timescaledb.compress_orderby = 'time DESC');
SELECT add_compression_policy('system_metrics', INTERVAL '7 days');

CREATE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM metrics_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM metrics_delta LIMIT p_limit)) RETURNING bucket
  ), late AS (
    INSERT INTO metrics_late SELECT DISTINCT bucket FROM taken WHERE bucket < now() - INTERVAL '2 days' ON CONFLICT DO NOTHING
  )
  SELECT count(*) FROM taken
$$;

CREATE PROCEDURE refresh_late_metrics(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  late record;
BEGIN
  -- Neighbouring hours become one range: a year that is loaded late is one refresh, not 8,760.
  FOR late IN
    SELECT min(bucket) AS first, max(bucket) + INTERVAL '1 hour' AS past_last
    FROM (SELECT bucket, bucket - row_number() OVER (ORDER BY bucket) * INTERVAL '1 hour' AS run FROM metrics_late) AS hours
    GROUP BY run ORDER BY 1
  LOOP
    CALL refresh_continuous_aggregate('metrics_hourly', late.first, late.past_last);
    CALL refresh_continuous_aggregate('metrics_daily', time_bucket('1 day', late.first), time_bucket('1 day', late.past_last - INTERVAL '1 hour') + INTERVAL '1 day');
    DELETE FROM metrics_late WHERE bucket >= late.first AND bucket < late.past_last;
    COMMIT;
  END LOOP;
END $$;
COMMENT ON PROCEDURE refresh_late_metrics IS 'Brings late rows into the continuous aggregates. Interrupted, it starts the range again: a refresh gives the same result each time.';
SELECT add_job('refresh_late_metrics', INTERVAL '1 minute');
SELECT set_retention('system_metrics', INTERVAL '90 days');
COMMENT ON FUNCTION fold_metrics IS 'Community edition: the continuous aggregate computes from raw rows, so of the deltas only the hours are kept that its refresh policy (3 days) may already have left behind.';
`);
  }
}
