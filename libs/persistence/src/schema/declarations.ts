/** What a migration declares about the tables and functions that it creates, in addition to their SQL. */

/** Roles that work in the database. `chip_migrator` owns everything and needs no grant. */
export type Role = 'chip_writer' | 'chip_ingest' | 'chip_api' | 'chip_reader' | 'chip_operator';

/** Every account, and the writer, which merges, folds and deletes. */
export const READERS: readonly Role[] = ['chip_reader', 'chip_api', 'chip_writer'];
/** Every account except the writer, which has no use for who did what, and why. */
export const ACCOUNTS: readonly Role[] = ['chip_reader', 'chip_api'];

/** Rows to delete once they exceed the setting of their table, through a function that the migration creates. */
export interface RowRetention {
  /** How long rows are kept by default, as PostgreSQL writes an interval; null = indefinitely. */
  readonly keep: string | null;
  /** The time that decides a row's age. */
  readonly column: string;
  /** Column with the id of the row's lot, for legal holds. Without it, any hold keeps every row. */
  readonly lotColumn?: string;
}

export interface TableDeclaration {
  readonly select: readonly Role[];
  readonly insert?: readonly Role[];
  readonly update?: readonly Role[];
  readonly delete?: readonly Role[];
  readonly retention?: {
    /** How often the upkeep looks for old rows. */
    readonly everyMs: number;
    /** Absent if `apply_retention` knows the table. */
    readonly rows?: RowRetention;
  };
}

/**
 * Tables and views of schema public by name. Their creator declares who reads them: without a grant only the owner
 * does.
 */
export type Tables = Readonly<Record<string, TableDeclaration>>;

/** Functions of schema public by name, and who may call them. */
export type Functions = Readonly<Record<string, readonly Role[]>>;

/** The function that deletes old rows of a table with {@link RowRetention}. */
export const retentionFunction = (table: string): string => `retain_${table}`;

/** Creates {@link retentionFunction} and the setting of `table`. */
export const retentionSql = (table: string, rows: RowRetention): string => `
INSERT INTO retention_settings (table_name, keep) VALUES ('${table}', ${rows.keep === null ? 'NULL' : `'${rows.keep}'`});
${deletionSql('CREATE', table, rows)}`;

/** {@link retentionFunction}: like `apply_retention`, it blocks new holds meanwhile, and records what it deletes. */
export const deletionSql = (
  create: 'CREATE' | 'CREATE OR REPLACE',
  table: string,
  { column, lotColumn }: RowRetention,
): string => `
${create} FUNCTION ${retentionFunction(table)}(p_limit integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  cutoff timestamptz;
  removed bigint;
BEGIN
  SELECT now() - keep INTO cutoff FROM retention_settings WHERE table_name = '${table}';
  IF cutoff IS NULL THEN RETURN 0; END IF;
  LOCK TABLE legal_holds IN SHARE MODE;
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT t.ctid FROM ${table} AS t WHERE t.${column} < cutoff
    AND NOT EXISTS (SELECT FROM legal_holds AS h${lotColumn === undefined ? '' : ` WHERE h.lot_id = t.${lotColumn}`}) LIMIT p_limit));
  GET DIAGNOSTICS removed = ROW_COUNT;
  IF removed > 0 THEN
    INSERT INTO retention_deletions AS kept (table_name, day, rows, older_than)
    VALUES ('${table}', (now() AT TIME ZONE 'UTC')::date, removed, cutoff)
    ON CONFLICT (table_name, day) DO UPDATE SET rows = kept.rows + excluded.rows, older_than = greatest(kept.older_than, excluded.older_than);
  END IF;
  RETURN removed;
END $$;
`;

/**
 * Gives the roles of a table the same rights on the view that takes over its former name: from this commit on, not only
 * after the roles are applied, because services of the version before are at work.
 */
export const grantAlike = (table: string, view: string): string => `
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT grantee::regrole AS role, privilege_type AS privilege FROM pg_class, aclexplode(relacl)
    WHERE oid = '${table}'::regclass AND grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT %s ON ${view} TO %s', held.privilege, held.role);
  END LOOP;
END $$;
`;
