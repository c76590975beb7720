/** Begin of a day, after its date. */
export const MIDNIGHT = 'T00:00:00.000000Z';
const DAY_MS = 86_400_000;

/** Whole UTC days (`2026-01-20`) within a range, `end` exclusive; an open end of the range stays open. */
export interface WholeDays {
  readonly first: string | undefined;
  readonly end: string | undefined;
}

const dayAfter = (time: string): string =>
  new Date(Date.parse(`${time.slice(0, 10)}T00:00:00Z`) + DAY_MS).toISOString().split('T')[0] as string;

/** Days in order as runs, from the first day of each to the one after its last. */
export function runsOf(days: readonly string[]): (readonly [first: string, end: string])[] {
  const runs: [first: string, end: string][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.[1] === day) {
      run[1] = dayAfter(day);
    } else {
      runs.push([day, dayAfter(day)]);
    }
  }
  return runs;
}

/**
 * The whole days of a range; undefined when there are none.
 *
 * @param range with times in canonical form (UTC, six fractional digits)
 */
export function wholeDays({
  from,
  to,
}: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): WholeDays | undefined {
  const end = to?.slice(0, 10);
  const first = from === undefined || from.endsWith(MIDNIGHT) ? from?.slice(0, 10) : dayAfter(from);
  // ISO text of years after 9999 begins with a sign.
  if (first !== undefined && (first.startsWith('+') || (end !== undefined && first >= end))) {
    return undefined;
  }
  return { first, end };
}
