-- Subscribes the database of a downstream service to publication.sql (plain PostgreSQL is enough).
--
--   psql "$DOWNSTREAM_DATABASE_URL" -v host=db.fab-a.example -v port=5432 -v database=chip_quality \
--     -v password='the password of chip_replica' -f subscription.sql
--
-- With -v failover=on the subscription survives a failover of the other end: its standby keeps the slot in step
-- (docs/disaster-recovery.md). Both ends need PostgreSQL 17 for that.
\set ON_ERROR_STOP on
CREATE TABLE lots (id uuid PRIMARY KEY, site text NOT NULL, lot_id text NOT NULL);
CREATE TABLE inspections (
  id uuid PRIMARY KEY, lot_id uuid NOT NULL, chip_id text NOT NULL, inspection_type text NOT NULL, status text NOT NULL,
  result text, occurred_at timestamptz, completed_at timestamptz, equipment_id text, product text);
-- Not in a transaction, because it creates the replication slot on the publisher.
SELECT format('host=%s port=%s dbname=%s user=chip_replica password=%L', :'host', :'port', :'database', :'password') AS conninfo \gset
\if :{?failover}
  CREATE SUBSCRIPTION chip_results CONNECTION :'conninfo' PUBLICATION chip_results WITH (failover = :'failover');
\else
  CREATE SUBSCRIPTION chip_results CONNECTION :'conninfo' PUBLICATION chip_results;
\endif
