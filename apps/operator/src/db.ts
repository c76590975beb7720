import { Database, migrate, readStatus, schemaReady, type DatabaseStatus } from '@chip/persistence';
import { Command } from 'commander';
import { environmentVariable, runCommand } from './command.ts';

/** The owner's URL, and the primary itself: migrations do not work through PgBouncer. */
const databaseUrl = (): string => environmentVariable('DATABASE_URL');

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url: databaseUrl(), applicationName: 'chip-db', max: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const program = new Command('db').description(
  'The database: schema, state and upkeep. Reads DATABASE_URL (the owner).',
);

program
  .command('migrate')
  .description('bring the schema to this version; safe to repeat, also after an interruption')
  .action(() => migrate(databaseUrl(), { log: console.log }));

program
  .command('check')
  .description('exit 0 when the schema is what this version needs')
  .action(async () => {
    await withDatabase(schemaReady);
    console.log('schema is up to date');
  });

program
  .command('status')
  .description('edition, versions, hypertables, jobs with their last run, invalid indexes, bloat')
  .option('--json', 'as one JSON object')
  .action(async (options: { json?: boolean }) => {
    const status = await withDatabase(async (database) => {
      await schemaReady(database);
      return readStatus(database);
    });
    console.log(options.json ? JSON.stringify(status, null, 2) : formatStatus(status));
  });

function formatStatus(status: DatabaseStatus): string {
  const { info } = status;
  const lines = [
    `schema       ${info.schema_version}, migrated ${info.migrated_at}`,
    `server       PostgreSQL ${info.postgresql_version}, TimescaleDB ${info.timescaledb_version} (${info.edition} edition)`,
    ...status.hypertables.map(
      (table) =>
        `hypertable   ${table.name}: ${table.chunks} chunks of ${table.chunk_interval}, ${(table.bytes / 2 ** 20).toFixed(1)} MiB`,
    ),
    ...status.jobs.map(
      (job) =>
        `job          ${job.what}, every ${job.schedule}: last run ${job.last_run ?? 'never'} ${job.last_status ?? ''}`,
    ),
    ...status.invalidIndexes.map((name) => `INVALID      index ${name}: drop it, then migrate again`),
    ...status.bloat.map(
      (table) =>
        `bloat        ${table.name}: ${table.dead_rows} dead of ${table.dead_rows + table.live_rows} rows, last autovacuum ${table.last_autovacuum ?? 'never'}`,
    ),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

await runCommand(program);
