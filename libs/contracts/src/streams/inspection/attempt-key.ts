import type { AcceptedInspection } from './inspection-event.ts';

/**
 * Which attempt an event belongs to, within (inspection, step): the event that it withdraws, else its number, else its
 * run, else it stands alone.
 */
export const attemptKey = (event: Pick<AcceptedInspection, 'event_id' | 'attempt' | 'run_id' | 'voids'>): string => {
  if (event.voids !== undefined) {
    return `e:${event.voids}`;
  }
  if (event.attempt !== undefined) {
    return `a:${event.attempt}`;
  }
  if (event.run_id !== undefined) {
    return `r:${event.run_id}`;
  }
  return `e:${event.event_id}`;
};
