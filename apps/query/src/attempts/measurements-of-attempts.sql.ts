/**
 * Measurements of attempts, asked by position. The view `measurements` unnests every value of every vector that a join meets,
 * and a join finds no index through it; so what joins names both forms that measurements are stored in.
 */
import { type SqlConditions } from '../sql/sql-conditions.ts';

/** CTE `named`: where sets hold the measurement of the placeholder `name`; an event may repeat it. */
export const namedPlaces = (name: string): string => `named AS MATERIALIZED (
      SELECT s.id AS set_id, p.place, s.names[p.place] AS name, s.units[p.place] AS unit,
             s.lower_limits[p.place] AS lower_limit, s.upper_limits[p.place] AS upper_limit
        FROM measurement_sets s
       CROSS JOIN LATERAL unnest(array_positions(s.names, ${name}::varchar)) AS p (place)
       WHERE s.names @> ARRAY[${name}::varchar]
    )`;

/** Rows that people inserted may lie this much beside the attempt they name. */
const MARGIN_MS = 86_400_000;
const shifted = (time: string, byMs: number): string => new Date(Date.parse(time) + byMs).toISOString();

/**
 * Conditions on attempts `a` and the time of their measurements that together cover every attempt completed in the range.
 * One event brings its measurements with the time that becomes the completion of its attempt, so only their chunks are
 * looked at. What earlier messages of an attempt brought lies anywhere.
 */
export function timesOf(
  range: { from?: string | undefined; to?: string | undefined },
  where: SqlConditions,
): readonly ((row: string) => string)[] {
  if (range.from === undefined && range.to === undefined) {
    return [() => ''];
  }
  const from = range.from === undefined ? undefined : where.bind(shifted(range.from, -MARGIN_MS));
  const to = range.to === undefined ? undefined : where.bind(shifted(range.to, MARGIN_MS));
  const near = (row: string): string =>
    (from === undefined ? '' : ` AND ${row}.time >= ${from}::timestamptz`) +
    (to === undefined ? '' : ` AND ${row}.time < ${to}::timestamptz`);
  return [(row: string) => ` AND cardinality(a.event_ids) = 1${near(row)}`, () => ' AND cardinality(a.event_ids) <> 1'];
}

const EVERYWHERE = [() => ''];
const OF_ATTEMPT = (row: string): string =>
  `${row}.inspection_id = a.inspection_id AND ${row}.event_id = ANY (a.event_ids)`;
const VALUES = `JOIN measurement_sets s ON s.id = v.set_id
        CROSS JOIN LATERAL (
          SELECT v.time, v.inspection_id, v.event_id, u.name, u.value, u.unit, u.lower_limit, u.upper_limit
            FROM unnest(s.names, v.values, s.units, s.lower_limits, s.upper_limits) AS u (name, value, unit, lower_limit, upper_limit)) m`;
const NAMED_VALUE = `JOIN named n ON n.set_id = v.set_id
        CROSS JOIN LATERAL (
          SELECT v.time, v.inspection_id, v.event_id, n.name, v.values[n.place] AS value, n.unit, n.lower_limit, n.upper_limit) m`;

/**
 * SELECT over attempts `a` and their measurements `m` (time, inspection_id, event_id, name, value, unit, lower_limit,
 * upper_limit), from vectors and from the rows of earlier versions.
 *
 * @param select the statement with these joins put in after its FROM
 * @param name placeholder of the one name asked for, with the CTE {@link namedPlaces}; undefined = all names
 * @param times of {@link timesOf}
 */
export function overMeasurements(
  select: (joins: string) => string,
  name?: string,
  times: readonly ((row: string) => string)[] = EVERYWHERE,
): string {
  const isNamed = name === undefined ? '' : ` AND m.name = ${name}`;
  return times
    .flatMap((near) => [
      `JOIN measurement_rows m ON ${OF_ATTEMPT('m')}${isNamed}${near('m')}`,
      `JOIN measurement_vectors v ON ${OF_ATTEMPT('v')}${near('v')}
        ${name === undefined ? VALUES : NAMED_VALUE}`,
    ])
    .map(select)
    .join('\n      UNION ALL\n      ');
}
