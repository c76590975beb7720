import { type Queryable } from '@chip/persistence';
import { Lifecycle, type Logger } from '@chip/service';
import { LOGGER } from '@chip/service/nest';
import { Inject, Injectable } from '@nestjs/common';
import { StreamDatabases } from '../sql/stream-databases.ts';
import { type Movement, nameOf, readMovements, stateOf } from './movements.sql.ts';

/** How often the positions are read while anyone listens. */
const POLL_MS = 500;
/** The same while a database does not answer. */
const POLL_AFTER_FAILURE_MS = 3_000;

/** @param reading the number of the reading that found them */
type Listener = (moved: readonly Movement[], reading: number) => void;

/** Tells listeners which partitions moved or changed their state. One reader for all of them, none without any. */
@Injectable()
export class Movements {
  readonly #listeners = new Set<Listener>();
  /** For each database. */
  #known: Map<string, string>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #readings = 0;

  constructor(
    private readonly databases: StreamDatabases,
    lifecycle: Lifecycle,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    lifecycle.onDrain('connections', 'movements', () => clearTimeout(this.#timer));
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The number of the latest reading that has begun: what it and earlier ones report may be older than what is read now. */
  get lastReading(): number {
    return this.#readings;
  }

  /** @returns how to stop listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      // So the first reading tells every position, among them what moved since the listener read them itself.
      this.#known = [];
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

  /** @returns whether every database answered */
  async #read(): Promise<boolean> {
    const reading = ++this.#readings;
    const read = await Promise.all(this.databases.all.map((_, index) => this.#readOne(index, reading)));
    return read.every(Boolean);
  }

  async #readOne(index: number, reading: number): Promise<boolean> {
    const { database, owns } = this.databases.all[index]!;
    try {
      const rows = (await database.withSnapshot((snapshot: Queryable) => readMovements(snapshot))).filter(owns);
      const before = this.#known[index];
      this.#known[index] = new Map(rows.map((row) => [nameOf(row), stateOf(row)]));
      const moved = rows.filter((row) => before?.get(nameOf(row)) !== stateOf(row));
      if (moved.length > 0) {
        this.#listeners.forEach((listener) => listener(moved, reading));
      }
      return true;
    } catch (error) {
      this.logger.debug({ err: error }, 'movements_not_read');
      // So it tells every position once it is back, also to those who came meanwhile.
      this.#known[index] = new Map();
      return false;
    }
  }
}
