import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Every migration is an entry of the audit trail, in the transaction that records it as applied: neither exists without
 * the other. Earlier migrations predate the trail: what they left is entered once, with the time of each.
 *
 */
export class MigrationsOnRecord extends SchemaMigration {
  static override readonly tables: Tables = {
    schema_migrations: { select: [...READERS, 'chip_ingest', 'chip_operator'] },
  };
  override name = '0014-migrations-on-record';

  override up(): void {
    const entry = (row: string, actor: string, reason: string): string =>
      `append_audit('schema', ${actor}, 'schema.migrate', 'migration:' || ${row}.name, ${reason},
    (SELECT to_jsonb(max(before.name)) FROM schema_migrations AS before WHERE before.name < ${row}.name),
    jsonb_build_object('version', ${row}.name, 'applied_at', ${row}.executed_at))`;
    const setting = (name: string, otherwise: string): string =>
      `coalesce(nullif(current_setting('chip_quality.${name}', true), ''), ${otherwise})`;
    const actor = setting('actor', 'session_user');
    const reason = setting('reason', `'not given'`);
    this.addSql(`
CREATE FUNCTION record_migration() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ${entry('NEW', actor, reason)};
  RETURN NULL;
END $$;
COMMENT ON FUNCTION record_migration IS 'Who migrates, and why, comes from the settings chip_quality.actor and chip_quality.reason of the session, which migrate() sets.';
CREATE TRIGGER on_record AFTER INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION record_migration();

-- What this session applied just now is its doing; the rest was applied earlier, by somebody.
SELECT ${entry('m', `CASE WHEN ours THEN ${actor} ELSE 'unknown' END`, `CASE WHEN ours THEN ${reason} ELSE 'applied before migrations were on record' END`)}
FROM (
  SELECT name, executed_at, coalesce(executed_at >= (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), false) AS ours
  FROM schema_migrations ORDER BY name
) AS m;
`);
  }
}
