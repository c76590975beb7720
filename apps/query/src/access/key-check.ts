import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, keyPrefix, KnownKeys } from '@chip/persistence';
import { type Logger } from '@chip/service';
import { Problem } from '../http/problem.error.ts';
import { type Caller } from './caller.ts';
import { FollowedList } from '../followed-list.ts';

/** An unknown key triggers a read of the database, but not more often than this. */
const LOOK_SOON_MS = 250;
const REPORT_USE_MS = 30_000;

/** Checks API keys against a copy in memory that follows the database. */
export class KeyCheck {
  readonly #keys = new KnownKeys();
  readonly #list: FollowedList;
  #soon: Promise<void> | undefined;
  #lookedAt = -Infinity;

  /** @param databases in the order in which they are tried: the primary, then a replica in case the primary is away */
  constructor(databases: readonly Database[], logger: Logger) {
    this.#list = new FollowedList({
      databases,
      read: (database, isPrimary) => this.#keys.refresh(database, isPrimary),
      store: (primary) => this.#keys.reportUse(primary),
      storeMs: REPORT_USE_MS,
      notStored: 'use_of_keys_not_stored',
      what: 'keys',
      logger,
    });
  }

  start(): void {
    this.#list.start();
  }

  /** Stops refreshing, and stores when keys were last used. */
  stop(): Promise<void> {
    return this.#list.stop();
  }

  /** @throws Problem 401, or 503 when the keys cannot be read */
  async callerOf(key: string): Promise<Caller> {
    await this.#list.ensure();
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
        return this.#list.refresh();
      })
      .catch(() => undefined);
    return this.#soon;
  }
}
