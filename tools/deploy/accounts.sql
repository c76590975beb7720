-- What only an administrator of the server can do for chip-quality: extensions, the owner, and the roles of the services
-- with their passwords. Run it with psql in the target database before the first migration, and again to change passwords.
-- Passwords come from the environment, because every user of the machine can read arguments.
\set ON_ERROR_STOP on
\set migrator_password ''
\set writer_password ''
\set ingest_password ''
\set api_password ''
\set reader_password ''
\getenv migrator_password MIGRATOR_PASSWORD
\getenv writer_password WRITER_PASSWORD
\getenv ingest_password INGEST_PASSWORD
\getenv api_password API_PASSWORD
\getenv reader_password READER_PASSWORD
SELECT '' IN (:'migrator_password', :'writer_password', :'ingest_password', :'api_password', :'reader_password') AS incomplete \gset
\if :incomplete
  DO $$BEGIN RAISE EXCEPTION 'MIGRATOR_PASSWORD, WRITER_PASSWORD, INGEST_PASSWORD, API_PASSWORD and READER_PASSWORD must be set'; END$$;
\endif

-- Repeated runs should be quiet.
SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

BEGIN;
SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['chip_migrator', 'chip_writer', 'chip_ingest', 'chip_api', 'chip_reader']) AS name
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) \gexec

-- CREATEROLE with ADMIN below: migrations set the limits of the services' roles, and of no others.
ALTER ROLE chip_migrator LOGIN CREATEROLE PASSWORD :'migrator_password';
ALTER ROLE chip_writer LOGIN PASSWORD :'writer_password';
ALTER ROLE chip_ingest LOGIN PASSWORD :'ingest_password';
ALTER ROLE chip_api LOGIN PASSWORD :'api_password';
ALTER ROLE chip_reader LOGIN PASSWORD :'reader_password';
GRANT chip_writer, chip_ingest, chip_api, chip_reader TO chip_migrator WITH ADMIN TRUE, INHERIT FALSE, SET TRUE;
-- To see the state of the server, and to end the loads of a writer that is gone.
GRANT pg_monitor, pg_signal_backend TO chip_migrator;
ALTER DATABASE :"DBNAME" OWNER TO chip_migrator;
COMMIT;
