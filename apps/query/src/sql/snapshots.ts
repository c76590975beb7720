import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CommitUnknownError,
  DatabaseError,
  LIMIT_SETTINGS,
  LIMITED_ROLE,
  LIMITED_SEARCH_PATH,
  readAsOf,
  type AsOf,
  type Database,
  type LocalSettings,
  type Queryable,
  type SqlParameter,
  type TextRow,
} from '@chip/persistence';
import { DeadlineExceededError } from '@chip/service';
import { CONFIG } from '@chip/service/nest';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, currentRequest, isLimited } from '../access/caller.ts';
import { type CostClass } from '../access/rights.ts';
import { type Pools } from './pools.ts';
import { noting } from './statements.ts';
import { nextTurn } from '../http/next-turn.ts';
import { Problem } from '../http/problem.error.ts';
import { type QueryConfig } from '../query.config.ts';
import { PrimaryDatabase } from '../primary-database.ts';

/** Who asks, and what it costs. */
interface AskedBy {
  readonly caller: Caller;
  readonly cost: CostClass;
}

type SnapshotSettings = Pick<QueryConfig, 'QUERY_TIMEOUT_MS' | 'EXPORT_MAX_SECONDS'>;

/** Rows of an export that are written at a time: one or two milliseconds in which nothing else is answered. */
const ROWS_AT_A_TIME = 250;
/**
 * While others ask, each such piece is followed by a pause for every export that runs, several times as long as the piece
 * took. So on a busy machine, where a piece takes longer, exports leave more of it: 2,500 to 12,500 rows/s of all exports.
 */
const PAUSE_PER_WORK = 12;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
/** For so long after a cheap question others count as asking. */
const ASKING_MS = 1_000;
/**
 * A statistic that took long is answered at once, but while others ask, its connection then rests for as long: the next one
 * waits. So statistics that follow one another take half of a core and not a whole one.
 */
const LONG_STATISTIC_MS = 100;
const LONGEST_REST_MS = 1_000;

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

/** A number out of range: of data of earlier versions, whose events had no bounds, a value may be too large to square. */
const NOT_COMPUTABLE = '22003';
/** How postgres_fdw says that a database behind this one is away (`docs/sql/cell.sql`). */
const AWAY_BEHIND = /could not connect to server "([^"]+)"/;

const costsLittle = (cost: CostClass): boolean => cost === 'light' || cost === 'write';

/** Settings of a transaction that sees only these sites and products; null = all (see `limited-views.ts`). */
export function limitedTo({ sites, products }: Pick<Caller, 'sites' | 'products'>): LocalSettings {
  const limit = (names: readonly string[] | null): string => (names === null ? '*' : JSON.stringify(names));
  return [
    [LIMIT_SETTINGS.sites, limit(sites)],
    [LIMIT_SETTINGS.products, limit(products)],
    ['search_path', LIMITED_SEARCH_PATH],
    ['role', LIMITED_ROLE],
  ];
}

/** Settings of one transaction: the time-out of this service, and the limits of its caller. */
function settingsOf({ caller, cost }: AskedBy, statementTimeoutMs: number): LocalSettings {
  return [
    ['statement_timeout', `${statementTimeoutMs}ms`],
    // Else each of the few costly questions takes several cores of the database.
    ...(costsLittle(cost) ? [] : ([['max_parallel_workers_per_gather', '0']] as const)),
    ...(isLimited(caller) ? limitedTo(caller) : []),
  ];
}

/** Of an export: a plan that keeps what it has read, to read it again, would keep everything. */
export const EXPORT_PLANS: LocalSettings = [['enable_material', 'off']];

const BUSY: Readonly<Record<CostClass, string>> = {
  light: 'all database connections are in use: try again',
  write: 'all database connections are in use: try again',
  statistic: 'the service is already computing as many statistics as it may: try again',
  export: 'the service is already sending as many exports as it may: try again',
};

/**
 * Reads each answer in one snapshot, under the statement time-out of this service and with the rights of the caller of the
 * current request: rows that it may not see do not exist for it.
 */
@Injectable()
export class Snapshots {
  readonly #statementTimeoutMs: number;
  readonly #exportTimeoutMs: number;

  constructor(
    private readonly pools: Pick<Pools, 'of'>,
    @Inject(CONFIG) { QUERY_TIMEOUT_MS, EXPORT_MAX_SECONDS }: SnapshotSettings,
    /** The database in words, for those who wait for it. */
    private readonly name = 'the database',
  ) {
    this.#statementTimeoutMs = QUERY_TIMEOUT_MS;
    this.#exportTimeoutMs = EXPORT_MAX_SECONDS * 1000;
  }

