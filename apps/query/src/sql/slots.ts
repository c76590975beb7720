import { Problem } from '../http/problem.error.ts';

/** Limits costly questions to fewer than there are database connections, so that cheap ones always find one. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param waitMs longest wait for a slot */
  constructor(
    private readonly places: number,
    private readonly waitMs: number,
  ) {
    this.#free = places;
  }

  /** @throws Problem 503 when no slot becomes free in time */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) {
        next();
      } else {
        this.#free++;
      }
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(new Problem(503, 'overloaded', `the service is already computing ${this.places} statistics: try again`));
      }, this.waitMs);
      this.#waiting.push(enter);
    });
  }
}
