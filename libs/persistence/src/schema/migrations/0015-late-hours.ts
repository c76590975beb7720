import { SchemaMigration } from './schema-migration.ts';

/**
 * Community edition: late hours reach the daily roll-up too, and no hour is lost.
 *
 * - A refresh invalidates the aggregates above it only on commit: refreshed in the same transaction, the day was up to
 *   date as far as it knew. It stayed stale if the refresh policy had passed it and did not return.
 * - Every hour that got rows is refreshed once it is two days old, not only those that were late by then: the policy looks
 *   back three days, and misses what arrived before a longer outage.
 * - An hour that got rows during its refresh stays marked.
 */
export class LateHours extends SchemaMigration {
  override name = '0015-late-hours';

  override async up(): Promise<void> {
    this.addSql(`
ALTER TABLE metrics_late ADD COLUMN marked_at timestamptz NOT NULL DEFAULT now();
COMMENT ON TABLE metrics_late IS 'Community edition: hours that got rows, until they are two days old and have been refreshed.';
COMMENT ON COLUMN metrics_late.marked_at IS 'When the fold last met rows of this hour; a refresh that began before does not count.';
`);
    if ((await this.shape()) !== 'continuous') {
      return;
    }
    this.addSql(`
CREATE OR REPLACE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM metrics_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM metrics_delta LIMIT p_limit)) RETURNING bucket
  ), marked AS (
    INSERT INTO metrics_late (bucket, marked_at) SELECT bucket, clock_timestamp() FROM (SELECT DISTINCT bucket FROM taken) AS hours
    ON CONFLICT (bucket) DO UPDATE SET marked_at = excluded.marked_at
  )
  SELECT count(*) FROM taken
$$;
COMMENT ON FUNCTION fold_metrics IS 'Community edition: the continuous aggregate computes from raw rows, so of the deltas only the hours are kept, for a last refresh when they are two days old.';

CREATE OR REPLACE PROCEDURE refresh_late_metrics(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  late record;
BEGIN
  -- Neighbouring hours become one range: a year that is loaded late is one refresh, not 8,760.
  FOR late IN
    SELECT min(bucket) AS first, max(bucket) + INTERVAL '1 hour' AS past_last
    FROM (SELECT bucket, bucket - row_number() OVER (ORDER BY bucket) * INTERVAL '1 hour' AS run
          FROM metrics_late WHERE bucket < now() - INTERVAL '2 days') AS hours
    GROUP BY run ORDER BY 1
  LOOP
    CALL refresh_continuous_aggregate('metrics_hourly', late.first, late.past_last);
    -- Only then does the day know that its hours have changed.
    COMMIT;
    CALL refresh_continuous_aggregate('metrics_daily', time_bucket('1 day', late.first), time_bucket('1 day', late.past_last - INTERVAL '1 hour') + INTERVAL '1 day');
    DELETE FROM metrics_late WHERE bucket >= late.first AND bucket < late.past_last AND marked_at < began;
    COMMIT;
  END LOOP;
END $$;
`);
  }
}
