import { type Queryable } from '@chip/persistence';
import { attemptsAndDays, beginOf } from '../attempts/attempts-and-days.sql.ts';
import {
  type AttemptQuestion,
  chosenAttempts,
  inRange,
  isSuperseded,
  preferredFirst,
} from '../attempts/chosen-attempts.ts';
import { namedPlaces, overMeasurements, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { type GeometryItem } from '../geometries/geometry-answer.ts';
import { boundFigures, type Zone, zoneOf } from '../geometries/zones.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { kindsOf, type MapKind, MAX_KINDS } from './map-scope.ts';
import { type StackedAs, stackOfValues } from './stack.sql.ts';

/** Values of the attempt itself; any other name is that of a measurement. */
const DIE_VALUES = ['result', 'hard_bin', 'soft_bin', 'defect_count'] as const;
const BINS = ['hard_bin', 'soft_bin'];

export const stackedAs = (value: string): StackedAs =>
  value === 'result' ? 'fail_fraction' : BINS.includes(value) ? 'most_frequent' : 'mean';

/** Most die positions of one map. */
export const MAX_DIES = 200_000;

/** Most dice of all wafers of a gallery: 25 wafers of 20,000. */
export const MAX_GALLERY_DIES = 500_000;
/** Most values of a gallery, absent ones included: wafers of four products in one lot. */
export const MAX_GALLERY_VALUES = 4 * MAX_GALLERY_DIES;

/** A question about dies; absent `lot` and `wafer`: of every lot and wafer that the filters match. */
export interface MapQuestion extends AttemptQuestion {
  readonly lot?: string | undefined;
  readonly wafer?: string | undefined;
  readonly value: string;
}

interface ZonedRow {
  readonly ring?: string | null;
  readonly quadrant?: string | null;
  readonly edge?: string | null;
  readonly reticle?: string | null;
}

/** One die position of a wafer, or of a stack of wafers. */
export interface DieRow extends ZonedRow {
  readonly x: number;
  readonly y: number;
  /** Of the die; in a stack: fraction failing, most frequent bin, or mean. */
  readonly value: string | number | null;
  /** Wafers on which the die was tested; attempts when every attempt counts. */
  readonly tested: number;
  readonly failed: number;
  /** Least and greatest unit of the measured values, '' for none; equal unless units are mixed. */
  readonly least_unit: string | null;
  readonly greatest_unit: string | null;
}

/** The dice of one wafer that have the value, column by column. */
export interface WaferRow extends Pick<DieRow, 'least_unit' | 'greatest_unit'> {
  readonly wafer_id: string;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly values: readonly (string | number)[];
}

/** The dice of one wafer whose attempts are of one kind, column by column and in no order. A die under two names comes twice. */
export interface KindRow extends MapKind {
  /** null when no die has the value. */
  readonly xs: readonly number[] | null;
  readonly ys: readonly number[] | null;
  readonly values: readonly (string | number)[] | null;
}

const IS_PLACED = 'a.wafer_id IS NOT NULL AND a.die_x IS NOT NULL AND a.die_y IS NOT NULL';

/** The chosen attempts that have a place, with `value`, which is null if it is not one of their own but measured. */
export function placedAttempts(question: MapQuestion) {
  const { lot, wafer, value } = question;
  const where = new SqlConditions()
    .when(lot, ($) => `a.lot_id = ${$}::uuid`)
    .when(wafer, ($) => `a.wafer_id = ${$}`)
    .require(IS_PLACED);
  const own = DIE_VALUES.find((name) => name === value);
  const chosen = chosenAttempts(
    withFewRetests(question, where),
    'operation',
    `a.inspection_id, a.inspection_type, a.step, a.product, a.lot_id, a.wafer_id, a.completed_at, a.event_ids, a.result, a.occurred_at, a.attempt_no, a.event_id, a.die_x AS x, a.die_y AS y, ${own ? `a.${own}` : 'NULL'} AS value`,
    where,
  );
  return { chosen, where, own };
}

/**
 * The question with its policy as a condition of its own: without the attempts to which the policy prefers another. Those are
 * found among the copies of retested attempts, which are few, instead of looking for other attempts of every unit: a hash of
 * every die would take a third of the time of a map.
 */
function withFewRetests(question: MapQuestion, where: SqlConditions): MapQuestion {
  const { lot, as_at, policy } = question;
  if (as_at !== undefined || policy === 'all') {
    return question;
  }
  // The copies name no recipe.
  const ofCopies = inRange(new SqlConditions(where.values), { ...question, recipe: undefined }, 'r');
  // An event belongs to one attempt.
  if (lot === undefined) {
    const beaten = ofCopies.require(isSuperseded('r', question, 'operation') as string);
    where.require(
      `NOT EXISTS (SELECT FROM (SELECT r.inspection_id, r.event_id FROM yield_retests r WHERE ${beaten.toString()}) AS beaten
            WHERE beaten.inspection_id = a.inspection_id AND beaten.event_id = a.event_id)`,
    );
  } else {
    // Whatever the statistics say of this lot, the set becomes a hash table: the planner takes an equation to hold for few
    // rows. A join would compare each with each where it expects few of both, as in tables that nobody has analyzed yet.
    where.require(
      `a.event_id NOT IN (SELECT r.event_id FROM (SELECT *, row_number() OVER (PARTITION BY inspection_id, step ORDER BY ${preferredFirst('c', policy)}) AS rank
                                   FROM yield_retests c WHERE lot_id = ${where.bind(lot)}::uuid) AS r
            WHERE (r.rank > 1)::int = 1 AND ${ofCopies.toString()})`,
    );
  }
  return { ...question, policy: 'all' };
}

/** What the counted attempts belong to. */
export async function kindsOfMap(snapshot: Queryable, question: MapQuestion): Promise<MapKind[]> {
  const ofDays = question.lot === undefined ? await kindsOfDays(snapshot, question) : undefined;
  return ofDays ?? kindsOf(snapshot, placedAttempts(question).chosen);
}

/**
 * Kinds of whole days from their sums, which know the last day of each, but not where dice lie: the last attempt with a place
 * is looked up in that day.
 *
 * @returns undefined when a kind has none there, so that it may have an earlier one, or none at all
 */
async function kindsOfDays(snapshot: Queryable, question: MapQuestion): Promise<MapKind[] | undefined> {
  const columns = 'a.inspection_type, a.step, a.product';
  const { attempts, days, values } = await attemptsAndDays(
    snapshot,
    question,
    'operation',
    `${columns}, CASE WHEN ${IS_PLACED} THEN a.completed_at END AS completed_at, NULL::date AS day, 1 AS attempts`,
    { table: 'daily_attempts', columns: `${columns}, NULL, a.day, a.attempts` },
  );
  if (days === '') {
    return undefined;
  }
  const where = new SqlConditions(values)
    .require(IS_PLACED)
    .require(
      'a.inspection_type::text = kind.inspection_type AND a.step = kind.step AND a.product IS NOT DISTINCT FROM kind.product',
    )
    .require(`a.completed_at >= ${beginOf('kind.day')} AND a.completed_at < ${beginOf('kind.day + 1')}`);
  const last = chosenAttempts(question, 'operation', 'a.completed_at', where);
  const rows = await snapshot.query<Omit<MapKind, 'last_at'> & { readonly last_at: string | null }>(
    `WITH seen AS (
      ${attempts}
      ${days}
    ), kind AS (
      SELECT inspection_type::text AS inspection_type, step, product, max(completed_at) AS last_at, max(day) AS day, sum(attempts)::float8 AS attempts
        FROM seen WHERE completed_at IS NOT NULL OR day IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${MAX_KINDS}
    )
    SELECT inspection_type, step, product, attempts,
           CASE WHEN day IS NULL OR last_at >= ${beginOf('day + 1')} THEN last_at
                ELSE (SELECT found.completed_at FROM (${last.sql}) AS found ORDER BY found.completed_at DESC LIMIT 1) END AS last_at
      FROM kind ORDER BY 1, 2, 3`,
    values,
  );
  return rows.every((row): row is MapKind => row.last_at !== null) ? rows : undefined;
}

/** Columns that carry the order of attempts, the place and the verdict. */
const CARRIED = ['lot_id', 'wafer_id', 'x', 'y', 'result', 'occurred_at', 'attempt_no', 'event_id'];
const carried = (row: string): string => CARRIED.map((column) => `${row}.${column}`).join(', ');

/** Values without a unit are of a unit of their own. */
const UNITS = `min(coalesce(unit, '')) AS least_unit, max(coalesce(unit, '')) AS greatest_unit`;

/** CTE `carried`: the latest measurement of that name per chosen attempt. */
function latestOf(name: string, times: ReturnType<typeof timesOf>): string {
  const columns = `a.inspection_id, a.step, ${carried('a')}`;
  const measured = overMeasurements(
    (joins) => `SELECT ${columns}, m.value, m.unit, m.time, m.event_id AS value_event, m.place FROM chosen a
        ${joins}`,
    name,
    times,
  );
  return `${namedPlaces(name)}, carried AS (
      SELECT DISTINCT ON (inspection_id, step, event_id) * FROM (
      ${measured}) m
       ORDER BY inspection_id, step, event_id, time DESC, value_event DESC, place DESC
    )`;
}

/** CTE `die`: the value of each place of each wafer. */
function dieOf(question: MapQuestion): { readonly where: SqlConditions; readonly ctes: string } {
  const { policy, value } = question;
  const { chosen, where, own } = placedAttempts(question);
  const values =
    own === undefined
      ? latestOf(where.bind(value), timesOf({ ...question, lot_id: question.lot }, where, 'chosen'))
      : `carried AS (SELECT ${carried('c')}, c.value, NULL::text AS unit FROM chosen c WHERE c.value IS NOT NULL)`;
  const perDie =
    policy === 'all'
      ? 'SELECT wafer_id, x, y, result, value, unit FROM carried'
      : `SELECT DISTINCT ON (lot_id, wafer_id, x, y) wafer_id, x, y, result, value, unit FROM carried ORDER BY lot_id, wafer_id, x, y, ${preferredFirst('carried', policy)}`;
  return { where, ctes: `WITH chosen AS (\n${chosen.sql}\n    ), ${values}, die AS (\n${perDie}\n    )` };
}

/**
 * The dice of every wafer of a lot, or of one, at most `limit` of all together; a wafer without any is absent. Those of one
 * come by x, then y.
 */
export function diesByWafer(snapshot: Queryable, question: MapQuestion, limit: number): Promise<WaferRow[]> {
  const { where, ctes } = dieOf(question);
  // One row per wafer: a row per die would take longer to read than to find.
  return snapshot.query<WaferRow>(
    `${ctes}
    SELECT wafer_id, json_agg(x) AS xs, json_agg(y) AS ys, json_agg(value) AS values, ${UNITS}
      FROM (SELECT wafer_id, x, y, value, unit FROM die${question.wafer === undefined ? '' : ' ORDER BY x, y'} LIMIT ${where.bind(limit)}) AS placed
     GROUP BY wafer_id ORDER BY wafer_id`,
    where.values,
  );
}

/**
 * What {@link kindsOfMap} and {@link diesByWafer} find for one wafer, in one pass over its attempts and without sorting them.
 *
 * @param limit of attempts
 * @returns undefined for measured values, and when attempts were left out
 */
export async function diesByKind(
  snapshot: Queryable,
  question: MapQuestion,
  limit: number,
): Promise<KindRow[] | undefined> {
  const { chosen, where, own } = placedAttempts(question);
  if (own === undefined) {
    return undefined;
  }
  const rows = await snapshot.query<KindRow>(
    `SELECT inspection_type, step, product, max(completed_at) AS last_at, count(*)::int AS attempts,
            json_agg(x) FILTER (WHERE value IS NOT NULL) AS xs, json_agg(y) FILTER (WHERE value IS NOT NULL) AS ys,
            json_agg(value) FILTER (WHERE value IS NOT NULL) AS values
       FROM (${chosen.sql} LIMIT ${where.bind(limit)}) AS chosen
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${MAX_KINDS}`,
    where.values,
  );
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
  return attempts < limit && rows.length < MAX_KINDS ? rows : undefined;
}

/**
 * Die positions, by x, then y, at most `limit`; those whose chosen attempts have the value. Several units at one position of a
 * wafer (a die under two names) count as one.
 *
 * @param isCrowded from {@link isCrowdedMap}; makes no difference but in speed
 */
export function diesOf(
  snapshot: Queryable,
  question: MapQuestion,
  limit: number,
  zoned: { readonly geometry: GeometryItem; readonly zones: readonly Zone[] } | undefined,
  isCrowded = false,
): Promise<DieRow[]> {
  const { where, ctes } = question.wafer === undefined ? stackOf(question, isCrowded) : waferOf(question);
  return snapshot.query<DieRow>(
    `${ctes}
    SELECT s.*${zoneColumns(zoned, where)} FROM summed s ORDER BY s.x, s.y LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** CTE `summed` of one wafer. */
function waferOf(question: MapQuestion): ReturnType<typeof dieOf> {
  const { where, ctes } = dieOf(question);
  return {
    where,
    ctes: `${ctes}, summed AS (
      SELECT x, y, value, 1 AS tested, (result = 'fail')::int AS failed, coalesce(unit, '') AS least_unit, coalesce(unit, '') AS greatest_unit FROM die
    )`,
  };
}

/** CTE `summed` of several wafers. */
function stackOf(question: MapQuestion, isCrowded: boolean): ReturnType<typeof dieOf> {
  const { chosen, where, own } = placedAttempts(question);
  if (own !== undefined) {
    return { where, ctes: stackOfValues(chosen.sql, question.policy, stackedAs(question.value), isCrowded) };
  }
  const measured = dieOf(question);
  return {
    where: measured.where,
    ctes: `${measured.ctes}, summed AS (
      SELECT x, y, avg(value)::float8 AS value, count(*)::int AS tested, (count(*) FILTER (WHERE result = 'fail'))::int AS failed,
             ${UNITS} FROM die GROUP BY x, y
    )`,
  };
}

function zoneColumns(zoned: Parameters<typeof diesOf>[3], where: SqlConditions): string {
  if (zoned === undefined) {
    return '';
  }
  const figures = boundFigures(zoned.geometry, (value) => where.bind(value));
  return zoned.zones.map((zone) => `, ${zoneOf(zone, figures, 's.x', 's.y')} AS ${zone}`).join('');
}
