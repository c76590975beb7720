import type { LoadSession } from '@chip/persistence';
import type { RefusedElement } from './refused-element.ts';

/** What a load did once its transaction commits. */
export interface Loaded {
  /** Elements now in tables. */
  readonly applied: number;
  /** Elements already applied under the same event id. */
  readonly duplicates: number;
  /** Rows written to all tables. */
  readonly rows: number;
}

/** The rows of one flush. One instance serves one flush; after `exclude` the next load leaves out what was refused. */
export interface Loader {
  /** Elements left to load. */
  readonly elements: number;
  /**
   * Writes everything inside the session's open transaction.
   * Elements that a rule refuses come back as `refused`; the caller must then commit nothing of this transaction.
   * @throws DatabaseError with kind `data` when the database refuses a row; `findRefused` finds which one.
   */
  load(session: LoadSession): Promise<Loaded | { readonly refused: readonly RefusedElement[] }>;
  /**
   * Finds every element that the database refuses, inside the session's open transaction, which the caller rolls back.
   * Stops early once it has found more than `limit`.
   */
  findRefused(session: LoadSession, limit: number): Promise<readonly RefusedElement[]>;
  exclude(refused: readonly RefusedElement[]): void;
}
