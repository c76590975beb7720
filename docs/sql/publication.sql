-- Lets downstream services follow the results by logical replication: each change arrives there within a second, in the
-- order of its transaction. Needs wal_level = logical on this server.
--
--   psql "$ADMIN_DATABASE_URL" -v password='a new password' -f publication.sql
--
-- Only what is named here leaves the database; machine metadata does not. Hypertables are not published: their rows live
-- in chunks that come and go (read telemetry from its topic instead).
\set ON_ERROR_STOP on
BEGIN;
CREATE PUBLICATION chip_results FOR TABLE
  lots (id, site, lot_id),
  inspections (id, lot_id, chip_id, inspection_type, status, result, occurred_at, completed_at, equipment_id, product)
  -- Retention here is no event there.
  WITH (publish = 'insert, update');
CREATE ROLE chip_replica LOGIN REPLICATION PASSWORD :'password';
-- For the first copy.
GRANT USAGE ON SCHEMA public TO chip_replica;
GRANT SELECT ON lots, inspections TO chip_replica;
COMMIT;

-- A subscriber that stays away keeps this server's WAL: watch pg_replication_slots, and set max_slot_wal_keep_size.
