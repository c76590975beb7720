/** Events that are refused by what the database has of others. */
import type { RefusedElement } from '../refused-element.ts';
import { type Arrival, refuse } from './arrival.ts';

/**
 * A tester that names every chip alike adds an attempt per event to one inspection, which each flush would read and merge
 * with, until no flush ends in time and all machines of the partition wait.
 */
export const MAX_EVENTS_OF_INSPECTION = 20_000;

export const unknownType = (arrival: Arrival): RefusedElement =>
  refuse(
    arrival,
    'unknown_inspection_type',
    '/inspection_type: got a type that table inspection_types does not list, expected one that it lists',
  );

export const conflict = (arrival: Arrival): RefusedElement =>
  refuse(
    arrival,
    'event_id_conflict',
    '/event_id: got the id of another event with different content, expected a new id',
  );

export const oneTooMany = (arrival: Arrival): RefusedElement =>
  refuse(
    arrival,
    'too_large',
    `/chip_id: got one more event of an inspection that has ${MAX_EVENTS_OF_INSPECTION}, expected fewer: does the machine name each chip?`,
  );
