-- Makes another fab's yield readable in this fab's database (postgres_fdw). Nothing is copied: each query runs in the
-- other database, including the filters and sums that PostgreSQL can push down.
--
--   psql "$ADMIN_DATABASE_URL" -v fab=fab_b -v host=db.fab-b.example -v port=5432 -v database=chip_quality \
--     -v password='the password of chip_reader there' -f other-fab.sql
--
-- Run it once per other fab as a superuser (only a superuser may create the extension), and again after a change of
-- the password.
\set ON_ERROR_STOP on
BEGIN;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
DROP SERVER IF EXISTS :"fab" CASCADE;
CREATE SERVER :"fab" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
  host :'host', port :'port', dbname :'database',
  -- The other fab's planner knows its tables; this one does not.
  use_remote_estimate 'true', fetch_size '10000',
  -- An unreachable fab fails the query within seconds instead of blocking it.
  connect_timeout '5', updatable 'false');
-- Every role of this database connects there as chip_reader, which can only read.
CREATE USER MAPPING FOR PUBLIC SERVER :"fab" OPTIONS (user 'chip_reader', password :'password');
CREATE SCHEMA IF NOT EXISTS :"fab";
IMPORT FOREIGN SCHEMA public LIMIT TO (lots, yield_daily) FROM SERVER :"fab" INTO :"fab";
GRANT USAGE ON SCHEMA :"fab" TO chip_api, chip_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA :"fab" TO chip_api, chip_reader;
COMMIT;

-- Both fabs in one result:
--   SELECT 'here' AS fab, day, sum(units) AS units, sum(passed) AS passed FROM yield_daily GROUP BY day
--   UNION ALL
--   SELECT 'fab_b', day, sum(units), sum(passed) FROM fab_b.yield_daily GROUP BY day;
