/** A migrated database of one test suite. */
import { randomBytes } from 'node:crypto';
import { createEmptyDatabase, createMigratedDatabase, dropDatabase, withDatabase } from '@chip/testing';
import { Database } from '../connection/database.ts';
import { migrate } from '../schema/migrate.ts';

export { withDatabase };

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
 * Creates a database with a random name on the server of `DATABASE_URL` and migrates it.
 *
 * @param options.empty without a schema, for tests of the migrations themselves
 * @param options.suffix of the name of an empty one
 */
export async function createTestDatabase(options: { empty?: boolean; suffix?: string } = {}): Promise<TestDatabase> {
  const serverUrl = process.env['DATABASE_URL'];
  if (!serverUrl) {
    throw new Error('DATABASE_URL is not set: integration tests need the PostgreSQL server it names');
  }
  const name = `chip_test_${randomBytes(6).toString('hex')}${options.suffix ?? ''}`;
  const url = withDatabase(serverUrl, name);
  await (options.empty
    ? createEmptyDatabase(serverUrl, name)
    : createMigratedDatabase(serverUrl, name, (empty) => migrate(empty)));
  const database = new Database({ url, applicationName: 'chip-test' });
  return {
    url,
    name,
    database,
    drop: async () => {
      await database.close();
      await dropDatabase(serverUrl, name);
    },
  };
}
