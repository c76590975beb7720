import { AppError } from '@chip/service';

/** This share of refused elements means that the schema is broken, not the data: the partition stops. */
const MAX_REJECTED_SHARE = 0.2;
/** Fewer prove nothing: one bad event is 100 % of a quiet partition. */
const MIN_REJECTED = 20;
/** The share is taken of this many latest elements of the partition, across flushes. */
const WINDOW_ELEMENTS = 1_000;

/** The database refused more rows than bad data explains. */
export class MostlyRejectedError extends AppError {
  readonly code = 'rows_mostly_rejected';
  readonly retriable = false;
}

/**
 * Counts, for one partition, what the database refuses among its latest elements. Only `database_rejected` counts:
 * other refusals are about one machine's events, and a partition must not stop because a machine sends nonsense.
 */
export class RefusalBrake {
  #flushes: { readonly elements: number; readonly rejected: number }[] = [];

  /** Elements of a flush of `elements` that may be refused before {@link check} stops it; no need to find more. */
  limit(elements: number): number {
    return Math.max(MIN_REJECTED, (elements + this.#elements(elements)) * MAX_REJECTED_SHARE);
  }

  /** @throws MostlyRejectedError when `rejected` of `elements`, with those before them, are too many */
  check(elements: number, rejected: number, last: string): void {
    const seen = elements + this.#elements(elements);
    const all = rejected + this.#window(elements).reduce((sum, flush) => sum + flush.rejected, 0);
    if (all <= MIN_REJECTED || all <= seen * MAX_REJECTED_SHARE) {
      return;
    }
    throw new MostlyRejectedError(
      `the database refused more than ${all} of the latest ${seen} rows, the last by ${last}`,
    );
  }

  /** Remembers a committed flush. */
  note(elements: number, rejected: number): void {
    // Flushes of what ingest refused fill no window: they would add up for as long as the process lives.
    if (elements === 0) {
      return;
    }
    this.#flushes.push({ elements, rejected });
    this.#flushes = this.#window(0);
  }

  /** Forgets: an operator has dealt with the cause, or accepts that the rows are refused. */
  release(): void {
    this.#flushes = [];
  }

  #elements(ofFlush: number): number {
    return this.#window(ofFlush).reduce((sum, flush) => sum + flush.elements, 0);
  }

  /** The flushes that fill the window before one of `elements`. */
  #window(elements: number): { readonly elements: number; readonly rejected: number }[] {
    let room = WINDOW_ELEMENTS - elements;
    let from = this.#flushes.length;
    while (from > 0 && room > 0) {
      room -= this.#flushes[--from]!.elements;
    }
    return this.#flushes.slice(from);
  }
}
