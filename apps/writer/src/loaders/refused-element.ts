import type { Refusal, Replay } from '@chip/contracts';
import type { DatabaseError } from '@chip/persistence';

/**
 * An accepted element that the writer refuses: by a rule that needs the database, or because the database itself does.
 */
export interface RefusedElement {
  readonly sourceOffset: number;
  /** Place in the record's array; undefined when the record is not an array. */
  readonly place: number | undefined;
  readonly refusal: Refusal;
  /** The event as ingest normalised it, ready to be published again. */
  readonly normalised: Record<string, unknown>;
  /** Set when the event was published again from a dead letter. */
  readonly replay?: Replay;
}

/** Names SQLSTATE and constraint or column, never a value. */
export const rejectionDetail = (error: DatabaseError): string =>
  [
    `SQLSTATE ${error.sqlstate}`,
    error.table && `table ${error.table}`,
    error.constraint && `constraint ${error.constraint}`,
    error.column && `column ${error.column}`,
  ]
    .filter(Boolean)
    .join(', ');
