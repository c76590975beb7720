/**
 * Which attempt an event belongs to, within (inspection, step): the event that it withdraws, else its number, else its
 * run, else it stands alone.
 */
export const attemptKey = (event: { event_id: string; attempt?: number; run_id?: string; voids?: string }): string => {
  if (event.voids !== undefined) return `e:${event.voids}`;
  if (event.attempt !== undefined) return `a:${event.attempt}`;
  if (event.run_id !== undefined) return `r:${event.run_id}`;
  return `e:${event.event_id}`;
};
