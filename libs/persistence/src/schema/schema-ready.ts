/** Checks that a database has the schema of this version. */
import { AppError } from '@chip/service';
import type { Queryable } from '../connection/database.ts';
import { refuseOtherEdition } from './convert-edition.ts';
import { MIGRATIONS } from './migrations/index.ts';

/** The schema is older than this code needs. */
export class SchemaOutdatedError extends AppError {
  readonly code = 'schema_outdated';
  readonly retriable = false;
}

/** The newest migration, which this code requires. */
export const REQUIRED_SCHEMA_VERSION = (MIGRATIONS.at(-1) as (typeof MIGRATIONS)[number]).name;

/**
 * The start-up check of every service. A newer schema is fine: migrations only add, so services and schema can be
 * rolled out one after the other.
 *
 * @throws SchemaOutdatedError, EditionError, DatabaseError
 */
export async function schemaReady(database: Queryable): Promise<void> {
  const advice = 'run `npm run db -- migrate`';
  const [table] = await database.query<{ present: boolean }>(
    `SELECT to_regclass('public.schema_migrations') IS NOT NULL AS present`,
  );
  if (!table?.present) {
    throw new SchemaOutdatedError(`The database has no schema yet: ${advice}.`);
  }
  const applied = new Set(
    (await database.query<{ name: string }>('SELECT name FROM schema_migrations')).map((row) => row.name),
  );
  const missing = MIGRATIONS.map(({ name }) => name).filter((name) => !applied.has(name));
  if (missing.length > 0) {
    throw new SchemaOutdatedError(`The database schema lacks ${missing.join(', ')}: ${advice}.`);
  }
  await refuseOtherEdition(database);
}
