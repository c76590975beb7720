/** Stacks of wafers, if possible in one pass over the attempts, without sorting them: everything may be ten million dice. */
import { type AttemptPolicy, preferredFirst } from '../attempts/chosen-attempts.ts';

/** How a stack sums up the values of one die position. */
export type StackedAs = 'fail_fraction' | 'most_frequent' | 'mean';

/** Over the rows of one place, each of which says how many dice have a value. */
const STACKED: Readonly<Record<StackedAs, string>> = {
  fail_fraction: 'sum(failed)::float8 / sum(n)::float8',
  most_frequent: '(array_agg(value ORDER BY n DESC, value))[1]',
  mean: '(sum(value * n) / sum(n))::float8',
};

/** Two coordinates in one number. */
const packed = (x: string, y: string): string => `((${x})::bigint << 32) | ((${y})::bigint & 4294967295)`;
const PLACE = packed('x', 'y');
const UNPACKED = '(place >> 32)::int AS x, ((place << 32) >> 32)::int AS y';
/** A number for each square of 8 by 8 places of a wafer. Two squares that share one only look crowded. */
const SQUARE = `hashtextextended(wafer_id, uuid_hash_extended(lot_id, ${packed('x >> 3', 'y >> 3')}))`;
/** The place within its square: one of 64 bits. */
const BIT = '1::bigint << ((x & 7) * 8 + (y & 7))';

/**
 * CTEs up to `summed`: x, y, value, tested, failed, least_unit and greatest_unit of each place.
 *
 * @param chosen SELECT of the attempts; a value is a whole number or a text
 * @param isCrowded when nearly every die has several attempts, which is for speed only
 */
export function stackOfValues(chosen: string, policy: AttemptPolicy, as: StackedAs, isCrowded: boolean): string {
  const counted =
    policy === 'all'
      ? countedEach(chosen)
      : isCrowded
        ? countedInOrder(chosen, policy)
        : countedInOnePass(chosen, policy);
  return `WITH ${counted}, of_value AS (
      SELECT place, value, sum(n) AS n, coalesce(sum(n) FILTER (WHERE result = 'fail'), 0) AS failed
        FROM counted GROUP BY place, value HAVING sum(n) > 0
    ), summed AS (
      SELECT ${UNPACKED}, ${STACKED[as]} AS value, sum(n)::int AS tested, sum(failed)::int AS failed,
             NULL::text AS least_unit, NULL::text AS greatest_unit
        FROM of_value GROUP BY place
    )`;
}

/**
 * OFFSET 0 hides from the planner how many different values the packed columns have: by its own estimate, which is a hundred
 * times too high, it would sort all attempts rather than keep a number for each place.
 */
const valued = (chosen: string, columns: string): string =>
  `(SELECT ${PLACE} AS place, value, result, ${columns} FROM (${chosen}) AS c WHERE value IS NOT NULL OFFSET 0)`;

const countedEach = (chosen: string): string => `counted AS (
      SELECT place, value, result, count(*) AS n FROM ${valued(chosen, 'NULL')} AS v GROUP BY place, value, result
    )`;

/** The attempts in the order of their places, of which each counts the preferred one. */
const countedInOrder = (chosen: string, policy: Exclude<AttemptPolicy, 'all'>): string => `counted AS (
      SELECT ${PLACE} AS place, value, result, count(*) AS n
        FROM (SELECT DISTINCT ON (lot_id, wafer_id, x, y) x, y, value, result FROM (${chosen}) AS c WHERE value IS NOT NULL
               ORDER BY lot_id, wafer_id, x, y, ${preferredFirst('c', policy)}) AS die
       GROUP BY 1, 2, 3
    )`;

/**
 * CTE `counted`, in which a die under two names counts once. Which dice these are shows without remembering every die: the
 * pass also counts the attempts in each square of a wafer, and notes in a number which of its places have any. Where there are
 * more attempts than places, the attempts are read again, and what is not the preferred one of its place is subtracted.
 */
const countedInOnePass = (chosen: string, policy: Exclude<AttemptPolicy, 'all'>): string => `pass AS MATERIALIZED (
      SELECT place, value, result, square, count(*) AS n
        FROM ${valued(chosen, `${SQUARE} AS square, ${BIT} AS bit`)} AS v
       GROUP BY GROUPING SETS ((place, value, result), square)
      HAVING grouping(square) = 1 OR count(*) > bit_count(bit_or(bit)::bit(64))
    ), ranked AS (
      SELECT ${PLACE} AS place, value, result,
             row_number() OVER (PARTITION BY lot_id, wafer_id, x, y ORDER BY ${preferredFirst('c', policy)}) AS rank
        FROM (${chosen}) AS c
       WHERE value IS NOT NULL AND EXISTS (SELECT FROM pass WHERE square IS NOT NULL)
         AND ${SQUARE} IN (SELECT square FROM pass WHERE square IS NOT NULL)
    ), counted AS (
      SELECT place, value, result, n FROM pass WHERE square IS NULL
      UNION ALL
      SELECT place, value, result, -1 FROM ranked WHERE rank > 1
    )`;
