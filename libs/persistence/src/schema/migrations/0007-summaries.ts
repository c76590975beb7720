import { type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * `yield_daily` and `daily_inspection_summary`.
 *
 * Signed deltas keep yield exact: a late retest takes the unit from its old day and adds it to the new one, in the
 * transaction that stores the retest. No day ever needs recomputing, and every snapshot agrees with the tables.
 */
export class Summaries extends SchemaMigration {
  static override readonly tables: Tables = {
    yield_delta: { select: READERS, insert: ['chip_writer'], delete: ['chip_writer'] },
    yield_daily_base: { select: READERS, insert: ['chip_writer'], update: ['chip_writer'] },
    yield_daily: { select: READERS },
    daily_inspection_summary: { select: READERS },
    summary_refreshes: { select: READERS },
  };
  static override readonly functions: Functions = {
    fold_yield: ['chip_writer'],
    refresh_daily_inspection_summary: ['chip_writer'],
  };
  override name = '0007-summaries';

  override up(): void {
    const columns = 'day, inspection_type, product, equipment_id, lot_id';
    const counts = 'units, passed, insertions, insertions_passed';
    const table = (name: string): string => `
CREATE TABLE ${name} (
  day date NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  equipment_id varchar(100),
  lot_id uuid NOT NULL,
  units bigint NOT NULL DEFAULT 0,
  passed bigint NOT NULL DEFAULT 0,
  insertions bigint NOT NULL DEFAULT 0,
  insertions_passed bigint NOT NULL DEFAULT 0`;
    // The unit's current result, and each attempt's: the same shape with other columns filled.
    const unit = (sign: 1 | -1, rows: string): string => `
  SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, inspection_type, product, equipment_id, lot_id,
    ${sign} AS units, ${sign} * (result = 'pass')::int AS passed, 0 AS insertions, 0 AS insertions_passed
  FROM ${rows} WHERE result IS NOT NULL AND completed_at IS NOT NULL`;
    const insertion = (sign: 1 | -1, rows: string): string => `
  SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, inspection_type, product, equipment_id, lot_id,
    0 AS units, 0 AS passed, ${sign} AS insertions, ${sign} * (result = 'pass')::int AS insertions_passed
  FROM ${rows} WHERE status = 'completed' AND result IS NOT NULL AND completed_at IS NOT NULL`;
    const record = (parts: string[]): string => `
  INSERT INTO yield_delta (${columns}, ${counts})
  SELECT ${columns}, sum(units), sum(passed), sum(insertions), sum(insertions_passed)
  FROM (${parts.join(' UNION ALL ')}) AS change
  GROUP BY ${columns}
  HAVING sum(units) <> 0 OR sum(passed) <> 0 OR sum(insertions) <> 0 OR sum(insertions_passed) <> 0`;
    const triggers = (name: string, part: (sign: 1 | -1, rows: string) => string): string => `
CREATE FUNCTION record_${name}_yield_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN ${record([part(1, 'new_rows')])}; RETURN NULL; END $$;
CREATE FUNCTION record_${name}_yield_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN ${record([part(-1, 'old_rows'), part(1, 'new_rows')])}; RETURN NULL; END $$;
CREATE TRIGGER yield_insert AFTER INSERT ON ${name} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_${name}_yield_insert();
CREATE TRIGGER yield_update AFTER UPDATE ON ${name} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_${name}_yield_update();
COMMENT ON TRIGGER yield_update ON ${name} IS 'Signed deltas of yield_daily. There is none for DELETE: retention never changes aggregated history.';`;

    this.addSql(`
${table('yield_delta')}
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE yield_delta IS 'Signed changes of yield_daily, one row per group and statement. Append-only and without an index, so that concurrent flushes never wait for each other.';
${table('yield_daily_base')},
  CONSTRAINT yield_daily_base_key UNIQUE NULLS NOT DISTINCT (${columns})
) WITH (fillfactor = 80);
COMMENT ON TABLE yield_daily_base IS 'Folded part of yield_daily.';
CREATE INDEX idx_yield_daily_base_lot ON yield_daily_base (lot_id, day);

CREATE VIEW yield_daily AS
SELECT ${columns}, sum(units)::bigint AS units, sum(passed)::bigint AS passed, (sum(units) - sum(passed))::bigint AS failed,
  sum(insertions)::bigint AS insertions, sum(insertions_passed)::bigint AS insertions_passed
FROM (
  SELECT ${columns}, ${counts} FROM yield_daily_base
  UNION ALL
  SELECT ${columns}, ${counts} FROM yield_delta
) AS part
GROUP BY ${columns}
HAVING sum(units) <> 0 OR sum(insertions) <> 0;
COMMENT ON VIEW yield_daily IS 'Per day (UTC, of completed_at), inspection type, product, equipment and lot: units and passed by each unit''s current result (its last attempt with one), insertions by every completed attempt that is not voided. Exact in every snapshot.';
COMMENT ON COLUMN yield_daily.units IS 'Units whose current result was given on this day; a unit is counted once over all days.';
COMMENT ON COLUMN yield_daily.insertions IS 'Completed attempts of this day; a retested unit counts each time.';

CREATE FUNCTION fold_yield(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM yield_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM yield_delta LIMIT p_limit))
    RETURNING ${columns}, ${counts}
  ), folded AS (
    INSERT INTO yield_daily_base AS base
    SELECT ${columns}, sum(units), sum(passed), sum(insertions), sum(insertions_passed) FROM taken GROUP BY ${columns}
    ON CONFLICT (${columns}) DO UPDATE SET
      units = base.units + excluded.units, passed = base.passed + excluded.passed,
      insertions = base.insertions + excluded.insertions, insertions_passed = base.insertions_passed + excluded.insertions_passed
  )
  SELECT count(*) FROM taken
$$;
COMMENT ON FUNCTION fold_yield IS 'As fold_metrics, for yield.';

-- From here on no row may change unseen: the lock keeps writers out until the triggers and what they missed commit together.
LOCK TABLE inspections, inspection_attempts IN SHARE ROW EXCLUSIVE MODE;
${triggers('inspections', unit)}
${triggers('inspection_attempts', insertion)}
INSERT INTO yield_daily_base (${columns}, ${counts})
SELECT ${columns}, sum(units), sum(passed), sum(insertions), sum(insertions_passed)
FROM (${unit(1, 'inspections')} UNION ALL ${insertion(1, 'inspection_attempts')}) AS existing
GROUP BY ${columns};

CREATE MATERIALIZED VIEW daily_inspection_summary AS
SELECT (created_at AT TIME ZONE 'UTC')::date AS inspection_date, inspection_type, status,
  count(*) AS inspection_count, avg(extract(epoch FROM completed_at - started_at))::double precision AS avg_duration_seconds
FROM inspections
WHERE created_at >= date_trunc('day', now(), 'UTC') - INTERVAL '90 days'
GROUP BY 1, 2, 3;
COMMENT ON MATERIALIZED VIEW daily_inspection_summary IS 'Inspections of the last 90 days by day (UTC, of created_at), type and status. Refreshed by the maintenance of the writer; summary_refreshes tells when.';
COMMENT ON COLUMN daily_inspection_summary.avg_duration_seconds IS 'Over the inspections that have both times; null when none has.';
-- Every column is NOT NULL in inspections, so the index is unique in fact and REFRESH CONCURRENTLY can rely on it.
CREATE UNIQUE INDEX daily_inspection_summary_key ON daily_inspection_summary (inspection_date, inspection_type, status);

CREATE TABLE summary_refreshes (
  name varchar(100) PRIMARY KEY,
  refreshed_at timestamptz NOT NULL,
  took interval NOT NULL
);
COMMENT ON TABLE summary_refreshes IS 'When each materialized view last saw the data.';
INSERT INTO summary_refreshes VALUES ('daily_inspection_summary', now(), '0');

CREATE FUNCTION refresh_daily_inspection_summary() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  REFRESH MATERIALIZED VIEW CONCURRENTLY daily_inspection_summary;
  UPDATE summary_refreshes SET refreshed_at = now(), took = clock_timestamp() - now() WHERE name = 'daily_inspection_summary';
  RETURN now();
END $$;
COMMENT ON FUNCTION refresh_daily_inspection_summary IS 'Readers go on with the old rows meanwhile. Definer: only the owner of a materialized view may refresh it.';
`);
  }
}
