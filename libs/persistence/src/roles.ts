import type { Client } from 'pg';

/**
 * Settings are attached to roles, not sent at connect: PgBouncer in transaction mode refuses start-up parameters it does
 * not track, and a session `SET` would leak to another client.
 */
const ROLE_SETTINGS: Record<string, Record<string, string>> = {
  // DDL waits behind running queries and everything else waits behind it: give up soon, migrate() tries again.
  chip_migrator: { lock_timeout: '5s' },
  // No statement_timeout: it does nothing while COPY waits for its client, and would only kill a slow merge half-way.
  chip_writer: { lock_timeout: '10s', idle_in_transaction_session_timeout: '60s' },
  // Ingest goes on without the database: what it asks is answered soon or not needed.
  chip_ingest: { statement_timeout: '5s', lock_timeout: '2s', idle_in_transaction_session_timeout: '10s' },
  chip_api: { statement_timeout: '30s', lock_timeout: '5s', idle_in_transaction_session_timeout: '60s' },
  chip_reader: { statement_timeout: '30s', lock_timeout: '5s', idle_in_transaction_session_timeout: '60s' },
};
const ROLES = Object.keys(ROLE_SETTINGS);

/** Tables a role may change, with the privileges beyond SELECT. Whatever is not named here is read-only. */
const WRITES: Record<string, Record<string, string>> = {
  chip_writer: {
    'INSERT, UPDATE':
      'lots, wafers, parts, inspections, inspection_attempts, stream_positions, stream_gaps, maintenance_runs',
    INSERT: 'defects, measurements, system_metrics',
    'INSERT, DELETE': 'inspection_events, metrics_delta, yield_delta',
    'INSERT, UPDATE, DELETE': 'metrics_hourly_base, metrics_daily_base, metrics_late, yield_daily_base',
  },
  chip_ingest: { 'INSERT, UPDATE': 'ingest_partitions' },
  chip_api: { 'INSERT, UPDATE': 'lots, parts, inspections', INSERT: 'reports, parameters' },
};
/** Tables a role may read, where it may not read all. */
const READS: Record<string, string> = {
  chip_ingest: 'retention_settings, ingest_partitions, ingest_decisions, schema_migrations',
};
const EXECUTES: Record<string, string[]> = {
  chip_writer: [
    'init_position',
    'move_position',
    'take_partition',
    'skip_gap',
    'fold_metrics',
    'fold_yield',
    'apply_retention',
    'refresh_daily_inspection_summary',
    'end_stuck_copies',
    'append_audit',
  ],
  chip_api: ['append_audit', 'audit_entry_hash', 'verify_audit'],
  chip_reader: ['audit_entry_hash', 'verify_audit'],
};

/**
 * Creates the roles where they are missing, and gives each exactly what it needs in this database. Run after every
 * migration; changes nothing the second time. Without CREATEROLE, roles that a database administrator made are used, and
 * those that do not exist are named in the answer.
 */
export async function applyRoles(client: Pick<Client, 'query'>): Promise<{ missing: string[]; notSet: string[] }> {
  const missing: string[] = [];
  const notSet: string[] = [];
  const { rows: present } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')`,
  );
  const tables = new Set(present.map((row) => row.name));
  await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const functions = await ownFunctions(client);
  // Everybody may execute a new function, and some of ours act with their owner's rights.
  for (const { signature } of functions) await client.query(`REVOKE EXECUTE ON ROUTINE ${signature} FROM PUBLIC`);
  for (const role of ROLES) {
    if (!(await createRole(client, role))) {
      missing.push(role);
      continue;
    }
    await client.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
    // An older schema, on the way to this one, does not have all of them yet.
    const reads = READS[role]?.split(', ').filter((table) => tables.has(table));
    if (reads?.length !== 0) {
      await client.query(`GRANT SELECT ON ${reads?.join(', ') ?? 'ALL TABLES IN SCHEMA public'} TO ${role}`);
    }
    for (const [privileges, list] of Object.entries(WRITES[role] ?? {})) {
      // The base tables of the roll-ups exist on one edition only.
      const existing = list.split(', ').filter((table) => tables.has(table));
      if (existing.length > 0) await client.query(`GRANT ${privileges} ON ${existing.join(', ')} TO ${role}`);
    }
    for (const { name, signature } of functions)
      if (EXECUTES[role]?.includes(name)) await client.query(`GRANT EXECUTE ON ROUTINE ${signature} TO ${role}`);
    if (!(await applySettings(client, role))) notSet.push(role);
  }
  return { missing, notSet };
}

async function createRole(client: Pick<Client, 'query'>, role: string): Promise<boolean> {
  const exists = async (): Promise<boolean> =>
    (await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).rows.length > 0;
  if (await exists()) return true;
  const { rows } = await client.query<{ may: boolean }>(
    'SELECT rolcreaterole OR rolsuper AS may FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.may) return false;
  try {
    await client.query(`CREATE ROLE ${role} NOLOGIN`);
  } catch (error) {
    // Roles belong to the whole server: another database's migration may have been first.
    if (!(await exists())) throw error;
  }
  return true;
}

/** Our own functions; those of extensions stay as their extension made them. */
async function ownFunctions(client: Pick<Client, 'query'>): Promise<{ name: string; signature: string }[]> {
  const { rows } = await client.query<{ name: string; signature: string }>(
    `SELECT proname AS name, oid::regprocedure::text AS signature FROM pg_proc AS p
     WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
       SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')`,
  );
  return rows;
}

/** @returns false when the migrating role may not alter that role (it was made by somebody else) */
async function applySettings(client: Pick<Client, 'query'>, role: string): Promise<boolean> {
  const { rows } = await client.query<{ database: string }>('SELECT quote_ident(current_database()) AS database');
  const settings = { jit: 'off', timezone: 'UTC', ...ROLE_SETTINGS[role] };
  for (const [name, value] of Object.entries(settings)) {
    try {
      await client.query(`ALTER ROLE ${role} IN DATABASE ${rows[0]?.database} SET ${name} = '${value}'`);
    } catch (error) {
      if ((error as { code?: string }).code === '42501') return false;
      throw error;
    }
  }
  return true;
}
