import { type Database } from '@chip/persistence';
import { type Logger, withDeadline } from '@chip/service';
import { Problem } from './http/problem.error.ts';

/** What is in use is never older than this, so that a revoked key and an ended session are refused within five seconds. */
const REFRESH_MS = 2_000;
const MAX_AGE_MS = 4_500;
/** How long to wait for a database while another one is left, and for the last one: a silent database never answers. */
const PATIENCE_MS = 1_000;
const LONGEST_READ_MS = 10_000;

interface FollowedSettings {
  /** In the order in which they are tried: the primary, then a replica in case the primary is away. */
  readonly databases: readonly Database[];
  /** Reads what changed in the database. */
  readonly read: (database: Database, isPrimary: boolean) => Promise<void>;
  /** Stores in the primary what this process has to add; also every so often, and at the end. */
  readonly store: (primary: Database) => Promise<void>;
  readonly storeMs: number;
  /** The log event of a failure to store, which changes nothing. */
  readonly notStored: string;
  /** What the list has, in the words of an answer: "keys". */
  readonly what: string;
  readonly logger: Logger;
}

/** Keeps a list in memory that follows the database, and stores what this process adds. */
export class FollowedList {
  readonly #settings: FollowedSettings;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(settings: FollowedSettings) {
    this.#settings = settings;
  }

  start(): void {
    const { logger, what, storeMs } = this.#settings;
    this.#timers = [
      setInterval(
        () => void this.refresh().catch((err: unknown) => logger.warn({ err }, `${what}_not_refreshed`)),
        REFRESH_MS,
      ).unref(),
      setInterval(() => void this.store(), storeMs).unref(),
    ];
  }

  /** Ends both, after storing once more. */
  async stop(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.store();
  }

  async store(): Promise<void> {
    const { databases, store, logger, notStored } = this.#settings;
    try {
      await store(databases[0] as Database);
    } catch (err) {
      logger.warn({ err }, notStored);
    }
  }

  /** @throws Problem 503 when the list is too old and cannot be read */
  async ensure(): Promise<void> {
    if (performance.now() - this.#readAt <= MAX_AGE_MS) {
      return;
    }
    try {
      await this.refresh();
    } catch (error) {
      const { what } = this.#settings;
      throw new Problem(503, 'database_unavailable', `${what} cannot be checked right now: try again`, [], error);
    }
  }

  /** Runs one read at a time; concurrent callers wait for it. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { databases, read } = this.#settings;
    let failure: unknown;
    for (const [at, database] of databases.entries()) {
      const startedAt = performance.now();
      try {
        await withDeadline(
          read(database, at === 0),
          at < databases.length - 1 ? PATIENCE_MS : LONGEST_READ_MS,
          'the list',
        );
        this.#readAt = startedAt;
        return;
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }
}
