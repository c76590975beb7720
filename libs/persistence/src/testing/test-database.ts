/** A migrated database of one test suite. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Database } from '../connection/database.ts';
import { migrate } from '../schema/migrate.ts';
import { copyTemplate, emptyTemplate } from './template-database.ts';

/** A migrated database of one suite. */
export interface TestDatabase {
  /** As the owner. */
  readonly url: string;
  readonly name: string;
  readonly database: Database;
  /** Closes the pool and drops the database, along with any connection that is left. */
  drop(): Promise<void>;
}

/**
 * Creates a database with a random name on the server of `DATABASE_URL` and migrates it. On the local stack it is a copy of a
 * database that is migrated once, which takes a tenth of the time.
 *
 * @param options.empty without a schema, for tests of the migrations themselves
 */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = process.env['DATABASE_URL'];
  if (!serverUrl) {
    throw new Error('DATABASE_URL is not set: integration tests need the PostgreSQL server it names');
  }
  const name = `chip_test_${randomBytes(6).toString('hex')}`;
  const url = withDatabase(serverUrl, name);
  let isMigrated = false;
  await onServer(serverUrl, async (client) => {
    isMigrated = !options.empty && (await copyTemplate(client, name, (other) => withDatabase(serverUrl, other)));
    if (!isMigrated) {
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${await emptyTemplate(client)}`);
    }
  });
  if (!options.empty && !isMigrated) {
    await migrate(url);
  }
  const database = new Database({ url, applicationName: 'chip-test' });
  return {
    url,
    name,
    database,
    drop: async () => {
      await database.close();
      await onServer(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

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
