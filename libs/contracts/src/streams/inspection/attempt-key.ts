import type { AcceptedInspection } from './inspection-event.ts';

/**
 * Names the attempt that an event belongs to, within (inspection, step): by the event that it withdraws, else by attempt
 * number, else by run, else by the event itself.
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
