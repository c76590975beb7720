/**
 * The order of two times of the API. They are all UTC, and omit trailing zeros of their fraction: as texts, `…:00Z` comes
 * after `…:00.5Z`.
 */
export function compareTimes(a: string, b: string): number {
  const [one, other] = [a.slice(0, -1), b.slice(0, -1)];
  return one === other ? 0 : one < other ? -1 : 1;
}
