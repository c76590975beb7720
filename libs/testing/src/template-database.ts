/** A migrated database on the test server that the databases of suites are copies of. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** An arbitrary constant: held shared while a template is copied, alone while it is made. */
const TEMPLATE_LOCK = 727_471_003;
/**
 * Made by the local stack in the database postgres. A template in use cannot be copied, and TimescaleDB's scheduler
 * keeps a session in every database, which only a superuser may end.
 */
const END_SESSIONS = 'public.end_sessions_of_test_template';

/** Its comment, rights and settings, which a copy does not have. Migrating once more would give them, at ten times the cost. */
const ofTheDatabaseItself = (template: string, name: string): string => `DO $$
  DECLARE one record;
  BEGIN
    FOR one IN
      SELECT format('COMMENT ON DATABASE ${name} IS %L', shobj_description(oid, 'pg_database')) AS statement
        FROM pg_database WHERE datname = '${template}'
      UNION ALL
      SELECT format('GRANT %s ON DATABASE ${name} TO %I', privilege_type, grantee::regrole)
        FROM pg_database, aclexplode(datacl) WHERE datname = '${template}' AND grantee <> 0 AND grantee <> datdba
      UNION ALL
      SELECT format('ALTER ROLE %I IN DATABASE ${name} SET %I = %L', setrole::regrole, split_part(setting, '=', 1), split_part(setting, '=', 2))
        FROM pg_db_role_setting, unnest(setconfig) AS setting
       WHERE setrole <> 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = '${template}')
    LOOP
      EXECUTE one.statement;
    END LOOP;
  END $$`;

/** Of the template, for as long as this process has these migrations loaded. */
let nameOfTemplate: string | undefined;

/** Of what the migrations are made of: a server may outlive a change of them. */
function templateName(): string {
  const libs = path.resolve(import.meta.dirname, '../..');
  const hash = createHash('sha1');
  for (const file of globSync(['persistence/src/**/*.ts', 'contracts/src/**/*.ts', 'testing/src/template-*.ts'], {
    cwd: libs,
  }).sort()) {
    hash.update(file).update(readFileSync(path.join(libs, file)));
  }
  return `chip_test_template_${hash.digest('hex').slice(0, 12)}`;
}

/**
 * Creates `name` as a copy of the template, which is made on first use.
 *
 * @param client as the owner, in the database postgres
 * @param migrate gives an empty database of a name its schema
 * @returns false if the server is not of the local stack: it has no way to make a template
 */
async function copyTemplate(
  client: pg.Client,
  name: string,
  migrate: (database: string) => Promise<unknown>,
): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>('SELECT to_regprocedure($1) IS NOT NULL AS known', [
    `${END_SESSIONS}(text)`,
  ]);
  if (!rows[0]?.known) {
    return false;
  }
  const template = (nameOfTemplate ??= templateName());
  try {
    await client.query('SELECT pg_advisory_lock_shared($1)', [TEMPLATE_LOCK]);
    if (!(await isReady(client, template))) {
      await client.query('SELECT pg_advisory_unlock_shared($1)', [TEMPLATE_LOCK]);
      await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
      // Another suite may have made it in between.
      if (!(await isReady(client, template))) {
        await makeTemplate(client, template, migrate);
      }
    }
    // Through the log: the other way, which copies files, waits for two checkpoints of the server.
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY wal_log`);
    await client.query(ofTheDatabaseItself(template, name));
  } finally {
    await client.query('SELECT pg_advisory_unlock_all()');
  }
  return true;
}

/**
 * What a database without the schema is a copy of: on the local stack of template1, which holds the extensions, as the
 * database of the stack itself is. To create them takes a quarter of the time of all migrations.
 */
async function emptyTemplate(client: pg.Client): Promise<string> {
  // Elsewhere others may be connected to template1, and a template in use cannot be copied.
  return (await isReady(client, 'template1')) ? 'template1' : 'template0';
}

/** Refusing connections is the last step of making it. */
async function isReady(client: pg.Client, template: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn', [
    template,
  ]);
  return rowCount === 1;
}

async function makeTemplate(
  client: pg.Client,
  template: string,
  migrate: (database: string) => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname LIKE 'chip\\_test\\_template\\_%'`,
  );
  for (const { name } of rows) {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
  await client.query(`CREATE DATABASE ${template} TEMPLATE ${await emptyTemplate(client)}`);
  await migrate(template);
  await client.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
  await client.query(`SELECT ${END_SESSIONS}($1)`, [template]);
}

/**
 * Creates a database with the schema on the server of `serverUrl`. On the local stack it is a copy of a database that is
 * migrated once, which takes a tenth of the time.
 *
 * @param serverUrl of the owner
 * @param migrate gives the empty database at a URL its schema
 */
export async function createMigratedDatabase(
  serverUrl: string,
  name: string,
  migrate: (url: string) => Promise<unknown>,
): Promise<void> {
  const migrateNamed = (database: string): Promise<unknown> => migrate(withDatabase(serverUrl, database));
  let isMigrated = false;
  await onServer(serverUrl, async (client) => {
    isMigrated = await copyTemplate(client, name, migrateNamed);
    if (!isMigrated) {
      await createEmpty(client, name);
    }
  });
  if (!isMigrated) {
    await migrateNamed(name);
  }
}

/** Creates a database without a schema. */
export const createEmptyDatabase = (serverUrl: string, name: string): Promise<void> =>
  onServer(serverUrl, (client) => createEmpty(client, name));

/** Drops a database along with any connection that is left. */
export const dropDatabase = (serverUrl: string, name: string): Promise<void> =>
  onServer(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));

const createEmpty = async (client: pg.Client, name: string): Promise<unknown> =>
  client.query(`CREATE DATABASE "${name}" TEMPLATE ${await emptyTemplate(client)}`);

/** @returns `url` with another database name */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** TimescaleDB's background workers come and go in every database: 55006 (object in use) is transient. */
async function onServer(serverUrl: string, change: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(serverUrl, 'postgres') });
  await client.connect();
  try {
    const deadline = performance.now() + 30_000;
    for (;;) {
      try {
        await change(client);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== '55006' || performance.now() > deadline) {
          throw error;
        }
        await sleep(100);
      }
    }
  } finally {
    await client.end();
  }
}
