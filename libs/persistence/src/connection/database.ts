/** The connection pool for everything except the load. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionOptions, freshClient } from './database-url.ts';
import { CommitUnknownError, DatabaseError, toDatabaseError, TransactionFailedError } from './database-error.ts';
import { pgTypes, textTypes } from './pg-values.ts';

/** Parameters of a statement; arrays become PostgreSQL arrays, objects JSON. */
export type SqlParameter = string | number | bigint | boolean | null | Date | Buffer | object | readonly SqlParameter[];

/** Settings of one transaction, by name, in the order in which they take effect. */
export type LocalSettings = readonly (readonly [name: string, value: string])[];

/** Values that mean the same in SET, which needs no plan, as in set_config; a list of schemas does not. */
const PLAIN_VALUE = /^[0-9]+(ms)?$/;

/** Begins a snapshot and applies settings to it, in one round trip. */
function beginSnapshot(settings: LocalSettings): string {
  const set = settings.map(([name, value]) =>
    PLAIN_VALUE.test(value)
      ? `SET LOCAL ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`
      : `SELECT set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...set].join('; ');
}

/** Else the server computes a batch to its end before it notices that nobody waits for it any more. */
const CLIENT_CHECK = ['client_connection_check_interval', '1000ms'] as const;

/** Closes a connection without waiting for what runs on it, as `end` of a client that sends statements ahead does. */
function cutOff(client: pg.PoolClient): void {
  (client as pg.PoolClient & Pick<pg.Client, 'connection'>).connection.stream.destroy();
}

/** Anything that runs a statement: the pool, one transaction, the writer's session. */
export interface Queryable {
  /**
   * @param text SQL with `$1`, `$2` … for the parameters
   * @returns the rows
   * @throws DatabaseError
   */
  query<T extends object>(text: string, parameters?: readonly SqlParameter[]): Promise<T[]>;
}

/** The values of a row in the order of its columns: see `textTypes`. */
export type TextRow = readonly (string | null)[];

interface StreamOptions {
  readonly batchSize?: number;
  readonly settings?: LocalSettings;
  /** Ends the answer at once, also while the database still computes it. */
  readonly signal?: AbortSignal | undefined;
}

export interface DatabaseOptions {
  /**
   * One host. Use the name that always leads to the primary (or to a replica, for reads). The pool resolves it for
   * every new connection and drops a connection that leads to a demoted primary (25006), so it follows a failover
   * without a restart. Lists of hosts are refused: node-postgres does not support them.
   */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Maximum of connections; further callers wait. Default 10. */
  max?: number;
  /** Limit for waiting for a connection, from the pool or from the server. Default 10 s. */
  connectTimeoutMs?: number;
  /** Unused connections are closed after this. Default 30 s. */
  idleTimeoutMs?: number;
  /** Connections are replaced after this, so that load moves to servers that joined later. Default 1 h. */
  maxLifetimeS?: number;
  /**
   * A statement that takes longer fails as `transient`, and its connection is closed. Default: only the server's limit.
   */
  queryTimeoutMs?: number;
  /** Called for connections that broke while idle. The pool replaces them. */
  onIdleError?: (error: Error) => void;
}

/** The transaction had failed before the statement. */
const isNotRun = (error: unknown): boolean => error instanceof DatabaseError && error.sqlstate === '25P02';

/** A pool of connections. Safe behind PgBouncer in transaction mode: unnamed statements, no session state, no start-up settings. */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#pool = new pg.Pool({
      ...connectionOptions(options.url),
      Client: freshClient(options.url),
      application_name: options.applicationName,
      max: options.max ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      idleTimeoutMillis: options.idleTimeoutMs ?? 30_000,
      maxLifetimeSeconds: options.maxLifetimeS ?? 3600,
      ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: pgTypes,
      // Sends statements that do not wait for one another in one go.
      pipeline: true,
    });
    // Without listeners, a connection that the server closes ends the process. One listener is for idle connections;
    // the other is for those in use between two statements, whose next statement then fails.
    this.#pool.on('error', (error) => options.onIdleError?.(error));
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Connections by use. If `waiting` stays above zero, `max` is too small or statements are too slow. */
  get connections(): { total: number; idle: number; waiting: number; max: number } {
    const { totalCount, idleCount, waitingCount, options } = this.#pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount, max: options.max ?? 10 };
  }

  async query<T extends object>(text: string, parameters?: readonly SqlParameter[]): Promise<T[]> {
    return this.#withClient((client) => run<T>(client, text, parameters));
  }

  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it throws, always releases the
   * connection.
   *
   * @throws DatabaseError, or whatever `work` throws
   */
  async withTransaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    return this.#withClient(async (client) => {
      await run(client, 'BEGIN');
      let result: T;
      try {
        result = await work({ query: (text, parameters) => run(client, text, parameters) });
      } catch (error) {
        // If even ROLLBACK fails, the connection and its transaction are gone: report the first error.
        await run(client, 'ROLLBACK').catch(() => undefined);
        throw error;
      }
      await commit(client, 'COMMIT');
      return result;
    });
  }

  /**
   * A read-only transaction in which every statement sees the same snapshot, for answers that carry `as_of`. Its first
   * statements leave together with its begin; those that `work` starts without waiting, with one another.
   *
   * @param settings that hold in it only
   * @param restMs for how long the connection then stays out of use, given the milliseconds that the transaction took
   */
  async withSnapshot<T>(
    work: (transaction: Queryable) => Promise<T>,
    settings: LocalSettings = [],
    restMs: (tookMs: number) => number = () => 0,
  ): Promise<T> {
    const client = await this.#connect();
    const beganAt = performance.now();
    const begun = run(client, beginSnapshot(settings)).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    let result: T;
    let first: unknown;
    try {
      result = await work({
        query: <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
          run<Row>(client, text, parameters).catch((error: unknown) => {
            first ??= error;
            throw error;
          }),
      });
      // Whatever was read without these settings is not answered.
      const failure = await begun;
      if (failure) {
        throw failure.error;
      }
    } catch (error) {
      // Why it did not begin, or what failed first, says more than that a statement sent behind it was not run.
      const cause = (await begun)?.error ?? (isNotRun(error) ? first : error);
      await this.#giveUp(client, cause);
      throw cause;
    }
    // Nothing was written, so the answer does not wait for the end of the transaction; only the connection does.
    run(client, 'COMMIT')
      .then(() => {
        const rest = restMs(performance.now() - beganAt);
        return rest > 0 ? sleep(rest) : undefined;
      })
      .then(
        () => client.release(),
        () => client.release(true),
      );
    return result;
  }

  /**
   * Rows of a long answer, `batchSize` at a time through a cursor, in one snapshot. Leaving the loop early frees the
   * connection. `settings` hold in its transaction only.
   */
  stream<T extends object>(
    text: string,
    parameters?: readonly SqlParameter[],
    options: StreamOptions = {},
  ): AsyncGenerator<T[]> {
    return this.#stream<T>(text, parameters, options, {});
  }

  /** As `stream`, for answers of millions of rows: without the cost of an object for each row and of parsing its values. */
  streamTexts(
    text: string,
    parameters?: readonly SqlParameter[],
    options: StreamOptions = {},
  ): AsyncGenerator<TextRow[]> {
    return this.#stream<TextRow>(text, parameters, options, { rowMode: 'array', types: textTypes });
  }

  async *#stream<T extends object>(
    text: string,
    parameters: readonly SqlParameter[] | undefined,
    { batchSize = 1000, settings = [], signal }: StreamOptions,
    mode: { rowMode?: 'array'; types?: pg.CustomTypesConfig },
  ): AsyncGenerator<T[]> {
    const client = await this.#connect();
    const cut = (): void => cutOff(client);
    let failure: unknown = true;
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', cut);
      await run(client, beginSnapshot([...settings, CLIENT_CHECK]));
      await run(client, `DECLARE answer NO SCROLL CURSOR FOR ${text}`, parameters);
      const fetch = { text: `FETCH ${batchSize} FROM answer`, ...mode };
      let next = run<T>(client, fetch);
      for (let isLast = false; !isLast;) {
        const rows = await next;
        isLast = rows.length < batchSize;
        if (!isLast) {
          // The database computes the next batch while the caller uses this one.
          next = run<T>(client, fetch);
          // Nobody waits for it if the caller stops here.
          next.catch(() => undefined);
        }
        if (rows.length > 0) {
          yield rows;
        }
      }
      await run(client, 'COMMIT');
      failure = undefined;
    } finally {
      signal?.removeEventListener('abort', cut);
      // After an early exit or a failure the transaction is still open, and a fetch may run.
      if (failure !== undefined) {
        cut();
      }
      client.release(failure !== undefined);
    }
  }

  /** Waits for running statements and closes every connection. */
  async close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    await this.#closed;
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Rolls back, and keeps the connection if that leaves it as good as new. */
  async #giveUp(client: pg.PoolClient, error: unknown): Promise<void> {
    await run(client, 'ROLLBACK').catch(() => undefined);
    const { connectionLost } = error as { connectionLost?: unknown };
    client.release(client.getTransactionStatus() !== 'I' || connectionLost === true);
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let broken = true;
    try {
      const result = await work(client);
      broken = false;
      return result;
    } catch (error) {
      // After an ordinary error, a session outside any transaction is as good as new.
      broken = client.getTransactionStatus() !== 'I' || (error as { connectionLost?: unknown }).connectionLost === true;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/**
 * Ends a transaction with `statements`, the last of which is COMMIT.
 *
 * @throws CommitUnknownError when the connection was lost before the answer
 * @throws DatabaseError when the server refused: nothing was committed
 */
export async function commit(client: pg.ClientBase, statements: string): Promise<void> {
  let results: pg.QueryResult | pg.QueryResult[];
  try {
    results = (await client.query(statements)) as pg.QueryResult | pg.QueryResult[];
  } catch (cause) {
    const error = toDatabaseError(cause);
    const unknown = error instanceof DatabaseError && (error.sqlstate === '' || error.connectionLost);
    throw unknown ? new CommitUnknownError(error) : error;
  }
  const last = Array.isArray(results) ? results.at(-1) : results;
  // After a failed statement, COMMIT succeeds with the tag ROLLBACK.
  if (last?.command !== 'COMMIT') {
    throw new TransactionFailedError('COMMIT rolled back: an earlier statement of the transaction had failed.');
  }
}

/**
 * Refuses a replica on a connection that is meant to write: a pool that keeps such a connection would never resolve its
 * name again. One check is enough: a primary becomes a replica only by a restart, which ends its connections.
 *
 * @throws DatabaseError 25006, as any write on this connection would
 */
export async function refuseReplica(client: pg.ClientBase): Promise<void> {
  const [row] = await run<{ replica: boolean }>(client, 'SELECT pg_is_in_recovery() AS replica');
  if (row?.replica) {
    throw new DatabaseError(
      'The database is a replica: it accepts no writes until it is promoted.',
      { kind: 'transient', sqlstate: '25006', connectionLost: true },
      undefined,
    );
  }
}

async function run<T extends object>(
  client: pg.ClientBase,
  statement: string | pg.QueryConfig,
  parameters?: readonly SqlParameter[],
): Promise<T[]> {
  try {
    const result = await client.query<T & pg.QueryResultRow>(statement, parameters as unknown[] | undefined);
    return result.rows;
  } catch (error) {
    throw toDatabaseError(error);
  }
}
