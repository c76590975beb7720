/** The writer's own connection, one per partition. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CommitUnknownError, DatabaseError, toDatabaseError } from './database-error.ts';
import { connectionOptions } from './database-url.ts';
import { commit, type Queryable, refuseReplica, type SqlParameter } from './database.ts';
import { pgTypes } from './pg-values.ts';

export interface LoadSessionOptions {
  /** The primary itself. Never PgBouncer, which would give a stuck COPY's server session to another client. */
  url: string;
  applicationName: string;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /**
   * Maximum time of a statement, a COPY or a commit before the connection is cut. No server setting can end a COPY that
   * waits for its client. Default 60 s.
   */
  deadlineMs?: number;
}

/** How a flush moves a position; see the function `move_position`. Offsets and counts are BigInt or decimal text. */
export interface PositionMove {
  topic: string;
  partition: number;
  expected: bigint;
  next: bigint;
  /** RFC 3339; null when the flush held no record. */
  appendTime: string | null;
  acceptedOffset: bigint;
  /** Null = unknown. */
  highWatermark: bigint | null;
  records: bigint;
  elements: bigint;
  applied: bigint;
  deadLettered: bigint;
  duplicates: bigint;
  rowsWritten: bigint;
}

/**
 * The writer's own connection for one partition, directly to the primary. One flush is
 *
 * 1. `begin()`
 * 2. `copy(…)` and `query(…)`, as often as needed
 * 3. `commitMove(…)`: compare-and-set of the position and COMMIT, in one message
 *
 * with `rollback()` after any failure. Guarantees: the rows of a flush are in the database if and only if its position
 * moved; a flush whose position someone else moved leaves nothing behind; between the move and the commit the client
 * cannot fall asleep with the row locked.
 *
 * After an error with `connectionLost`, a {@link CommitUnknownError} or a deadline, the session is `dead`: open
 * another.
 */
export class LoadSession implements Queryable {
  /** Identifies the server session exactly: a pid alone may be reused. */
  readonly backend: { pid: number; startedAt: string };
  readonly #client: pg.Client;
  readonly #deadlineMs: number;
  #dead: Error | undefined;
  #isTimedOut = false;

