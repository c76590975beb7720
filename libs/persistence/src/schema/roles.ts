/** The database's roles: their settings, and what each may do. */
import type { Client } from 'pg';
import type { Role } from './declarations.ts';
import { FUNCTIONS, TABLES } from './declared.ts';

/**
 * Settings belong to roles and are not sent at connect: PgBouncer in transaction mode refuses start-up parameters that
 * it does not track, and a session `SET` would leak to another client.
 */
const ROLE_SETTINGS: Record<Role | 'chip_migrator', Record<string, string>> = {
  // DDL waits behind running queries, and everything else waits behind DDL: give up soon; migrate() retries.
  chip_migrator: { lock_timeout: '5s' },
  // Without statement_timeout: it has no effect while COPY waits for its client, and would only kill a slow merge
  // half-way.
  chip_writer: { lock_timeout: '10s', idle_in_transaction_session_timeout: '60s' },
  // Ingest works without the database: its queries are answered soon or not needed.
  chip_ingest: { statement_timeout: '5s', lock_timeout: '2s', idle_in_transaction_session_timeout: '10s' },
  chip_api: { statement_timeout: '30s', lock_timeout: '5s', idle_in_transaction_session_timeout: '60s' },
  chip_reader: { statement_timeout: '30s', lock_timeout: '5s', idle_in_transaction_session_timeout: '60s' },
  // Its commands wait for the lock of a position that is being moved. They walk the audit trail, whatever its length.
  chip_operator: { lock_timeout: '10s', idle_in_transaction_session_timeout: '60s' },
};
/** Services read values as text, which settings of the server must not round or reformat. */
const EVERY_ROLE = {
  jit: 'off',
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
};
/** Most of the server's `max_connections` that a role may hold: whatever reads, loading finds the rest. */
const CONNECTION_SHARES: Partial<Record<Role | 'chip_migrator', number>> = { chip_api: 1 / 2, chip_reader: 1 / 8 };
const ROLES = Object.keys(ROLE_SETTINGS) as (keyof typeof ROLE_SETTINGS)[];
const PRIVILEGES = ['select', 'insert', 'update', 'delete'] as const;

/**
 * Creates missing roles, and applies their rights and settings. Runs after every migration; a second run changes nothing.
 * Without CREATEROLE it uses roles that a database administrator made, and returns the names of missing ones.
 */
export async function applyRoles(client: Pick<Client, 'query'>): Promise<{ missing: string[]; notSet: string[] }> {
  const missing: string[] = [];
  const notSet: string[] = [];
  for (const role of ROLES) {
    if (!(await createRole(client, role))) {
      missing.push(role);
    }
  }
  await applyRights(client);
  for (const role of ROLES.filter((name) => !missing.includes(name))) {
    if (!(await applySettings(client, role)) || !(await applyConnectionLimit(client, role))) {
      notSet.push(role);
    }
  }
  if (!missing.includes('chip_writer') && !(await allowTemporaryTables(client, 'chip_writer'))) {
    notSet.push('chip_writer');
  }
  return { missing, notSet: [...new Set(notSet)] };
}

/**
 * Gives each role that exists exactly what the migrations declare for it in this database: revokes what is no longer
 * declared. Takes nothing but ownership, so that it may be part of a transaction, which the first refusal would end.
 */
export async function applyRights(client: Pick<Client, 'query'>): Promise<void> {
  await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const functions = await ownFunctions(client);
  // By default everyone may execute a new function, and some of ours act with their owner's rights.
  for (const { signature } of functions) {
    await client.query(`REVOKE EXECUTE ON ROUTINE ${signature} FROM PUBLIC`);
  }
  const { rows } = await client.query<{ role: (typeof ROLES)[number] }>(
    // In one order: PostgreSQL keeps the grants of an object, and pg_dump shows them, as they were given.
    'SELECT rolname AS role FROM pg_roles WHERE rolname = ANY ($1) ORDER BY array_position($1::text[], rolname::text)',
    [ROLES],
  );
  for (const { role } of rows) {
    await client.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
    // The owner's rights come from ownership.
    if (role !== 'chip_migrator') {
      await applyTableRights(client, role);
      await applyFunctionRights(client, role, functions);
    }
  }
}

/** Applies only differences: on a hypertable each change goes through all chunks. */
async function applyTableRights(client: Pick<Client, 'query'>, role: Role): Promise<void> {
  const { rows } = await client.query<{ name: string; held: string[] }>(
    `SELECT format('%I', relname) AS name, ARRAY(
       SELECT privilege_type::text FROM aclexplode(relacl) WHERE grantee = $1::regrole) AS held
     FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')`,
    [role],
  );
  for (const { name, held } of rows) {
    const rights = PRIVILEGES.filter((privilege) => TABLES[name]?.[privilege]?.includes(role)).map((privilege) =>
      privilege.toUpperCase(),
    );
    const added = rights.filter((privilege) => !held.includes(privilege));
    const dropped = held.filter((privilege) => !rights.includes(privilege));
    if (dropped.length > 0) {
      await client.query(`REVOKE ${dropped.join(', ')} ON ${name} FROM ${role}`);
    }
    if (added.length > 0) {
      await client.query(`GRANT ${added.join(', ')} ON ${name} TO ${role}`);
    }
  }
}

