-- The passwords of the owner and of the roles of the services, for servers without CloudNativePG, after k8s/postgres/roles.sql:
--   psql --file=k8s/postgres/roles.sql --file=tools/deploy/accounts.sql
-- As an administrator, in the target database, before the first migration; again to change passwords. They come from the
-- environment, because every user of the machine can read arguments.
\set ON_ERROR_STOP on
\set migrator_password ''
\set writer_password ''
\set ingest_password ''
\set api_password ''
\set reader_password ''
\set operator_password ''
\getenv migrator_password MIGRATOR_PASSWORD
\getenv writer_password WRITER_PASSWORD
\getenv ingest_password INGEST_PASSWORD
\getenv api_password API_PASSWORD
\getenv reader_password READER_PASSWORD
\getenv operator_password OPERATOR_PASSWORD
SELECT '' IN (:'migrator_password', :'writer_password', :'ingest_password', :'api_password', :'reader_password', :'operator_password') AS incomplete \gset
\if :incomplete
  DO $$BEGIN RAISE EXCEPTION 'MIGRATOR_PASSWORD, WRITER_PASSWORD, INGEST_PASSWORD, API_PASSWORD, READER_PASSWORD and OPERATOR_PASSWORD must be set'; END$$;
\endif

-- Repeated runs should be quiet.
SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

BEGIN;
ALTER ROLE chip_migrator PASSWORD :'migrator_password';
ALTER ROLE chip_writer PASSWORD :'writer_password';
ALTER ROLE chip_ingest PASSWORD :'ingest_password';
ALTER ROLE chip_api PASSWORD :'api_password';
ALTER ROLE chip_reader PASSWORD :'reader_password';
ALTER ROLE chip_operator PASSWORD :'operator_password';
COMMIT;
