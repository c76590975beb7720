/** One bar of a Pareto chart. */
export interface ParetoBar<Key> {
  readonly key: Key;
  readonly count: number;
  /** Fraction of all counts, 0..1. */
  readonly share: number;
  /** Fraction of this bar and all before it; exactly 1 at the last bar. */
  readonly cumulative_share: number;
}

/**
 * Counts in descending order with their shares. Equal counts are ordered by key (numbers by value, texts by code unit,
 * null last), so that the same data always gives the same chart.
 *
 * @param counts each key once; counts >= 0, zeros are left out
 */
export function pareto<Row extends { readonly key: string | number | null; readonly count: number }>(
  counts: readonly Row[],
): (Row & ParetoBar<Row['key']>)[] {
  const bars = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count || compareKeys(a.key, b.key));
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  let soFar = 0;
  return bars.map((bar) => {
    soFar += bar.count;
    return { ...bar, share: bar.count / total, cumulative_share: soFar / total };
  });
}

function compareKeys(a: string | number | null, b: string | number | null): number {
  if (a === b) {
    return 0;
  }
  if (a === null) {
    return 1;
  }
  if (b === null) {
    return -1;
  }
  return a < b ? -1 : 1;
}
