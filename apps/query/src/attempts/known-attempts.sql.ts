/**
 * Attempts as they were known at an earlier time: those that no event has changed since, and the former states of the others.
 * An event is known from the time at which the database received it.
 */

const LATER = 'SELECT FROM inspection_events e WHERE';

/** Condition that no event has changed the attempt of `row` after the time of the placeholder. */
const unchangedSince = (row: string, $: string): string =>
  `NOT EXISTS (${LATER} (e.inspection_id, e.step, e.attempt_key) = (${row}.inspection_id, ${row}.step, ${row}.attempt_key) AND e.received_at > ${$}::timestamptz)`;

/** Condition that a former state was the known one at that time. */
const heldAt = (row: string, $: string): string =>
  `${row}.replaced_at > ${$}::timestamptz AND NOT EXISTS (${LATER} e.event_id = ANY (${row}.event_ids) AND e.received_at > ${$}::timestamptz)`;

/** Columns that statistics read. */
const COLUMNS = [
  'inspection_id',
  'step',
  'attempt_key',
  'lot_id',
  'inspection_type',
  'status',
  'result',
  'occurred_at',
  'event_id',
  'event_ids',
  'attempt_no',
  'completed_at',
  'equipment_id',
  'recipe',
  'product',
  'wafer_id',
  'die_x',
  'die_y',
  'hard_bin',
  'soft_bin',
  'inspected_area_cm2',
  'defect_count',
].join(', ');

/** In place of `inspection_attempts`. */
export const knownAttempts = ($: string): string => `(
          SELECT ${COLUMNS} FROM inspection_attempts k WHERE ${unchangedSince('k', $)}
          UNION ALL
          SELECT ${COLUMNS} FROM former_attempts f WHERE ${heldAt('f', $)})`;

const OF_RETESTS = 'inspection_id, step, occurred_at, attempt_no, event_id, result';

/** In place of `yield_retests`. */
export const knownRetests = ($: string): string => `(
           SELECT ${OF_RETESTS} FROM yield_retests k WHERE ${unchangedSince('k', $)}
           UNION ALL
           SELECT ${OF_RETESTS} FROM former_attempts f WHERE ${heldAt('f', $)})`;