  private constructor(client: pg.Client, backend: { pid: number; startedAt: string }, deadlineMs: number) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.backend = backend;
    client.on('error', (error) => (this.#dead ??= error));
    client.on('end', () => (this.#dead ??= new Error('Connection terminated')));
  }

  /** @throws DatabaseError; `transient` when the server cannot be reached or is a replica */
  static async open(options: LoadSessionOptions): Promise<LoadSession> {
    const client = new pg.Client({
      ...connectionOptions(options.url),
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: pgTypes,
    });
    // Until the session has its own listener: an error without one would end the process.
    client.on('error', () => undefined);
    const deadlineMs = options.deadlineMs ?? 60_000;
    // Without a limit, a server that accepts the connection and stays silent would block this call indefinitely.
    const timer = setTimeout(
      () => destroy(client, new Error('Connection terminated: no answer at its start')),
      Math.min(deadlineMs, 2 * (options.connectTimeoutMs ?? 10_000)),
    );
    try {
      await client.connect();
      await refuseReplica(client);
      const { rows } = await client.query<{ pid: number; startedAt: string }>(
        'SELECT pid, backend_start AS "startedAt" FROM pg_stat_activity WHERE pid = pg_backend_pid()',
      );
      return new LoadSession(client, rows[0]!, deadlineMs);
    } catch (error) {
      client.end().catch(() => undefined);
      throw toDatabaseError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the connection is lost; a dead session fails every call. */
  get dead(): boolean {
    return this.#dead !== undefined;
  }

  /** Whether the connection was cut because something exceeded the deadline. */
  get isTimedOut(): boolean {
    return this.#isTimedOut;
  }

  /**
   * Cuts the connection, whatever runs on it: the server rolls back an open transaction. Safe at any moment, because
   * the position says whether an interrupted COMMIT took effect.
   */
  cut(): void {
    this.#cut(new Error('Connection terminated: given up'));
  }

  /** Becomes the owner of a partition and ends the previous owner's session. @returns whether one was ended */
  async takePartition(topic: string, partition: number, owner: string): Promise<boolean> {
    const rows = await this.query<{ terminated: boolean }>('SELECT take_partition($1, $2, $3) AS terminated', [
      topic,
      partition,
      owner,
    ]);
    return rows[0]?.terminated ?? false;
  }

  /** Starts the transaction of a flush. */
  async begin(): Promise<void> {
    await this.query('BEGIN');
  }

  /** @throws DatabaseError */
  async query<T extends object>(text: string, parameters?: readonly SqlParameter[]): Promise<T[]> {
    return this.#withDeadline(async () => {
      const { rows } = await this.#client.query<T & pg.QueryResultRow>(text, parameters as unknown[] | undefined);
      return rows;
    });
  }

  /**
   * COPY in text format. Returns once the server has taken the rows (still inside the transaction). A failed COPY
   * leaves the session usable after {@link rollback}.
   *
   * @param table a table of schema public
   * @param chunks COPY text, cut anywhere; their concatenation is copied
   * @returns rows copied
   * @throws DatabaseError; with `kind` data and `copyLine` when a row is at fault
   */
  async copy(table: string, columns: readonly string[], chunks: Iterable<Buffer>): Promise<number> {
    const names = columns.map((column) => this.#client.escapeIdentifier(column)).join(', ');
    const text = `COPY ${this.#client.escapeIdentifier(table)} (${names}) FROM STDIN`;
    return this.#withDeadline(async () => {
      const copy = this.#client.query(copyFrom(text));
      await pipeline(Readable.from(chunks, { objectMode: false }), copy);
      return copy.rowCount;
    });
  }

  /**
   * Moves the position and commits in one message: an error in the move skips the COMMIT after it.
   *
   * @throws DatabaseError `position_conflict` when someone else moved it (nothing is committed; call `rollback`)
   * @throws CommitUnknownError when the connection was lost before the answer
   */
  async commitMove(move: PositionMove): Promise<void> {
    // A simple-query message takes no parameters: this is the only place that builds SQL from values. Only two of them
    // are text, and those are escaped.
    const literal = (text: string): string => this.#client.escapeLiteral(text);
    const number = (value: bigint | null): string => (value === null ? 'NULL' : BigInt(value).toString());
    const values = [
      literal(move.topic),
      number(BigInt(move.partition)),
      number(move.expected),
      number(move.next),
      move.appendTime === null ? 'NULL' : `${literal(move.appendTime)}::timestamptz`,
      number(move.acceptedOffset),
      number(move.highWatermark),
      number(move.records),
      number(move.elements),
      number(move.applied),
      number(move.deadLettered),
      number(move.duplicates),
      number(move.rowsWritten),
    ];
    await this.#withDeadline(() => commit(this.#client, `SELECT move_position(${values.join(', ')}); COMMIT`));
  }

  /** Ends the transaction without effects; harmless if none is open. */
  async rollback(): Promise<void> {
    await this.query('ROLLBACK');
  }

  /** Closes the connection; an open transaction is rolled back. Never throws. */
  async close(): Promise<void> {
    if (this.dead) {
      this.#cut(new Error('Connection terminated: closed'));
    }
    await Promise.race([
      this.#client.end().catch(() => undefined),
      // A server that does not answer must not hold up the shutdown.
      new Promise<void>((resolve) => setTimeout(resolve, 2000).unref()),
    ]);
    this.#cut(new Error('Connection terminated: closed'));
  }

  #cut(reason: Error): void {
    this.#dead ??= reason;
    destroy(this.#client);
  }

  async #withDeadline<T>(work: () => Promise<T>): Promise<T> {
    if (this.#dead) {
      throw toDatabaseError(this.#dead);
    }
    // Cutting the socket makes node-postgres fail whatever is running.
    const timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.#cut(new Error('Connection terminated: deadline'));
    }, this.#deadlineMs);
    try {
      return await work();
    } catch (error) {
      const translated = toDatabaseError(error);
      // node-postgres may report the end of the socket a moment later; nothing may use this session in between.
      if (
        translated instanceof CommitUnknownError ||
        (translated instanceof DatabaseError && translated.connectionLost)
      ) {
        this.#cut(translated);
      }
      throw translated;
    } finally {
      clearTimeout(timer);
    }
  }
}

function destroy(client: pg.Client, reason?: Error): void {
  (client as unknown as { connection: { stream: { destroy(error?: Error): void } } }).connection.stream.destroy(reason);
}
