/** The pool below MikroORM. */
import {
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { connectionOptions, freshClient } from './database-url.ts';
import { type DatabaseOptions, refuseReplica } from './database.ts';

/**
 * Kysely releases a connection only after a successful ROLLBACK, and never after a failed BEGIN: each connection lost
 * that way would cost a place of the pool permanently, and closing the pool would wait for it indefinitely.
 */
class ForgivingDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    try {
      await super.beginTransaction(connection, settings);
    } catch (error) {
      await this.releaseConnection(connection as Parameters<PostgresDriver['releaseConnection']>[0]);
      throw error;
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A failed ROLLBACK means that the connection and its transaction are gone; node-postgres closes dead connections.
    await super.rollbackTransaction(connection).catch(() => undefined);
  }
}

class ForgivingDialect extends PostgresDialect {
  constructor(private readonly config: PostgresDialectConfig) {
    super(config);
  }

  override createDriver(): PostgresDriver {
    return new ForgivingDriver(this.config);
  }
}

/** The pool below MikroORM. */
export function ormDialect(
  options: Pick<DatabaseOptions, 'url' | 'applicationName' | 'max' | 'queryTimeoutMs'> & {
    /** Sent at connect: for direct connections only, since PgBouncer would refuse it. */
    lockTimeoutMs?: number;
    /** Settings of every session: for direct connections only, since PgBouncer would pass them to other clients. */
    settings?: Readonly<Record<string, string>>;
  },
): PostgresDialect {
  const types = new pg.TypeOverrides();
  const { TIMESTAMPTZ } = pg.types.builtins;
  // As the server's text, for the entities' own type.
  types.setTypeParser(TIMESTAMPTZ, (text) => text);
  const pool = new pg.Pool({
    ...connectionOptions(options.url),
    Client: freshClient(options.url),
    application_name: options.applicationName,
    max: options.max ?? 5,
    connectionTimeoutMillis: 10_000,
    // Only in this mode does node-postgres close the connection of a statement that takes longer.
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs, pipeline: true }),
    ...(options.lockTimeoutMs === undefined ? {} : { lock_timeout: options.lockTimeoutMs }),
    keepAlive: true,
    types,
    onConnect: async (client) => {
      // Kysely closes no connection because of a statement's error, and every caller of MikroORM is about to write.
      await refuseReplica(client);
      for (const [name, value] of Object.entries(options.settings ?? {})) {
        await client.query('SELECT set_config($1, $2, false)', [name, value]);
      }
    },
  });
  // As in Database: without listeners, a connection that the server closes ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new ForgivingDialect({ pool });
}
