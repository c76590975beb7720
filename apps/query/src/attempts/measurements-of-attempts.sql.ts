/**
 * Reads measurements of attempts by position. The view `measurements` unnests every value of every vector that a join
 * touches, and a join cannot use an index through it; so joins name both forms in which measurements are stored.
 */
import { LAST_MS } from '@chip/contracts';
import { type UnitFilters } from '../http/parameters.ts';
import { type SqlConditions } from '../sql/sql-conditions.ts';

/** CTE `named`: positions of the measurement `name` (a placeholder) in the sets; an event may repeat a name. */
export const namedPlaces = (name: string): string => `named AS MATERIALIZED (
      SELECT s.id AS set_id, p.place, s.names[p.place] AS name, s.units[p.place] AS unit,
             s.lower_limits[p.place] AS lower_limit, s.upper_limits[p.place] AS upper_limit
        FROM measurement_sets s
       CROSS JOIN LATERAL unnest(array_positions(s.names, ${name}::varchar)) AS p (place)
       WHERE s.names @> ARRAY[${name}::varchar]
    )`;

const EVERYWHERE = [() => ''];

/** The time of a hand-inserted row may differ this much from that of its attempt. */
const MARGIN_MS = 86_400_000;
const MARGIN = `INTERVAL '${MARGIN_MS} milliseconds'`;
/** PostgreSQL does not read the ISO text of times after {@link LAST_MS}. */
const shifted = (time: string, byMs: number): string =>
  new Date(Math.min(LAST_MS, Date.parse(time) + byMs)).toISOString();

interface Scope {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly lot_id?: UnitFilters['lot_id'] | undefined;
}

/**
 * Conditions on attempts `a` and on the time of their measurements that together cover every attempt completed in the range.
 * If an attempt has a single event, its measurements carry the completion time, so only those chunks are read.
 * Measurements from earlier events of an attempt may lie anywhere.
 *
 * @param attempts CTE of the attempts, with their `completed_at`: an end that a question about few lots leaves open is taken
 *   from them
 */
export function timesOf(
  { from: begin, to: end, lot_id }: Scope,
  where: SqlConditions,
  attempts: string,
): readonly ((row: string) => string)[] {
  const ofFew = (time: string): string | undefined =>
    lot_id === undefined ? undefined : `(SELECT ${time} FROM ${attempts})`;
  const from = begin === undefined ? ofFew(`min(completed_at) - ${MARGIN}`) : where.bind(shifted(begin, -MARGIN_MS));
  const to = end === undefined ? ofFew(`max(completed_at) + ${MARGIN}`) : where.bind(shifted(end, MARGIN_MS));
  if (from === undefined && to === undefined) {
    return EVERYWHERE;
  }
  const near = (row: string): string =>
    (from === undefined ? '' : ` AND ${row}.time >= ${from}::timestamptz`) +
    (to === undefined ? '' : ` AND ${row}.time <= ${to}::timestamptz`);
  return [(row: string) => ` AND cardinality(a.event_ids) = 1${near(row)}`, () => ' AND cardinality(a.event_ids) <> 1'];
}

/**
 * A value of a row `v` of measurement_values, of which one of two forms is null.
 *
 * @param row what holds the parts of the value
 * @param place its position, where the parts are arrays
 */
export const measuredValue = (row: string, place = ''): string =>
  `coalesce(${row}.values${place}, ${row}.digits${place} / (10::float8 ^ v.decimals))`;

const OF_ATTEMPT = (row: string): string =>
  `${row}.inspection_id = a.inspection_id AND ${row}.event_id = ANY (a.event_ids)`;
const VALUES = `JOIN measurement_sets s ON s.id = v.set_id
        CROSS JOIN LATERAL (
          SELECT v.time, v.inspection_id, v.event_id, u.name, ${measuredValue('u')} AS value, u.unit, u.lower_limit, u.upper_limit, u.place
            FROM unnest(s.names, v.values, v.digits, s.units, s.lower_limits, s.upper_limits) WITH ORDINALITY AS u (name, values, digits, unit, lower_limit, upper_limit, place)) m`;
const NAMED_VALUE = `JOIN named n ON n.set_id = v.set_id
        CROSS JOIN LATERAL (
          SELECT v.time, v.inspection_id, v.event_id, n.name, ${measuredValue('v', '[n.place]')} AS value, n.unit, n.lower_limit, n.upper_limit, n.place) m`;
/** Rows have no order until they are packed: those of one name are ordered by value. */
const ROWS = '(SELECT *, 1::bigint AS place FROM measurement_rows) m';

/**
 * SELECT over attempts `a` and their measurements `m` (time, inspection_id, event_id, name, value, unit, lower_limit,
 * upper_limit, place in the event), from vectors and from the rows that earlier versions stored.
 *
 * @param select makes the statement with these joins after its FROM
 * @param name placeholder of the requested name, with the CTE {@link namedPlaces}; undefined = all names
 * @param times from {@link timesOf}
 */
export function overMeasurements(
  select: (joins: string) => string,
  name?: string,
  times: readonly ((row: string) => string)[] = EVERYWHERE,
): string {
  const isNamed = name === undefined ? '' : ` AND m.name = ${name}`;
  return times
    .flatMap((near) => [
      `JOIN ${ROWS} ON ${OF_ATTEMPT('m')}${isNamed}${near('m')}`,
      `JOIN measurement_values v ON ${OF_ATTEMPT('v')}${near('v')}
        ${name === undefined ? VALUES : NAMED_VALUE}`,
    ])
    .map(select)
    .join('\n      UNION ALL\n      ');
}