async function applyFunctionRights(
  client: Pick<Client, 'query'>,
  role: Role,
  functions: readonly { name: string; signature: string }[],
): Promise<void> {
  const { rows } = await client.query<{ signature: string }>(
    `SELECT oid::regprocedure::text AS signature FROM pg_proc, aclexplode(proacl) AS held
     WHERE pronamespace = 'public'::regnamespace AND held.grantee = $1::regrole`,
    [role],
  );
  const held = new Set(rows.map(({ signature }) => signature));
  for (const { name, signature } of functions) {
    const isWanted = FUNCTIONS[name]?.includes(role) ?? false;
    if (isWanted && !held.has(signature)) {
      await client.query(`GRANT EXECUTE ON ROUTINE ${signature} TO ${role}`);
    }
    if (!isWanted && held.has(signature)) {
      await client.query(`REVOKE EXECUTE ON ROUTINE ${signature} FROM ${role}`);
    }
  }
}

async function createRole(client: Pick<Client, 'query'>, role: string): Promise<boolean> {
  const exists = async (): Promise<boolean> =>
    (await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).rows.length > 0;
  if (await exists()) {
    return true;
  }
  const { rows } = await client.query<{ may: boolean }>(
    'SELECT rolcreaterole OR rolsuper AS may FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.may) {
    return false;
  }
  try {
    await client.query(`CREATE ROLE ${role} NOLOGIN`);
  } catch (error) {
    // Roles belong to the whole server: another database's migration may have been first.
    if (!(await exists())) {
      throw error;
    }
  }
  return true;
}

/** Our own functions; those of extensions keep their rights. */
async function ownFunctions(client: Pick<Client, 'query'>): Promise<{ name: string; signature: string }[]> {
  const { rows } = await client.query<{ name: string; signature: string }>(
    `SELECT proname AS name, oid::regprocedure::text AS signature FROM pg_proc AS p
     WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
       SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')`,
  );
  return rows;
}

/**
 * By default every role may create them; a hardened server revokes that from PUBLIC. Loading stages its events in one.
 *
 * @returns false if the migrating role does not own the database
 */
async function allowTemporaryTables(client: Pick<Client, 'query'>, role: (typeof ROLES)[number]): Promise<boolean> {
  const { rows } = await client.query<{ database: string }>('SELECT quote_ident(current_database()) AS database');
  return isAllowed(client.query(`GRANT TEMPORARY ON DATABASE ${rows[0]?.database} TO ${role}`));
}

/** @returns false if PostgreSQL denies it for lack of a right */
async function isAllowed(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '42501') {
      return false;
    }
    throw error;
  }
}

/** @returns false if the migrating role may not alter that role (someone else created it) */
async function applySettings(client: Pick<Client, 'query'>, role: (typeof ROLES)[number]): Promise<boolean> {
  const { rows } = await client.query<{ database: string }>('SELECT quote_ident(current_database()) AS database');
  const settings = { ...EVERY_ROLE, ...ROLE_SETTINGS[role] };
  for (const [name, value] of Object.entries(settings)) {
    if (
      !(await isAllowed(client.query(`ALTER ROLE ${role} IN DATABASE ${rows[0]?.database} SET ${name} = '${value}'`)))
    ) {
      return false;
    }
  }
  return true;
}

/** Changes only what differs: roles belong to the whole server, where migrations of other databases do the same. */
async function applyConnectionLimit(client: Pick<Client, 'query'>, role: (typeof ROLES)[number]): Promise<boolean> {
  const share = CONNECTION_SHARES[role];
  const missing = async (): Promise<number | undefined> => {
    const { rows } = await client.query<{ wanted: number }>(
      `SELECT wanted FROM pg_roles, greatest(1, floor(current_setting('max_connections')::int * $2::float8)::int) AS wanted
       WHERE rolname = $1 AND rolconnlimit <> wanted`,
      [role, share],
    );
    return rows[0]?.wanted;
  };
  const wanted = share === undefined ? undefined : await missing();
  try {
    if (wanted !== undefined) {
      await client.query(`ALTER ROLE ${role} CONNECTION LIMIT ${wanted}`);
    }
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '42501') {
      return false;
    }
    if ((await missing()) === undefined) {
      return true;
    }
    throw error;
  }
}
