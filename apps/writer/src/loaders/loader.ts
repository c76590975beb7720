import type { LoadSession } from '@chip/persistence';
import type { RefusedElement } from './refused-element.ts';

/** What a load did, once its transaction commits. */
export interface Loaded {
  /** Elements that are in tables now. */
  readonly applied: number;
  /** Elements that had been applied before under the same event id. */
  readonly duplicates: number;
  /** Rows written to all tables. */
  readonly rows: number;
}

/** The rows of one flush. One instance serves one flush; `exclude` makes its next load go without what was refused. */
export interface Loader {
  /** Elements that are still to be loaded. */
  readonly elements: number;
  /**
   * Writes everything inside the session's open transaction.
   * Elements that a rule refuses come back as `refused`; then nothing of this transaction may be committed.
   * @throws DatabaseError with kind `data` when the database refuses a row: `findRefused` finds which.
   */
  load(session: LoadSession): Promise<Loaded | { readonly refused: readonly RefusedElement[] }>;
  /**
   * Finds every element that the database refuses, inside the session's open transaction, which the caller rolls back.
   * Stops early when more than `limit` are found.
   */
  findRefused(session: LoadSession, limit: number): Promise<readonly RefusedElement[]>;
  exclude(refused: readonly RefusedElement[]): void;
}
