import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { overMeasurements, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { type Specification } from '../parameters/catalogue.sql.ts';

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

const ORDER = 'completed_at, event_id, value_event, value';

/** Moments of every parameter of the counted attempts, by name; at most `limit`. */
export function momentsOfParameters(
  snapshot: Queryable,
  question: AttemptQuestion,
  d2OfTwo: number,
  limit: number,
): Promise<ParameterMoments[]> {
  const { sql, where } = chosenAttempts(
    question,
    'operation',
    'a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id, a.inspection_type, a.step, a.recipe',
  );
  const measured = overMeasurements(
    (
      joins,
    ) => `SELECT a.event_id, a.completed_at, a.lot_id, a.inspection_type, a.step, a.recipe, m.name, m.value, m.unit,
             m.lower_limit, m.upper_limit, m.event_id AS value_event
        FROM attempt a
        ${joins}`,
    undefined,
    timesOf(question, where, 'attempt'),
  );
  const one = (column: string): string =>
    `CASE WHEN count(DISTINCT ${column}) = 1 AND count(${column}) = count(*) THEN min(${column}) END AS ${column}`;
  return snapshot.query<ParameterMoments>(
    `WITH attempt AS (
      ${sql}
    ), measured AS (
      ${measured}
    ), ordered AS MATERIALIZED (
      SELECT *, abs(value - lag(value) OVER w) AS move, lot_id = lag(lot_id) OVER w AS same_lot
        FROM measured WINDOW w AS (PARTITION BY name ORDER BY ${ORDER})
    ), moments AS (
      SELECT o.name, count(value)::int AS n, (count(*) - count(value))::int AS missing, avg(value) AS mean, stddev_samp(value) AS sigma_overall,
             (CASE WHEN count(*) FILTER (WHERE same_lot) > 0 THEN avg(move) FILTER (WHERE same_lot) ELSE avg(move) END) / ${where.bind(d2OfTwo)}::float8 AS sigma_within,
             json_agg(DISTINCT unit) AS units, json_agg(DISTINCT inspection_type) AS inspection_types, json_agg(DISTINCT step) AS steps,
             json_agg(DISTINCT recipe) AS recipes, json_agg(DISTINCT l.site) AS sites, ${one('lower_limit')}, ${one('upper_limit')}
        FROM ordered o JOIN lots l ON l.id = o.lot_id
       GROUP BY o.name
    )
    SELECT m.*, (SELECT count(*)::int FROM ordered o WHERE o.name = m.name AND abs(o.value - m.mean) > 3 * m.sigma_within) AS beyond
      FROM moments m ORDER BY m.name COLLATE "C" LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** A version of the catalogue that may hold for values of a parameter. */
export interface NamedSpecification extends Specification {
  readonly name: string;
  readonly lsl: number | null;
  readonly usl: number | null;
  readonly target: number | null;
}

/** What the catalogue says of parameters of a product at a time (undefined = now). */
export function specificationsOfProduct(
  snapshot: Queryable,
  product: string,
  at: string | undefined,
): Promise<NamedSpecification[]> {
  return snapshot.query<NamedSpecification>(
    `SELECT name, nullif(product, '') AS product, nullif(step, '') AS step, nullif(recipe, '') AS recipe, nullif(site, '') AS site, unit,
            lower_limit AS lsl, upper_limit AS usl, target
       FROM (SELECT DISTINCT ON (name, product, step, recipe, site) * FROM parameters
              WHERE product IN ('', $1) AND withdrawn_at IS NULL AND valid_from <= coalesce($2::timestamptz, now())
              ORDER BY name, product, step, recipe, site, valid_from DESC) AS held`,
    [product, at ?? null],
  );
}
