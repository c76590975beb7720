import type { Functions } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Ends COPY sessions whose client is gone. */
export class StuckCopies extends SchemaMigration {
  static override readonly functions: Functions = {
    end_stuck_copies: ['chip_writer'],
  };
  override name = '0009-stuck-copies';

  override up(): void {
    this.addSql(`
CREATE FUNCTION end_stuck_copies(p_after interval DEFAULT '60 seconds') RETURNS bigint
LANGUAGE sql AS $$
  SELECT count(*) FROM (
    SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
      AND query ILIKE 'COPY %FROM STDIN%' AND state = 'active' AND wait_event = 'ClientRead' AND query_start < now() - p_after
  ) AS sessions WHERE ended
$$;
COMMENT ON FUNCTION end_stuck_copies IS 'Ends the caller''s own sessions that have waited in a COPY for their client: no time-out and no cancel of the server reaches them, and they would hold their locks until TCP gives up.';
`);
  }
}
