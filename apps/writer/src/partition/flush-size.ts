/**
 * Rows of one flush. A flush that is too slow for its deadlines is tried again at half the size, down to one event: a size
 * that never passes would hold its partition for as long as it is tried.
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

  /** Whether blocks have to be cut, to keep to a size below that of a block. */
  get isReduced(): boolean {
    return this.#rows < this.#most;
  }

  /** @returns whether it became smaller; false when a flush is one event already */
  halve(): boolean {
    if (this.#rows === 1) {
      return false;
    }
    this.#rows = Math.max(1, this.#rows >> 1);
    return true;
  }

  /** After each flush that passes: the cause may be over, and small flushes are expensive. */
  grow(): void {
    this.#rows = Math.min(this.#most, this.#rows * 2);
  }
}
