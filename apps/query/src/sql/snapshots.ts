import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CommitUnknownError,
  DatabaseError,
  LIMIT_SETTINGS,
  LIMITED_ROLE,
  LIMITED_SEARCH_PATH,
  readAsOf,
  type AsOf,
  Database,
  type Queryable,
  type SqlParameter,
} from '@chip/persistence';
import { CONFIG, DeadlineExceededError } from '@chip/service';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, currentRequest, isLimited } from '../access/caller.ts';
import { Slots } from './slots.ts';
import { Problem } from '../http/problem.error.ts';
import { CONNECT_TIMEOUT_MS, type QueryConfig, WRITE_CONNECTIONS } from '../query.config.ts';
import { PrimaryDatabase } from '../primary-database.ts';

type SnapshotSettings = Pick<QueryConfig, 'QUERY_TIMEOUT_MS' | 'DATABASE_POOL_MAX'>;

/** Share of the connections for statistics; lists and single items always find one of the others. */
const STATISTICS_SHARE = 0.6;
/** Share of the connections for exports, which hold theirs for as long as the reader takes. */
const STREAMS_SHARE = 0.25;

/** SQLSTATE when a replica has ended a read that stood in the way of its replay: the next one sees a newer snapshot. */
const REPLAY_CONFLICT = '40001';
const isReplayConflict = (error: unknown): boolean =>
  error instanceof DatabaseError && error.sqlstate === REPLAY_CONFLICT;

/** SQLSTATE when the role of a limited caller may not read a table. */
const DENIED = '42501';
const notForLimited = (error: unknown): Problem =>
  new Problem(
    403,
    'forbidden',
    'the answer does not belong to a site or product, so a limited caller cannot have it',
    [],
    error,
  );

/** Settings of one transaction: the time-out of this service, and the limits of its caller (see `limited-views.ts`). */
function settingsOf(caller: Caller, statementTimeoutMs: number): readonly (readonly [string, string])[] {
  const limit = (names: readonly string[] | null): string => (names === null ? '*' : JSON.stringify(names));
  return [
    ['statement_timeout', `${statementTimeoutMs}ms`],
    ...(isLimited(caller)
      ? ([
          [LIMIT_SETTINGS.sites, limit(caller.sites)],
          [LIMIT_SETTINGS.products, limit(caller.products)],
          ['search_path', LIMITED_SEARCH_PATH],
          ['role', LIMITED_ROLE],
        ] as const)
      : []),
  ];
}

/** Applies settings to the transaction only, so that PgBouncer may give the session to any client afterwards. */
async function apply(snapshot: Queryable, settings: readonly (readonly [string, string])[]): Promise<void> {
  const calls = settings.map((_, i) => `set_config($${2 * i + 1}, $${2 * i + 2}, true)`);
  await snapshot.query(`SELECT ${calls.join(', ')}`, settings.flat());
}

/**
 * Reads each answer in one snapshot, under the statement time-out of this service and with the rights of the caller of the
 * current request: rows that it may not see do not exist for it.
 */
