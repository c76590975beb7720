-- Adds a cell to a central database (postgres_fdw), so that a query service there answers over all cells. Nothing is copied:
-- each question runs in the cells, including the filters and the sums of days and hours that they keep.
--
--   npm run db -- migrate          (DATABASE_URL: the central database; once, and again with each upgrade)
--   psql "$ADMIN_DATABASE_URL" -v cell=fab7 -v host=db.fab7.example -v port=5432 -v database=chip_quality \
--     -v password='the password of chip_reader there' -f cell.sql
--
-- Run it once per cell as a superuser, and again after a change of the password or an upgrade of the cell. The name of the
-- cell precedes its topics. The query service reads as chip_reader (READ_DATABASE_URL), whose search_path this sets; keys,
-- the catalogues of parameters, limits, calendars and geometries, reports and the audit trail are those of the central
-- database. Sites must differ between cells. To remove a cell: DROP SERVER ... CASCADE, then run this again for another one.
\set ON_ERROR_STOP on
BEGIN;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
DROP SERVER IF EXISTS :"cell" CASCADE;
DROP SCHEMA IF EXISTS :"cell" CASCADE;
CREATE SERVER :"cell" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
  host :'host', port :'port', dbname :'database', use_remote_estimate 'true', fetch_size '10000', async_capable 'true',
  -- A cell that is away fails the question within seconds, and the answer names it. Less than a whole answer would be wrong.
  connect_timeout '5', updatable 'false');
CREATE USER MAPPING FOR PUBLIC SERVER :"cell" OPTIONS (user 'chip_reader', password :'password');
CREATE SCHEMA :"cell";
COMMENT ON SCHEMA :"cell" IS 'cell of chip-quality';
IMPORT FOREIGN SCHEMA public LIMIT TO (
  lots, wafers, parts, inspections, inspection_attempts, inspection_events, former_attempts, defects,
  measurement_values, measurement_vectors, measurement_rows, measurement_sets, measurements, yield_daily, yield_daily_base, yield_delta,
  yield_retests, attempt_day_changes, daily_attempts, daily_defects, daily_measured, daily_measured_lots, daily_tests,
  daily_tested, system_metrics, metrics_hourly, metrics_daily, stream_positions, stream_gaps, ingest_partitions,
  retention_settings) FROM SERVER :"cell" INTO :"cell";

DROP SCHEMA IF EXISTS every_cell CASCADE;
CREATE SCHEMA every_cell;
DO $$
DECLARE
  cells text[] := ARRAY(SELECT nspname FROM pg_namespace
    WHERE obj_description(oid, 'pg_namespace') = 'cell of chip-quality' ORDER BY nspname);
  relation record;
  parts text;
BEGIN
  FOR relation IN
    -- The columns of this version: a cell of a former one that lacks a column says so when asked.
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace
       AND EXISTS (SELECT FROM pg_foreign_table f JOIN pg_class t ON t.oid = f.ftrelid
                    WHERE t.relname = c.relname AND t.relnamespace = cells[1]::regnamespace)
     GROUP BY c.relname
  LOOP
    SELECT string_agg(format('SELECT %s FROM %I.%I',
             -- Offsets count within a cell.
             regexp_replace(relation.columns, '\msource_topic\M', format('%L::text || source_topic AS source_topic', cell || '.')),
             cell, relation.name),
             -- Cells have the same id for the same set.
             CASE relation.name WHEN 'measurement_sets' THEN ' UNION ' ELSE ' UNION ALL ' END)
      INTO parts FROM unnest(cells) AS cell;
    EXECUTE format('CREATE VIEW every_cell.%I AS %s', relation.name, parts);
  END LOOP;

  -- Means of durations do not add up, so this one is computed from the inspections of all cells when asked.
  SET LOCAL search_path = public;
  parts := pg_get_viewdef('public.daily_inspection_summary'::regclass);
  SET LOCAL search_path = every_cell, public;
  EXECUTE 'CREATE VIEW every_cell.daily_inspection_summary AS ' || parts;
  CREATE VIEW every_cell.summary_refreshes AS
    SELECT 'daily_inspection_summary'::varchar AS name, now() AS refreshed_at, interval '0' AS took;
  -- What was known earlier is kept for as long as every cell keeps it; of the time before this cell joined, nothing is certain.
  EXECUTE format($f$CREATE FUNCTION every_cell.known_since() RETURNS timestamptz LANGUAGE sql STABLE AS $b$
    SELECT greatest(%L::timestamptz, (SELECT max(now() - keep) FROM every_cell.retention_settings
      WHERE table_name IN ('former_attempts', 'inspection_events'))) $b$ $f$, now());
END
$$;
GRANT USAGE ON SCHEMA every_cell TO chip_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA every_cell TO chip_reader;
SELECT format('ALTER ROLE chip_reader IN DATABASE %I SET search_path = every_cell, public', current_database()) \gexec
-- Views of limited callers know only the tables of this database: such a caller is refused, not shown nothing.
REVOKE USAGE ON SCHEMA limited FROM chip_limited;
COMMIT;