  #streams = 0;
  /** When the last cheap question came, ms of the monotonic clock. */
  #askedAt = -Infinity;

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
    const request = currentRequest();
    const settings = settingsOf(request, this.#statementTimeoutMs);
    const answer = (): Promise<T> =>
      this.pools.of(request.cost).withSnapshot(
        (snapshot) => question(noting(snapshot)),
        settings,
        (tookMs) =>
          request.cost === 'statistic' && tookMs >= LONG_STATISTIC_MS && this.#isAsked()
            ? Math.min(LONGEST_REST_MS, tookMs)
            : 0,
      );
    const answerOnceMore = (): Promise<T> =>
      answer().catch((error: unknown) => {
        if (isReplayConflict(error)) {
          return answer();
        }
        throw error;
      });
    if (costsLittle(request.cost)) {
      this.#askedAt = performance.now();
    }
    try {
      return await answerOnceMore();
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** As `read`, with `as_of`: the positions that the same snapshot sees. */
  answer<T extends object>(question: (snapshot: Queryable) => Promise<T>): Promise<{ as_of: AsOf } & T> {
    return this.read(async (snapshot) => {
      const asOf = readAsOf(snapshot);
      // It leaves together with the question; if it fails, so does the transaction, and with it the question.
      asOf.catch(() => undefined);
      const answered = await question(snapshot);
      return { as_of: await asOf, ...answered };
    });
  }

  /**
   * Streams the rows of a long answer in batches, from one snapshot. An export holds a connection for as long as its reader
   * takes, so only a few run at a time.
   *
   * @param signal ends it, also in the middle of a statement
   * @throws Problem 503, before the first batch or in the middle
   */
  stream<Row extends object>(
    text: string,
    values: readonly SqlParameter[],
    signal?: AbortSignal,
  ): AsyncGenerator<Row[]> {
    // Captures the request now, because the sender reads the rows later, outside of it.
    return this.#stream(currentRequest(), (pool, settings) => pool.stream<Row>(text, values, { settings, signal }));
  }

  /** As `stream`, with the values of each row as texts in the order of its columns. */
  streamTexts(text: string, values: readonly SqlParameter[], signal?: AbortSignal): AsyncGenerator<TextRow[]> {
    return this.#stream(currentRequest(), (pool, settings) => pool.streamTexts(text, values, { settings, signal }));
  }

  async *#stream<Row>(
    request: AskedBy,
    open: (pool: Database, settings: LocalSettings) => AsyncGenerator<Row[]>,
  ): AsyncGenerator<Row[]> {
    const pool = this.pools.of('export');
    if (this.#streams >= pool.connections.max) {
      throw new Problem(503, 'overloaded', `${pool.connections.max} exports are running: try again`);
    }
    this.#streams++;
    try {
      // A fetch may sort all rows, and what limits it is what limits the whole.
      const settings = [...EXPORT_PLANS, ...settingsOf(request, this.#exportTimeoutMs)];
      let began = performance.now();
      for await (const batch of open(pool, settings)) {
        for (let first = 0; first < batch.length; first += ROWS_AT_A_TIME) {
          yield batch.slice(first, first + ROWS_AT_A_TIME);
          await this.#giveWay(performance.now() - began);
          began = performance.now();
        }
      }
    } catch (error) {
      throw this.translated(error, request, this.#exportTimeoutMs);
    } finally {
      this.#streams--;
    }
  }

  /** An export would keep this process busy as fast as its reader takes the rows, and others would wait for their turn. */
  async #giveWay(workedMs: number): Promise<void> {
    // Lets in what has arrived meanwhile.
    await nextTurn();
    if (this.#isAsked()) {
      const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, PAUSE_PER_WORK * workedMs));
      await sleep(pause * this.#streams);
    }
  }

  /** Whether cheap questions are being asked, whose answers expensive ones delay. */
  #isAsked(): boolean {
    return performance.now() - this.#askedAt < ASKING_MS;
  }

  /** Runs work that writes. @throws what {@link translated} makes of its error */
  async write<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** Turns an unavailable, slow or busy database into a Problem 503; returns other errors unchanged. */
  translated(error: unknown, request: AskedBy = currentRequest(), timeoutMs = this.#statementTimeoutMs): unknown {
    // The last failure says more than the retry that gave up on it.
    if (error instanceof DeadlineExceededError) {
      return this.translated(error.cause, request, timeoutMs);
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
    if (error instanceof DatabaseError && error.sqlstate === DENIED && isLimited(request.caller)) {
      return notForLimited(error);
    }
    if (error instanceof DatabaseError && error.sqlstate === NOT_COMPUTABLE) {
      const detail =
        'a stored value, such as the overflow value of an instrument, is too large to be computed with: narrow the question by parameter, machine or time';
      return new Problem(400, 'invalid_parameter', detail, [], error);
    }
    if (!(error instanceof DatabaseError) || error.kind !== 'transient') {
      return error;
    }
    if (error.sqlstate === '57014') {
      return new Problem(503, 'query_timeout', `no answer within ${timeoutMs} ms: narrow the question`, [], error);
    }
    const cell = AWAY_BEHIND.exec(error.message)?.[1];
    if (cell !== undefined) {
      const detail = `the database ${cell} does not answer, and without its part the answer would be wrong: try again`;
      return new Problem(503, 'database_unavailable', detail, [], error);
    }
    const { idle, total, max } = this.pools.of(request.cost).connections;
    if (error.sqlstate === '' && idle === 0 && total >= max) {
      return new Problem(503, 'overloaded', BUSY[request.cost], [], error);
    }
    return new Problem(503, 'database_unavailable', `${this.name} does not answer: try again`, [], error);
  }
}

/** Reads telemetry, where it may have a database of its own. */
export class TelemetrySnapshots extends Snapshots {}

/** Reads back what a request has just written, from the primary: a replica may not have it yet. */
@Injectable()
export class PrimarySnapshots extends Snapshots {
  constructor(primary: PrimaryDatabase, @Inject(CONFIG) settings: SnapshotSettings) {
    super({ of: () => primary as Database }, settings);
  }
}