@Injectable()
export class Snapshots {
  /** Limits concurrent costly questions; the rest of the pool serves the others. */
  readonly #statistics: Slots;
  readonly #maxStreams: number;
  readonly #statementTimeoutMs: number;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) { QUERY_TIMEOUT_MS, DATABASE_POOL_MAX }: SnapshotSettings,
  ) {
    this.#statementTimeoutMs = QUERY_TIMEOUT_MS;
    this.#maxStreams = Math.max(1, Math.floor(DATABASE_POOL_MAX * STREAMS_SHARE));
    this.#statistics = new Slots(Math.max(1, Math.floor(DATABASE_POOL_MAX * STATISTICS_SHARE)), CONNECT_TIMEOUT_MS);
  }

  #streams = 0;

  /** The snapshot that the current work shares, see `together`. */
  readonly #shared = new AsyncLocalStorage<Queryable>();

  /**
   * Runs `work` in one snapshot, which also answers whatever it asks of this object. Its questions must follow one
   * another, because they share a connection.
   */
  together<T>(work: (snapshot: Queryable) => Promise<T>): Promise<T> {
    return this.read((snapshot) => this.#shared.run(snapshot, () => work(snapshot)));
  }

  /** Runs `question` in one read-only snapshot. @throws Problem 503 when the database is unavailable, slow or busy */
  async read<T>(question: (snapshot: Queryable) => Promise<T>): Promise<T> {
    const shared = this.#shared.getStore();
    if (shared) {
      return question(shared);
    }
    const { caller, cost } = currentRequest();
    const answer = (): Promise<T> =>
      this.database.withSnapshot(async (snapshot) => {
        await apply(snapshot, settingsOf(caller, this.#statementTimeoutMs));
        return question(snapshot);
      });
    const answerOnceMore = (): Promise<T> =>
      answer().catch((error: unknown) => {
        if (isReplayConflict(error)) {
          return answer();
        }
        throw error;
      });
    try {
      return await (cost === 'statistic' ? this.#statistics.run(answerOnceMore) : answerOnceMore());
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** As `read`, with `as_of`: the positions that the same snapshot sees. */
  answer<T extends object>(question: (snapshot: Queryable) => Promise<T>): Promise<{ as_of: AsOf } & T> {
    return this.read(async (snapshot) => ({ as_of: await readAsOf(snapshot), ...(await question(snapshot)) }));
  }

  /**
   * Streams the rows of a long answer in batches, from one snapshot. An export holds a connection for as long as its reader
   * takes, so only a few run at a time.
   *
   * @throws Problem 503, before the first batch or in the middle
   */
  stream<Row extends object>(text: string, values: readonly SqlParameter[]): AsyncGenerator<Row[]> {
    // Captures the caller now, because the sender reads the rows later, outside the request.
    return this.#stream<Row>(text, values, currentRequest().caller);
  }

  async *#stream<Row extends object>(
    text: string,
    values: readonly SqlParameter[],
    caller: Caller,
  ): AsyncGenerator<Row[]> {
    if (this.#streams >= this.#maxStreams) {
      throw new Problem(503, 'overloaded', `${this.#maxStreams} exports are running: try again`);
    }
    this.#streams++;
    try {
      const settings = settingsOf(caller, this.#statementTimeoutMs);
      yield* this.database.stream<Row>(text, values, { prepare: (snapshot) => apply(snapshot, settings) });
    } catch (error) {
      throw this.translated(error, caller);
    } finally {
      this.#streams--;
    }
  }

  /** Turns an unavailable, slow or busy database into a Problem 503; returns other errors unchanged. */
  translated(error: unknown, caller: Caller = currentRequest().caller): unknown {
    // The last failure says more than the retry that gave up on it.
    if (error instanceof DeadlineExceededError) {
      return this.translated(error.cause, caller);
    }
    if (error instanceof CommitUnknownError) {
      return new Problem(
        503,
        'database_unavailable',
        'the connection to the database was lost during commit: check whether the change took effect',
        [],
        error,
      );
    }
    if (error instanceof DatabaseError && error.sqlstate === DENIED && isLimited(caller)) {
      return notForLimited(error);
    }
    if (!(error instanceof DatabaseError) || error.kind !== 'transient') {
      return error;
    }
    if (error.sqlstate === '57014') {
      return new Problem(
        503,
        'query_timeout',
        `no answer within ${this.#statementTimeoutMs} ms: narrow the question`,
        [],
        error,
      );
    }
    const { idle, total, max } = this.database.connections;
    if (error.sqlstate === '' && idle === 0 && total >= max) {
      return new Problem(503, 'overloaded', 'all database connections are in use: try again', [], error);
    }
    return new Problem(503, 'database_unavailable', 'the database does not answer: try again', [], error);
  }
}

/** Reads back what a request has just written, from the primary: a replica may not have it yet. */
@Injectable()
export class PrimarySnapshots extends Snapshots {
  constructor(primary: PrimaryDatabase, @Inject(CONFIG) { QUERY_TIMEOUT_MS }: SnapshotSettings) {
    super(primary, { QUERY_TIMEOUT_MS, DATABASE_POOL_MAX: WRITE_CONNECTIONS });
  }
}
