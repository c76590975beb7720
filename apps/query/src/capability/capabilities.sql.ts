import { type Queryable } from '@chip/persistence';
import { attemptsLeft, ofKinds, onSummedUpDays, spanOf, type SummedUpDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { overMeasurements, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { MIDNIGHT, runsOf } from '../attempts/whole-days.ts';
import { DAY, meanOf, squaresOf, weightedMeanOf } from '../measured/equal-values.sql.ts';
import { MOST_RUNS, summedUpInOrder } from '../measured/measured-moments.sql.ts';
import { hasBegunBefore, type Specification } from '../parameters/catalogue.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** Values of one parameter, summed up; least and greatest of what may differ between them. */
export interface ParameterMoments {
  readonly name: string;
  readonly n: number;
  readonly missing: number;
  readonly mean: number | null;
  readonly sigma_overall: number | null;
  readonly sigma_within: number | null;
  /** Values beyond mean -+ 3 sigma_within. */
  readonly beyond: number;
  readonly units: readonly (string | null)[];
  readonly inspection_types: readonly string[];
  readonly steps: readonly string[];
  readonly recipes: readonly (string | null)[];
  readonly sites: readonly string[];
  /** The limits that every value was tested by; null where they differ, or some have none. */
  readonly lower_limit: number | null;
  readonly upper_limit: number | null;
}

export interface ParametersQuestion extends AttemptQuestion {
  /** Whether values of several inspection types, steps and recipes count together. */
  readonly isMixed?: boolean;
}

type Kinds = Pick<ParameterMoments, 'units' | 'inspection_types' | 'steps' | 'recipes'>;

/** Properties in which the values of one name differ. */
export const differencesOf = ({ units, inspection_types, steps, recipes }: Kinds) =>
  (
    [
      ['unit', units],
      ['inspection_type', inspection_types],
      ['step', steps],
      ['recipe', recipes],
    ] as const
  ).flatMap(([name, values]) => (values.length > 1 ? [name] : []));

/** Whether values do not count together: the moments of such a name mean nothing, and its order is not kept. */
export const isAmbiguous = (of: Kinds, isMixed: boolean): boolean =>
  of.units.length > 1 || (!isMixed && differencesOf(of).length > 0);

/** Of the mean: what differs less from it may be equal but for the rounding of a sum. */
const ROUNDING = '1e-9';

/** To read the values of so many names and days takes longer than to read all of the question. */
const MOST_UNREAD = 20_000;

/** Where the daily table may have fewer columns. */
const NO_DAYS = `jsonb_populate_recordset(NULL::public.daily_measured, '[]') a WHERE false`;

/** Moments of every parameter of the counted attempts, by name; at most `limit`. */
export async function momentsOfParameters(
  snapshot: Queryable,
  question: ParametersQuestion,
  d2OfTwo: number,
  limit: number,
  mostUnread = MOST_UNREAD,
): Promise<ParameterMoments[]> {
  const { isMixed = false } = question;
  const apart = ['a.name', 'a.unit', ...(isMixed ? [] : ['a.inspection_type', 'a.step', 'a.recipe'])];
  const summed = await summedUpInOrder(snapshot, question, (where) => ofKinds(question, where), apart);
  const found = await momentsOfParts(snapshot, question, summed, { d2OfTwo, limit });
  const unread = found.filter((of) => of.unread !== null && !isAmbiguous(of, isMixed));
  if (unread.reduce((sum, of) => sum + (of.unread as string[]).length, 0) > mostUnread) {
    return momentsOfParts(snapshot, question, undefined, { d2OfTwo, limit });
  }
  const beyond = unread.length === 0 ? new Map<string, number>() : await beyondOnDays(snapshot, question, unread);
  return found.map((of) => ({ ...of, beyond: of.beyond + (beyond.get(of.name) ?? 0) }));
}

/** Moments, but for the values that the rows of some days leave out. */
interface PartialMoments extends ParameterMoments {
  /** How far from the mean values may be; null without sigma_within. */
  readonly reach: number | null;
  /** Days on which nothing says which values are beyond that. */
  readonly unread: readonly string[] | null;
}

/**
 * @param summed what daily tables answer: as for one parameter, a value that is read is a part of one value, and a row of a
 *   day a part of many
 */
function momentsOfParts(
  snapshot: Queryable,
  question: AttemptQuestion,
  summed: SummedUpDays | undefined,
  { d2OfTwo, limit }: { readonly d2OfTwo: number; readonly limit: number },
): Promise<PartialMoments[]> {
  const columns =
    'a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id, a.inspection_type, a.step, a.recipe';
  const { sql, where } = attemptsLeft(question, summed, 'operation', columns);
  const measured = overMeasurements(
    (
      joins,
    ) => `SELECT a.event_id, a.completed_at, a.lot_id, a.inspection_type, a.step, a.recipe, m.name, m.value, m.unit,
             m.lower_limit, m.upper_limit, m.event_id AS value_event, m.place
        FROM attempt a
        ${joins}`,
    undefined,
    timesOf(summed ? spanOf(summed) : question, where, 'attempt'),
  );
  const ofDays = summed && ofKinds(question, onSummedUpDays(summed, new SqlConditions(where.values))).toString();
  const kind = 'name, unit, inspection_type, step, recipe, lower_limit, upper_limit';
  const one = (column: string): string =>
    `CASE WHEN count(DISTINCT ${column}) = 1 AND count(${column}) = count(*) THEN min(${column}) END AS ${column}`;
  return snapshot.query<PartialMoments>(
    `WITH attempt AS (
      ${sql}
    ), measured AS (
      ${measured}
    ), day AS MATERIALIZED (
      SELECT a.* FROM ${ofDays === undefined ? NO_DAYS : `daily_measured a WHERE ${ofDays}`}
    ), part AS (
      SELECT ${kind}, true AS is_value, completed_at AS first_at, event_id, value_event, place, value AS first_value, lot_id AS first_lot, value AS last_value, lot_id AS last_lot
        FROM measured
      UNION ALL
      SELECT ${kind}, false, first_at, NULL, NULL, NULL, first_value, first_lot, last_value, last_lot FROM day
    ), ordered AS MATERIALIZED (
      SELECT ${kind}, first_lot AS lot_id, is_value, CASE WHEN is_value THEN first_value END AS value,
             abs(first_value - lag(last_value) OVER w) AS move, first_lot = lag(last_lot) OVER w AS same_lot
        FROM part WINDOW w AS (PARTITION BY name ORDER BY first_at, event_id, value_event, place, first_value)
    ), piece AS (
      SELECT ${kind}, l.site, n, missing, mean, squares, moves, moved, lot_neighbours, lot_moves, lot_moved
        FROM (SELECT ${kind}, lot_id, count(value) AS n, count(*) FILTER (WHERE is_value) - count(value) AS missing, ${meanOf('value')} AS mean, ${squaresOf('value')} AS squares,
                     count(move) AS moves, sum(move) AS moved, count(*) FILTER (WHERE same_lot) AS lot_neighbours,
                     count(move) FILTER (WHERE same_lot) AS lot_moves, sum(move) FILTER (WHERE same_lot) AS lot_moved
                FROM ordered GROUP BY ${kind}, lot_id) o
        JOIN lots l ON l.id = o.lot_id
      UNION ALL
      SELECT ${kind}, site, values, missing, ${DAY.mean}, ${DAY.squares}, moves, moved, lot_neighbours, lot_moves, lot_moved FROM day a
    ), centred AS (
      SELECT *, ${weightedMeanOf('n', ' OVER w')} AS centre FROM piece WINDOW w AS (PARTITION BY name)
    ), moments AS (
      SELECT name, sum(n)::int AS n, sum(missing)::int AS missing, min(centre) AS mean,
             sqrt(sum(squares + n * (mean - centre) ^ 2) / nullif(greatest(sum(n) - 1, 0), 0)) AS sigma_overall,
             (CASE WHEN sum(lot_neighbours) > 0 THEN sum(lot_moved) / nullif(sum(lot_moves), 0) ELSE sum(moved) / nullif(sum(moves), 0) END) / ${where.bind(d2OfTwo)}::float8 AS sigma_within,
             json_agg(DISTINCT unit) AS units, json_agg(DISTINCT inspection_type) AS inspection_types, json_agg(DISTINCT step) AS steps,
             json_agg(DISTINCT recipe) AS recipes, json_agg(DISTINCT site) AS sites, ${one('lower_limit')}, ${one('upper_limit')}
        FROM centred GROUP BY name
    ), reaching AS MATERIALIZED (
      SELECT *, CASE WHEN sigma_within IS NOT NULL THEN 3 * greatest(sigma_within, ${ROUNDING} * abs(mean)) END AS reach FROM moments
    ), beyond_of_values AS (
      SELECT name, count(*) AS beyond FROM ordered JOIN reaching m USING (name) WHERE abs(value - m.mean) > m.reach GROUP BY name
    ), beyond_of_rows AS (
      -- What lies between two values that are not beyond is not beyond, either; nor is nearer what lies farther out.
      SELECT name, d.day, d.outside + (SELECT count(*) FROM unnest(d.tails) AS value WHERE abs(value - m.mean) > m.reach) AS beyond,
             d.tails IS NOT NULL AND (abs(d.inner_low - m.mean) > m.reach OR abs(d.inner_high - m.mean) > m.reach) IS NOT TRUE
             AND (d.outside = 0 OR (m.mean - d.outer_low > m.reach AND d.outer_high - m.mean > m.reach)) AS holds
        FROM day d JOIN reaching m USING (name) WHERE m.reach IS NOT NULL
    ), beyond_of_days AS (
      SELECT name, sum(beyond) FILTER (WHERE holds) AS beyond, array_agg(day::text) FILTER (WHERE NOT holds) AS unread
        FROM (SELECT name, day, sum(beyond) AS beyond, bool_and(holds) AS holds FROM beyond_of_rows GROUP BY name, day) AS by_day
       GROUP BY name
    )
    SELECT m.*, (coalesce(v.beyond, 0) + coalesce(d.beyond, 0))::int AS beyond, d.unread
      FROM reaching m LEFT JOIN beyond_of_values v USING (name) LEFT JOIN beyond_of_days d USING (name)
     ORDER BY m.name COLLATE "C" LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** Values beyond the reach of their mean on the days that rows say nothing of, by name. */
async function beyondOnDays(
  snapshot: Queryable,
  question: AttemptQuestion,
  parameters: readonly PartialMoments[],
): Promise<ReadonlyMap<string, number>> {
  const pairs = parameters.flatMap(({ unread, ...of }) => (unread ?? []).map((day) => ({ ...of, day })));
  const runs = runsOf([...new Set(pairs.map(({ day }) => day))].sort());
  // Days between them hold no pair.
  const spans = runs.length > MOST_RUNS ? [[runs[0]![0], runs.at(-1)![1]] as const] : runs;
  const left = spans.map(([first, end]) => [first + MIDNIGHT, end + MIDNIGHT] as const);
  const { sql, where } = attemptsLeft(
    question,
    { left },
    'operation',
    `a.inspection_id, a.event_ids, (a.completed_at AT TIME ZONE 'UTC')::date AS day`,
  );
  const measured = overMeasurements(
    (joins) => `SELECT m.name, a.day, m.value FROM attempt a
        ${joins}`,
    undefined,
    timesOf(spanOf({ left }), where, 'attempt'),
  );
  const counts = await snapshot.query<{ name: string; beyond: number }>(
    `WITH attempt AS (
      ${sql}
    ), measured AS (
      ${measured}
    ), unread AS (
      SELECT * FROM unnest(${where.bind(pairs.map(({ name }) => name))}::text[], ${where.bind(pairs.map(({ day }) => day))}::date[],
                           ${where.bind(pairs.map(({ mean }) => mean))}::float8[], ${where.bind(pairs.map(({ reach }) => reach))}::float8[]) AS u (name, day, mean, reach)
    )
    SELECT u.name, count(*)::int AS beyond FROM measured m JOIN unread u ON u.name = m.name AND u.day = m.day
     WHERE abs(m.value - u.mean) > u.reach GROUP BY u.name`,
    where.values,
  );
  return new Map(counts.map(({ name, beyond }) => [name, beyond]));
}

/** A version of the catalogue that may hold for values of a parameter. */
export interface NamedSpecification extends Specification {
  readonly name: string;
  readonly lsl: number | null;
  readonly usl: number | null;
  readonly target: number | null;
}

/** What the catalogue says of parameters of a product at the end of a range (undefined = now). */
export function specificationsOfProduct(
  snapshot: Queryable,
  product: string,
  to: string | undefined,
): Promise<NamedSpecification[]> {
  return snapshot.query<NamedSpecification>(
    `SELECT name, nullif(product, '') AS product, nullif(step, '') AS step, nullif(recipe, '') AS recipe, nullif(site, '') AS site, unit,
            lower_limit AS lsl, upper_limit AS usl, target
       FROM (SELECT DISTINCT ON (name, product, step, recipe, site) * FROM parameters
              WHERE product IN ('', $1) AND withdrawn_at IS NULL AND ${hasBegunBefore('$2')}
              ORDER BY name, product, step, recipe, site, valid_from DESC) AS held`,
    [product, to ?? null],
  );
}
