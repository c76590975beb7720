import {
  CommitUnknownError,
  DatabaseError,
  readAsOf,
  type AsOf,
  type Database,
  type Queryable,
  type SqlParameter,
} from '@chip/persistence';
import { DeadlineExceededError } from '@chip/service';
import { Problem } from './problem.error.ts';

/** Reads for answers: one snapshot each, under the statement time-out of this service. */
export class Snapshots {
  constructor(
    private readonly database: Database,
    private readonly statementTimeoutMs: number,
    private readonly maxStreams: number,
  ) {}

  #streams = 0;

  /** Runs `question` in one read-only snapshot. @throws Problem 503 when the database is away, slow or busy */
  async read<T>(question: (snapshot: Queryable) => Promise<T>): Promise<T> {
    try {
      return await this.database.withSnapshot(async (snapshot) => {
        // Local to the transaction, so PgBouncer may give the session to anybody afterwards.
        await snapshot.query(`SELECT set_config('statement_timeout', $1, true)`, [`${this.statementTimeoutMs}ms`]);
        return question(snapshot);
      });
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** As `read`, with `as_of`: the positions that this very snapshot sees. */
  answer<T extends object>(question: (snapshot: Queryable) => Promise<T>): Promise<{ as_of: AsOf } & T> {
    return this.read(async (snapshot) => ({ as_of: await readAsOf(snapshot), ...(await question(snapshot)) }));
  }

  /**
   * Rows of a long answer in batches, from one snapshot. An export holds a connection as long as its reader takes, so
   * only a few run at a time.
   *
   * @throws Problem 503, before the first batch or in the middle
   */
  async *stream<Row extends object>(text: string, values: readonly SqlParameter[]): AsyncGenerator<Row[]> {
    if (this.#streams >= this.maxStreams)
      throw new Problem(503, 'overloaded', `${this.maxStreams} exports are running: try again`);
    this.#streams++;
    try {
      yield* this.database.stream<Row>(text, values);
    } catch (error) {
      throw this.translated(error);
    } finally {
      this.#streams--;
    }
  }

  /** A database that is away, slow or busy as a Problem 503; any other error as it is. */
  translated(error: unknown): unknown {
    // What a retry gave up on says no more than the failure that it gave up on.
    if (error instanceof DeadlineExceededError) return this.translated(error.cause);
    if (error instanceof CommitUnknownError)
      return new Problem(
        503,
        'database_unavailable',
        'the database was lost at the last moment: look whether it was done',
        [],
        error,
      );
    if (!(error instanceof DatabaseError) || error.kind !== 'transient') return error;
    if (error.sqlstate === '57014')
      return new Problem(
        503,
        'query_timeout',
        `no answer within ${this.statementTimeoutMs} ms: ask for less`,
        [],
        error,
      );
    const { idle, total, max } = this.database.connections;
    if (error.sqlstate === '' && idle === 0 && total >= max)
      return new Problem(503, 'overloaded', 'all database connections are in use: try again', [], error);
    return new Problem(503, 'database_unavailable', 'the database does not answer: try again', [], error);
  }
}

/** Reads of what a request has just written: a replica may not have it yet. */
export class PrimarySnapshots extends Snapshots {}
