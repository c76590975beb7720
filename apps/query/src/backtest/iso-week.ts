const DAY_MS = 86_400_000;

/** ISO 8601 week of a time, in UTC: `2008-W31`. Weeks begin on Monday; the year is that of their Thursday. */
export function isoWeek(time: string): string {
  const at = new Date(time);
  const weekday = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
