import { Database, type Queryable } from '@chip/persistence';
import { Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Inject, Injectable } from '@nestjs/common';
import { type Movement, readMovements } from './movements.sql.ts';

/** How often the positions are read while anyone listens. */
const POLL_MS = 500;
/** The same while the database does not answer. */
const POLL_AFTER_FAILURE_MS = 3_000;

type Listener = (moved: readonly Movement[]) => void;

/** Tells listeners which partitions moved or changed their state. One reader for all of them, none without any. */
@Injectable()
export class Movements {
  readonly #listeners = new Set<Listener>();
  #known = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    lifecycle: Lifecycle,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    lifecycle.onDrain('connections', 'movements', () => clearTimeout(this.#timer));
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns how to stop listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      // So the first reading tells every position, among them what moved since the listener read them itself.
      this.#known = new Map();
      this.#readAfter(0);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        clearTimeout(this.#timer);
      }
    };
  }

  #readAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#read().then((isRead) => {
        if (this.#listeners.size > 0) {
          this.#readAfter(isRead ? POLL_MS : POLL_AFTER_FAILURE_MS);
        }
      });
    }, ms).unref();
  }

  async #read(): Promise<boolean> {
    try {
      const rows = await this.database.withSnapshot((snapshot: Queryable) => readMovements(snapshot));
      const known = new Map(rows.map((row) => [nameOf(row), stateOf(row)]));
      const moved = rows.filter((row) => this.#known.get(nameOf(row)) !== stateOf(row));
      this.#known = known;
      if (moved.length > 0) {
        this.#listeners.forEach((listener) => listener(moved));
      }
      return true;
    } catch (error) {
      this.logger.debug({ err: error }, 'movements_not_read');
      return false;
    }
  }
}

const nameOf = ({ source, topic, partition }: Movement): string => `${source} ${topic} ${partition}`;
const stateOf = ({ next_offset, state }: Movement): string => `${next_offset} ${state}`;
