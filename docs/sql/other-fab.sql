-- Reads another fab's yield in this fab's database (postgres_fdw). Nothing is copied; each question travels to the other
-- database, with its filters and sums where PostgreSQL can push them.
--
--   psql "$ADMIN_DATABASE_URL" -v fab=fab_b -v host=db.fab-b.example -v port=5432 -v database=chip_quality \
--     -v password='the password of chip_reader there' -f other-fab.sql
--
-- Run once per other fab, by a superuser (only one may create the extension); again after the password changed.
\set ON_ERROR_STOP on
BEGIN;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
DROP SERVER IF EXISTS :"fab" CASCADE;
CREATE SERVER :"fab" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
  host :'host', port :'port', dbname :'database',
  -- The other fab's planner knows its tables, this one does not.
  use_remote_estimate 'true', fetch_size '10000',
  -- A fab that is away fails the question soon, instead of holding it.
  connect_timeout '5', updatable 'false');
-- Everybody here reads there as chip_reader, who can do nothing else.
CREATE USER MAPPING FOR PUBLIC SERVER :"fab" OPTIONS (user 'chip_reader', password :'password');
CREATE SCHEMA IF NOT EXISTS :"fab";
IMPORT FOREIGN SCHEMA public LIMIT TO (lots, yield_daily) FROM SERVER :"fab" INTO :"fab";
GRANT USAGE ON SCHEMA :"fab" TO chip_api, chip_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA :"fab" TO chip_api, chip_reader;
COMMIT;

-- Both fabs in one answer:
--   SELECT 'here' AS fab, day, sum(units) AS units, sum(passed) AS passed FROM yield_daily GROUP BY day
--   UNION ALL
--   SELECT 'fab_b', day, sum(units), sum(passed) FROM fab_b.yield_daily GROUP BY day;
