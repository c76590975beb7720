/** Kinds and moments of measured values; those of long ranges come from a table that holds them by day (see 0046-measured-by-day). */
import { type Queryable } from '@chip/persistence';
import { type Moments } from '@chip/quality';
import { inDays, ofKinds, onSummedUpDays, type SummedUpDays, summedUpDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { DAY, meanOf, squaresOf, weightedMeanOf } from './equal-values.sql.ts';
import {
  type Break,
  convertedValue,
  measuredValues,
  type MeasuredQuestion,
  type SitedKind,
} from './measured-samples.sql.ts';

/**
 * Distinct combinations of unit, type, product, step, recipe and site of the values; at most `limit`, but some of every unit:
 * values of an omitted unit would not be converted.
 */
export async function kindsMeasured(
  snapshot: Queryable,
  question: MeasuredQuestion,
  limit: number,
): Promise<SitedKind[]> {
  const summed = await summedUpDays(snapshot, question, 'daily_measured');
  const { ctes, where } = measuredValues(question, summed);
  const ofDays = summed
    ? `UNION SELECT a.unit, a.inspection_type::text, a.product, a.step, a.recipe, a.site FROM daily_measured a WHERE ${ofDay(question, summed, where)}`
    : '';
  return snapshot.query<SitedKind>(
    `${ctes}, kind AS (
      SELECT unit, inspection_type, product, step, recipe, lot_id FROM measured GROUP BY 1, 2, 3, 4, 5, 6
    ), found AS (
      SELECT k.unit, k.inspection_type::text AS inspection_type, k.product, k.step, k.recipe, l.site
        FROM kind k JOIN lots l ON l.id = k.lot_id
       GROUP BY 1, 2, 3, 4, 5, 6 ${ofDays}
    )
    SELECT * FROM found
     ORDER BY row_number() OVER (PARTITION BY unit ORDER BY inspection_type, product, step, recipe, site), unit LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** Conditions on rows `a` of `daily_measured`. */
const ofSeries = (question: MeasuredQuestion, where: SqlConditions): SqlConditions =>
  ofKinds(question, where.oneOf('a.name', question.parameter));

const ofDay = (question: MeasuredQuestion, summed: SummedUpDays, { values }: SqlConditions): string =>
  ofSeries(question, onSummedUpDays(summed, new SqlConditions(values))).toString();

/** As many values, missing ones included, a question has at least: those of days that are summed up. */
export async function leastValues(snapshot: Queryable, question: MeasuredQuestion): Promise<number> {
  const summed = await summedUpDays(snapshot, question, 'daily_measured');
  if (summed === undefined) {
    return 0;
  }
  const where = new SqlConditions();
  const [row] = await snapshot.query<{ values: number }>(
    `SELECT coalesce(sum(a.values + a.missing), 0)::float8 AS values FROM daily_measured a WHERE ${ofDay(question, summed, where)}`,
    where.values,
  );
  return row?.values ?? 0;
}

/** Where rows take turns on some days and not on others: to ask for more runs of days takes longer than to read them all. */
export const MOST_RUNS = 40;

/**
 * What rows of `daily_measured` answer where the order of values counts: not the days on which they take turns, so that the
 * neighbours of a value are of other rows.
 *
 * @param ofSeries adds the conditions on the rows `a`
 * @param apart columns of `a`: rows that differ in them have an order each
 */
export async function summedUpInOrder(
  snapshot: Queryable,
  question: AttemptQuestion,
  ofSeries: (where: SqlConditions) => SqlConditions,
  apart: readonly string[] = [],
): Promise<SummedUpDays | undefined> {
  const summed = await summedUpDays(
    snapshot,
    question,
    'daily_measured',
    (where, days) => `SELECT day FROM (
      SELECT a.day, a.first_at <= max(a.last_at) OVER (PARTITION BY ${['a.day', ...apart].join(', ')} ORDER BY a.first_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_interleaved
        FROM daily_measured a WHERE ${ofSeries(inDays(days, where)).toString()}) AS of_day WHERE is_interleaved`,
  );
  return summed !== undefined && summed.except.length > MOST_RUNS ? undefined : summed;
}

/** Whether a value and the previous one (window `w`) belong to the same run. */
const SAME_RUN: Readonly<Record<Break, string>> = {
  none: 'true',
  lot: 'first_lot = lag(last_lot) OVER w',
  wafer: '(first_lot, wafer_id) IS NOT DISTINCT FROM (lag(last_lot) OVER w, lag(wafer_id) OVER w)',
  product: 'product IS NOT DISTINCT FROM lag(product) OVER w',
};

export interface SingleValues extends Omit<Moments, 'sigma_within'> {
  /** Mean moving range of neighbours in the order of completion; null without any. */
  readonly moving_range: number | null;
  readonly break_at: Break;
}

/** Count, mean and sum of squared deviations from it. */
interface Spread {
  readonly n: number;
  readonly mean: number;
  readonly squares: number;
}

/**
 * Moments of single values; `breakAt` undefined = at a new lot, if any lot has two neighbouring values.
 *
 * A value that is read is a part of one value, a row of a day a part of many: both go in one order, and what lies between two
 * parts is added to what lies within them.
 */
export async function momentsOfValues(
  snapshot: Queryable,
  question: MeasuredQuestion,
  breakAt: Break | undefined,
): Promise<SingleValues> {
  const summed =
    breakAt === 'wafer' ? undefined : await summedUpInOrder(snapshot, question, (where) => ofSeries(question, where));
  const { ctes, where } = measuredValues(question, summed);
  const converted = (value: string, isDifference = false): string =>
    convertedValue(question, where, { value, unit: 'a.unit', isDifference });
  const within = (breakAt ?? 'lot') === 'lot' ? 'lot_' : '';
  const [row] = await snapshot.query<{
    parts: readonly [Spread, Spread];
    within: number | null;
    across: number | null;
    neighbours: number;
  }>(
    `${ctes}, day AS MATERIALIZED (
      SELECT a.first_at, ${converted('a.first_value')} AS first_value, a.first_lot, ${converted('a.last_value')} AS last_value, a.last_lot, a.product,
             a.values, ${converted(DAY.mean)} AS mean, ${converted(converted(DAY.squares, true), true)} AS squares,
             a.moves, ${converted('a.moved', true)} AS moved, a.lot_neighbours, a.lot_moves, ${converted('a.lot_moved', true)} AS lot_moved
        FROM daily_measured a WHERE ${summed ? ofDay(question, summed, where) : 'false'}
    ), part AS (
      SELECT completed_at AS first_at, event_id, value_event, place, value AS first_value, lot_id AS first_lot, value AS last_value, lot_id AS last_lot, wafer_id, product,
             value, NULL::int AS values, NULL::float8 AS mean, NULL::float8 AS squares,
             NULL::int AS moves, NULL::float8 AS moved, NULL::int AS lot_neighbours, NULL::int AS lot_moves, NULL::float8 AS lot_moved
        FROM measured
      UNION ALL
      SELECT first_at, NULL, NULL, NULL, first_value, first_lot, last_value, last_lot, NULL, product,
             NULL, values, mean, squares, moves, moved, lot_neighbours, lot_moves, lot_moved FROM day
    ), ordered AS (
      SELECT *, abs(first_value - lag(last_value) OVER w) AS step, ${SAME_RUN[breakAt ?? 'lot']} AS same_run
        FROM part WINDOW w AS (ORDER BY first_at, event_id, value_event, place, first_value)
    ), centre AS MATERIALIZED (
      SELECT ${weightedMeanOf('values')} AS mean FROM day
    )
    SELECT json_build_array(
             json_build_object('n', count(value), 'mean', coalesce(${meanOf('value')}, 0), 'squares', ${squaresOf('value')}),
             json_build_object('n', coalesce(sum(values), 0), 'mean', coalesce((SELECT mean FROM centre), 0),
                               'squares', coalesce(sum(squares + values * (mean - (SELECT mean FROM centre)) ^ 2), 0))) AS parts,
           (coalesce(sum(step) FILTER (WHERE same_run), 0) + coalesce(sum(${within}moved), 0))
             / nullif(count(step) FILTER (WHERE same_run) + coalesce(sum(${within}moves), 0), 0) AS within,
           (coalesce(sum(step), 0) + coalesce(sum(moved), 0)) / nullif(count(step) + coalesce(sum(moves), 0), 0) AS across,
           (count(*) FILTER (WHERE same_run) + coalesce(sum(lot_neighbours), 0))::int AS neighbours
      FROM ordered`,
    where.values,
  );
  const { parts, within: inRuns, across, neighbours } = row as NonNullable<typeof row>;
  const { n, mean, squares } = together(...parts);
  const isBroken = breakAt !== undefined || neighbours > 0;
  return {
    n,
    mean: n === 0 ? null : mean,
    sigma_overall: n < 2 ? null : Math.sqrt(squares / (n - 1)),
    moving_range: isBroken ? inRuns : across,
    break_at: breakAt ?? (isBroken ? 'lot' : 'none'),
  };
}

function together(a: Spread, b: Spread): Spread {
  // The formula rounds, but the mean of equal values is exactly that value.
  if (a.n === 0 || b.n === 0) {
    return a.n === 0 ? b : a;
  }
  const n = a.n + b.n;
  const between = b.mean - a.mean;
  return { n, mean: a.mean + (between * b.n) / n, squares: a.squares + b.squares + (between ** 2 * a.n * b.n) / n };
}
