/**
 * Means and squares of values that are all equal. Sums of doubles round, so that 25 times 0.1 would have a spread of 2e-17, and a
 * Cpk of 1e15 from it: the mean of equal values is their value, and their spread is 0.
 */

/** Mean of a column of a group; null without values. */
export const meanOf = (value: string): string =>
  `CASE WHEN min(${value}) = max(${value}) THEN min(${value}) ELSE avg(${value}) END`;

/** What an aggregate says of the spread of a column of a group, such as `stddev_samp`; 0 for less than two different values. */
export const spreadOf = (value: string, aggregate: string): string =>
  `CASE WHEN min(${value}) < max(${value}) THEN ${aggregate} ELSE 0 END`;

/** Sum of the squared deviations from the mean. */
export const squaresOf = (value: string): string => spreadOf(value, `var_pop(${value}) * count(${value})`);

/** Mean of the means of parts with `n` values each. @param over clause of a window, if any */
export const weightedMeanOf = (n: string, over = ''): string =>
  `CASE WHEN min(mean)${over} = max(mean)${over} THEN min(mean)${over} ELSE sum(${n} * mean)${over} / nullif(sum(${n})${over}, 0) END`;

/** Mean and squares of a row `a` of a daily table, whose sums have rounded. */
interface OfDay {
  readonly mean: string;
  readonly squares: string;
}

const ofDay = (isEqual: string, value: string): OfDay => ({
  mean: `CASE WHEN ${isEqual} THEN ${value} ELSE a.mean END`,
  squares: `CASE WHEN ${isEqual} THEN 0 ELSE a.squares END`,
});

/** Of `daily_measured`, which says that values are equal where none is missing between two of them. */
export const DAY = ofDay('a.moves = a.values - 1 AND a.moved = 0', 'coalesce(a.first_value, a.last_value, a.mean)');

/** Of `daily_measured_lots`. */
export const DAY_OF_LOT = ofDay('a.least = a.greatest', 'a.least');
