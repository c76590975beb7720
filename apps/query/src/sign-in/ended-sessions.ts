import { type Database, type EndedSession, KnownEndedSessions } from '@chip/persistence';
import { type Logger } from '@chip/service';
import { FollowedList } from '../followed-list.ts';

const STORE_MS = 2_000;

/** The sessions that ended before their tokens, in a copy in memory that follows the database. */
export class EndedSessions {
  readonly #known = new KnownEndedSessions();
  readonly #list: FollowedList;

  /** @param databases the primary, which stores; then a replica that is read while the primary is away */
  constructor(databases: readonly Database[], logger: Logger) {
    this.#list = new FollowedList({
      databases,
      read: (database) => this.#known.refresh(database),
      store: (primary) => this.#known.store(primary),
      storeMs: STORE_MS,
      notStored: 'end_of_session_not_stored',
      what: 'sessions',
      logger,
    });
  }

  start(): void {
    this.#list.start();
  }

  stop(): Promise<void> {
    return this.#list.stop();
  }

  /** Whether this instance knows that the session has ended. */
  knows(secret: string): boolean {
    return this.#known.has(secret);
  }

  /** @throws Problem 503 when that cannot be told */
  async has(secret: string): Promise<boolean> {
    await this.#list.ensure();
    return this.#known.has(secret);
  }

  /** Ends a session: here at once, elsewhere as soon as the primary has heard of it. */
  async add(session: EndedSession): Promise<void> {
    this.#known.add(session);
    await this.#list.store();
  }
}
