-- Publishes the results to downstream services by logical replication: each change arrives within a second, in commit
-- order. Requires wal_level = logical on this server.
--
--   psql "$ADMIN_DATABASE_URL" -v password='a new password' -f publication.sql
--
-- Only the columns listed here leave the database; machine metadata does not. Hypertables are not published, because
-- their rows are in chunks that come and go: consume telemetry from its topic instead.
\set ON_ERROR_STOP on
BEGIN;
CREATE PUBLICATION chip_results FOR TABLE
  lots (id, site, lot_id),
  inspections (id, lot_id, chip_id, inspection_type, status, result, occurred_at, completed_at, equipment_id, product)
  -- Rows that retention deletes here stay at the subscriber.
  WITH (publish = 'insert, update');
CREATE ROLE chip_replica LOGIN REPLICATION PASSWORD :'password';
-- For the initial copy: the same columns.
GRANT USAGE ON SCHEMA public TO chip_replica;
GRANT SELECT (id, site, lot_id) ON lots TO chip_replica;
GRANT SELECT (id, lot_id, chip_id, inspection_type, status, result, occurred_at, completed_at, equipment_id, product)
  ON inspections TO chip_replica;
COMMIT;

-- The slot of a disconnected subscriber retains WAL on this server: monitor pg_replication_slots, and set
-- max_slot_wal_keep_size.
