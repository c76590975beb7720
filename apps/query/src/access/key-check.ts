import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, keyPrefix, KnownKeys } from '@chip/persistence';
import { type Logger } from '@chip/service';
import { Problem } from '../http/problem.error.ts';
import { type Caller } from './caller.ts';

/** The keys in use are never older than this, so that a revoked key is refused within five seconds. */
const REFRESH_MS = 2_000;
const MAX_AGE_MS = 4_500;
/** An unknown key triggers a read of the database, but not more often than this. */
const LOOK_SOON_MS = 250;
const REPORT_USE_MS = 30_000;

/** Checks API keys against a copy in memory that follows the database. */
export class KeyCheck {
  readonly #keys = new KnownKeys();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #soon: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #timers: NodeJS.Timeout[] = [];

  /** @param databases in the order in which they are tried: the primary, then a replica in case the primary is away */
  constructor(
    private readonly databases: readonly Database[],
    private readonly logger: Logger,
  ) {}

  start(): void {
    const every = (ms: number, work: () => Promise<void>): NodeJS.Timeout =>
      setInterval(
        () => void work().catch((err: unknown) => this.logger.warn({ err }, 'keys_not_refreshed')),
        ms,
      ).unref();
    this.#timers = [
      every(REFRESH_MS, () => this.#refresh()),
      every(REPORT_USE_MS, () => this.#keys.reportUse(this.databases[0] as Database)),
    ];
  }

  /** Stops refreshing, and stores when keys were last used. */
  async stop(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.#keys
      .reportUse(this.databases[0] as Database)
      .catch((err: unknown) => this.logger.warn({ err }, 'use_of_keys_not_stored'));
  }

  /** @throws Problem 401, or 503 when the keys cannot be read */
  async callerOf(key: string): Promise<Caller> {
    if (performance.now() - this.#readAt > MAX_AGE_MS) {
      try {
        await this.#refresh();
      } catch (error) {
        throw new Problem(503, 'database_unavailable', 'keys cannot be checked right now: try again', [], error);
      }
    }
    let found = this.#keys.find(key);
    if (!found && keyPrefix(key) !== undefined) {
      // The key may have been created a moment ago. Wrong keys, however many, share one read.
      await this.#lookSoon();
      found = this.#keys.find(key);
    }
    if (!found) {
      throw new Problem(401, 'unauthenticated', 'this key is unknown, expired or revoked');
    }
    const { id, name, prefix, role, scopes, sites, products } = found;
    return { subject: `key:${name} (${prefix})`, countedAs: id, role, scopes, sites, products };
  }

  /** Reads the keys again, at most every {@link LOOK_SOON_MS} ms. A failure changes nothing. */
  #lookSoon(): Promise<void> {
    this.#soon ??= sleep(Math.max(0, this.#lookedAt + LOOK_SOON_MS - performance.now()))
      .then(() => {
        this.#soon = undefined;
        this.#lookedAt = performance.now();
        return this.#refresh();
      })
      .catch(() => undefined);
    return this.#soon;
  }

  /** Runs one read at a time; concurrent callers wait for it. */
  #refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const startedAt = performance.now();
    let failure: unknown;
    for (const database of this.databases) {
      try {
        await this.#keys.refresh(database);
        this.#readAt = startedAt;
        return;
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }
}
