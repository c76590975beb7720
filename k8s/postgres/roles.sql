-- The owner and the roles of the services, in the database to use, as an administrator. Plain SQL, which may run again:
-- CloudNativePG runs it at the first start of a cluster, the job "accounts" of Compose before it sets the passwords.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['chip_migrator', 'chip_writer', 'chip_ingest', 'chip_api', 'chip_reader', 'chip_operator'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I', name);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN', name);
  END LOOP;
END $$;
-- CREATEROLE with ADMIN below: migrations set the limits of the services' roles, and of no others.
ALTER ROLE chip_migrator CREATEROLE;
GRANT chip_writer, chip_ingest, chip_api, chip_reader, chip_operator TO chip_migrator WITH ADMIN TRUE, INHERIT FALSE, SET TRUE;
-- To see the state of the server, and to end the loads of a writer that is gone.
GRANT pg_monitor, pg_signal_backend TO chip_migrator;
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I OWNER TO chip_migrator', current_database());
END $$;
