/** Brings a database to the schema of this version. Only this part and the repositories load MikroORM. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { AppError } from '@chip/service';
import pg from 'pg';
import { refuseOtherEdition } from './convert-edition.ts';
import { DatabaseError, driverError, toDatabaseError } from '../connection/database-error.ts';
import { connectionOptions, databaseName } from '../connection/database-url.ts';
import type { Queryable } from '../connection/database.ts';
import { applyKeyRights, applyLimitedViews, LIMITED_ROLE } from './limited-views.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { applyMonitoringViews } from './monitoring-views.ts';
import { ormDialect } from '../connection/orm-dialect.ts';
import { applyRoles } from './roles.ts';

/** The server lacks what the schema needs; the message says what to do. */
export class DatabaseUnsupportedError extends AppError {
  readonly code = 'database_unsupported';
  readonly retriable = false;
}

/** The database once held the schema and no longer does. */
export class SchemaLostError extends AppError {
  readonly code = 'schema_lost';
  readonly retriable = false;
}

const MIN_SERVER_VERSION = 150_000;
/** An arbitrary constant, the same in every version. */
const MIGRATION_LOCK = 727_471_001;
/** How long each migration waits for locks held by running queries, in steps of the lock_timeout. */
const LOCK_BUDGET_MS = 120_000;

export interface MigrateOptions {
  /** Called with one line per step. */
  log?: (line: string) => void;
  /** Stop after the migration of this name, for tests of upgrades. */
  to?: string;
  /** Start from nothing even though this database once held the schema. */
  initialiseEmpty?: boolean;
  /** Who migrates, for the audit trail. Default: the role of the connection. */
  actor?: string;
  /** Why, for the audit trail. */
  reason?: string;
}

/**
 * Brings the database to the schema of this version. Safe to call repeatedly, from several processes at once (one
 * works, the others wait), and after an interruption. Needs a direct connection to the primary; PgBouncer in
 * transaction mode would lose the lock.
 *
 * @param databaseUrl of the owner
 * @throws DatabaseUnsupportedError, EditionError, SchemaLostError, DatabaseError
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<void> {
  const log = options.log ?? (() => undefined);
  const client = new pg.Client({
    ...connectionOptions(databaseUrl),
    application_name: 'chip-migrate',
    keepAlive: true,
  });
  let lockLost: Error | undefined;
  client.on('error', (error) => (lockLost = error));
  try {
    await client.connect();
    await checkServer(client);
    await takeLock(client, log);
    await refuseLostSchema(client, options.initialiseEmpty ?? false);
    await ensureExtension(client, log);
    await refuseOtherEdition(asQueryable(client));
    await runMigrations(databaseUrl, options, () => {
      if (lockLost) {
        throw lockLost;
      }
    });
    await markSchema(client);
    const { statementsMissing } = await applyMonitoringViews(client);
    if (statementsMissing) {
      log('pg_stat_statements is missing: slow_queries stays empty until a superuser creates it and you migrate again');
    }
    const { missing, notSet } = await applyRoles(client);
    await applyKeyRights(client);
    if (!(await applyLimitedViews(client))) {
      log(
        `role ${LIMITED_ROLE} is missing: API keys limited to sites or products stay refused until it exists and you migrate again`,
      );
    }
    for (const role of missing) {
      log(`role ${role} does not exist and this user may not create it: create it, then migrate again`);
    }
    for (const role of notSet) {
      log(`this user may not change the settings of role ${role}: they stay as they are`);
    }
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    // Ends the lock together with the session.
    await client.end().catch(() => undefined);
  }
}

const asQueryable = (client: pg.Client): Queryable => ({
  query: async <T extends object>(text: string) => (await client.query(text)).rows as T[],
});

/** Polls instead of waiting: a waiting statement holds a snapshot, for which CREATE INDEX CONCURRENTLY would wait. */
async function takeLock(client: pg.Client, log: (line: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.locked) {
      return;
    }
    if (attempt === 1) {
      log('another process is migrating this database: waiting for it');
    }
    await sleep(200);
  }
}

/** In the comment of the database, which outlives the schema and is lost only together with the whole database. */
const SCHEMA_MARK = '[chip-quality schema]';

async function markSchema(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; comment: string }>(
    `SELECT quote_ident(datname) AS name, coalesce(shobj_description(oid, 'pg_database'), '') AS comment
     FROM pg_database WHERE datname = current_database()`,
  );
  const { name, comment } = rows[0] ?? { name: '', comment: '' };
  if (comment.includes(SCHEMA_MARK)) {
    return;
  }
  await client.query(`COMMENT ON DATABASE ${name} IS ${client.escapeLiteral(`${comment} ${SCHEMA_MARK}`.trim())}`);
}

