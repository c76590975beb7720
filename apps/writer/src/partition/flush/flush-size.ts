/**
 * Rows per flush. A flush that exceeds its deadlines is retried at half the size, down to one event: a size that
 * never succeeds would block its partition indefinitely.
 */
export class FlushSize {
  readonly #most: number;
  #rows: number;

  constructor(most: number) {
    this.#most = most;
    this.#rows = most;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether blocks must be split to fit the reduced size. */
  get isReduced(): boolean {
    return this.#rows < this.#most;
  }

  /** @returns whether the size shrank; false when a flush is already one event */
  halve(): boolean {
    if (this.#rows === 1) {
      return false;
    }
    this.#rows = Math.max(1, this.#rows >> 1);
    return true;
  }

  /** Called after each successful flush: the cause may be over, and small flushes are expensive. */
  grow(): void {
    this.#rows = Math.min(this.#most, this.#rows * 2);
  }
}
