/** Progress lines for any reader: seconds since the command began, the part at work, what it does. */

export type Report = (part: string, doing: string) => void;

const PART_WIDTH = 11;

function formatProgress(elapsedMs: number, part: string, doing: string): string {
  const seconds = (elapsedMs / 1000).toFixed(1).padStart(6);
  return `${seconds} s  ${part.padEnd(PART_WIDTH)} ${doing}`;
}

/** Counts from the start of this process, so that parts that work at the same time share one clock. */
export function reportTo(write: (line: string) => void): Report {
  return (part, doing) => write(formatProgress(performance.now(), part, doing));
}