async function refuseLostSchema(client: pg.Client, initialiseEmpty: boolean): Promise<void> {
  const { rows } = await client.query<{ marked: boolean; recorded: boolean; tables: boolean }>(
    `SELECT coalesce(shobj_description(oid, 'pg_database'), '') LIKE $1 AS marked,
       to_regclass('public.schema_migrations') IS NOT NULL AS recorded, to_regclass('public.inspections') IS NOT NULL AS tables
     FROM pg_database WHERE datname = current_database()`,
    [`%${SCHEMA_MARK}%`],
  );
  const { marked, tables, ...found } = rows[0] ?? { marked: false, recorded: false, tables: false };
  // An empty record: an initialisation was interrupted before its first migration, so nothing is lost.
  const recorded =
    found.recorded && (await client.query('SELECT FROM public.schema_migrations LIMIT 1')).rows.length > 0;
  if (marked && !recorded && !tables && !initialiseEmpty) {
    throw new SchemaLostError(
      'This database once held the schema and its tables are gone. Restore it from a backup; if it is meant to start from nothing, migrate with --initialise-empty.',
    );
  }
  if (marked && recorded !== tables) {
    throw new SchemaLostError(
      'This database holds only a part of the schema (either the tables or the record of migrations is gone). Restore it from a backup.',
    );
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; text: string; replica: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS text, pg_is_in_recovery() AS replica`,
  );
  const server = rows[0];
  if (!server || server.version < MIN_SERVER_VERSION) {
    throw new DatabaseUnsupportedError(
      `PostgreSQL 15 or newer is needed; this server is ${server?.text ?? 'unknown'}.`,
    );
  }
  if (server.replica) {
    throw new DatabaseUnsupportedError(
      'This server is a read replica: migrate through the name that leads to the primary.',
    );
  }
}

async function ensureExtension(client: pg.Client, log: (line: string) => void): Promise<void> {
  const { rows } = await client.query<{ installed: string | null; available: string | null }>(
    `SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS installed,
            (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb') AS available`,
  );
  const { installed, available } = rows[0] ?? { installed: null, available: null };
  if (installed) {
    return;
  }
  if (!available) {
    throw new DatabaseUnsupportedError(
      'The server has no TimescaleDB. Install the package for its version (for example postgresql-17-timescaledb), set shared_preload_libraries = timescaledb and restart it.',
    );
  }
  log(`creating extension timescaledb ${available}`);
  try {
    await client.query('CREATE EXTENSION timescaledb');
  } catch (cause) {
    const error = toDatabaseError(cause);
    if (error.retriable) {
      throw error;
    }
    throw new DatabaseUnsupportedError(
      `Extension timescaledb ${available} is available but cannot be created: ${(cause as Error).message}. It needs shared_preload_libraries = timescaledb and a user who may create it (or an administrator who runs CREATE EXTENSION timescaledb once).`,
      { cause },
    );
  }
}

/** A migration as MikroORM's migrator runs it. */
const runnable = (migration: (typeof MIGRATIONS)[number]) => ({
  name: migration.name,
  class: class extends Migration {
    override name = migration.name;
    readonly #migration = new migration.class((statement) => this.execute(statement));

    override isTransactional(): boolean {
      return this.#migration.isTransactional();
    }

    override async up(): Promise<void> {
      for (const statement of await this.#migration.statements()) {
        this.addSql(statement);
      }
    }
  },
});

async function runMigrations(
  databaseUrl: string,
  { log = () => undefined, to, actor = '', reason = '', initialiseEmpty = false }: MigrateOptions,
  checkLock: () => void,
): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: databaseUrl,
    // The migrator puts this name between apostrophes without escaping it.
    dbName: databaseName(databaseUrl).replaceAll("'", "''"),
    // DDL that waits for a lock makes everything behind it wait as well: give up soon, and retry.
    driverOptions: ormDialect({
      url: databaseUrl,
      applicationName: 'chip-migrate',
      max: 1,
      lockTimeoutMs: 5000,
      // For the trigger that records every migration.
      settings: {
        'chip_quality.actor': actor,
        'chip_quality.reason': initialiseEmpty ? `${reason} (--initialise-empty)`.trim() : reason,
      },
    }),
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    migrations: {
      tableName: 'schema_migrations',
      migrationsList: MIGRATIONS.map(runnable),
      // A single transaction would forbid CONCURRENTLY and hold every lock to the end.
      allOrNothing: false,
      // Would need a superuser, and nothing here relies on it.
      disableForeignKeys: false,
      snapshot: false,
      silent: true,
    },
  });
  try {
    const migrator = orm.migrator;
    const pending = await migrator.getPending();
    if (pending.length === 0) {
      log('schema is up to date');
    }
    for (const { name } of pending) {
      checkLock();
      const startedAt = performance.now();
      const deadline = startedAt + LOCK_BUDGET_MS;
      for (;;) {
        try {
          await migrator.up({ migrations: [name] });
          break;
        } catch (cause) {
          const error = toDatabaseError(driverError(cause));
          const lockWait = error instanceof DatabaseError && (error.sqlstate === '55P03' || error.sqlstate === '40P01');
          if (!lockWait || performance.now() > deadline) {
            throw error;
          }
          log(`${name}: a table is in use, trying again`);
          await sleep(1000);
        }
      }
      log(`${name} (${Math.round(performance.now() - startedAt)} ms)`);
      if (name === to) {
        break;
      }
    }
  } finally {
    await orm.close(true);
  }
}
