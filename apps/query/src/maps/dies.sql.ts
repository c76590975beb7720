import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts, isSuperseded, preferredFirst } from '../attempts/chosen-attempts.ts';
import { namedPlaces, overMeasurements, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { type GeometryItem } from '../geometries/geometry-answer.ts';
import { boundFigures, type Zone, zoneOf } from '../geometries/zones.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { kindsOf, type MapKind, MAX_KINDS } from './map-scope.ts';

/** Values of the attempt itself; any other name is that of a measurement. */
const DIE_VALUES = ['result', 'hard_bin', 'soft_bin', 'defect_count'] as const;
const BINS = ['hard_bin', 'soft_bin'];

/** How a stack sums up the values of one die position. */
export type StackedAs = 'fail_fraction' | 'most_frequent' | 'mean';
export const stackedAs = (value: string): StackedAs =>
  value === 'result' ? 'fail_fraction' : BINS.includes(value) ? 'most_frequent' : 'mean';

/** Most die positions of one map. */
export const MAX_DIES = 200_000;

/** Most dice of all wafers of a gallery: 25 wafers of 20,000. */
export const MAX_GALLERY_DIES = 500_000;

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
  /** Least and greatest unit of the measured values; equal unless units are mixed. */
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

function placedAttempts(question: MapQuestion) {
  const { lot, wafer, value } = question;
  const where = new SqlConditions()
    .when(lot, ($) => `a.lot_id = ${$}::uuid`)
    .when(wafer, ($) => `a.wafer_id = ${$}`)
    .require('a.wafer_id IS NOT NULL AND a.die_x IS NOT NULL AND a.die_y IS NOT NULL');
  const own = DIE_VALUES.find((name) => name === value);
  const chosen = chosenAttempts(
    ofOneLot(question, where),
    'operation',
    `a.inspection_id, a.inspection_type, a.step, a.product, a.lot_id, a.wafer_id, a.completed_at, a.event_ids, a.result, a.occurred_at, a.attempt_no, a.event_id, a.die_x AS x, a.die_y AS y, ${own ? `a.${own}` : 'NULL'} AS value`,
    where,
  );
  return { chosen, where, own };
}

/**
 * The question with the policy as a condition of its own: most units of a lot have one attempt, and of the others the chosen
 * attempts are looked up. Comparing each of 100,000 dice with the retests takes half as long again.
 */
function ofOneLot(question: MapQuestion, where: SqlConditions): MapQuestion {
  const { lot, as_at } = question;
  if (lot === undefined || as_at !== undefined || question.policy === 'all') {
    return question;
  }
  const retests = `(SELECT * FROM yield_retests WHERE lot_id = ${where.bind(lot)}::uuid)`;
  where.require(`(a.inspection_id NOT IN (SELECT r.inspection_id FROM ${retests} r)
           OR (a.inspection_id, a.event_id) IN (SELECT r.inspection_id, r.event_id FROM ${retests} r WHERE NOT ${isSuperseded('r', question, 'operation', retests)}))`);
  return { ...question, policy: 'all' };
}

/** What the counted attempts belong to. */
export const kindsOfMap = (snapshot: Queryable, question: MapQuestion): Promise<MapKind[]> =>
  kindsOf(snapshot, placedAttempts(question).chosen);

/** Columns that carry the order of attempts, the place and the verdict. */
const CARRIED = ['lot_id', 'wafer_id', 'x', 'y', 'result', 'occurred_at', 'attempt_no', 'event_id'];
const carried = (row: string): string => CARRIED.map((column) => `${row}.${column}`).join(', ');

/** CTE `carried`: the latest measurement of that name per chosen attempt. */
function latestOf(name: string, times: ReturnType<typeof timesOf>): string {
  const columns = `a.inspection_id, a.step, ${carried('a')}`;
  const measured = overMeasurements(
    (joins) => `SELECT ${columns}, m.value, m.unit, m.time, m.event_id AS value_event FROM chosen a
        ${joins}`,
    name,
    times,
  );
  return `${namedPlaces(name)}, carried AS (
      SELECT DISTINCT ON (inspection_id, step, event_id) * FROM (
      ${measured}) m
       ORDER BY inspection_id, step, event_id, time DESC, value_event DESC
    )`;
}

const STACKED: Readonly<Record<StackedAs, string>> = {
  fail_fraction: `(count(*) FILTER (WHERE result = 'fail'))::float8 / count(*)`,
  most_frequent: 'mode() WITHIN GROUP (ORDER BY value)',
  mean: 'avg(value)::float8',
};

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
    SELECT wafer_id, json_agg(x) AS xs, json_agg(y) AS ys, json_agg(value) AS values, min(unit) AS least_unit, max(unit) AS greatest_unit
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
  const rows = await snapshot.query<KindRow & { readonly attempts: number }>(
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
 */
export function diesOf(
  snapshot: Queryable,
  question: MapQuestion,
  limit: number,
  zoned: { readonly geometry: GeometryItem; readonly zones: readonly Zone[] } | undefined,
): Promise<DieRow[]> {
  const { where, ctes } = dieOf(question);
  const summed =
    question.wafer === undefined
      ? `SELECT x, y, ${STACKED[stackedAs(question.value)]} AS value, count(*)::int AS tested, (count(*) FILTER (WHERE result = 'fail'))::int AS failed,
             min(unit) AS least_unit, max(unit) AS greatest_unit FROM die GROUP BY x, y`
      : `SELECT x, y, value, 1 AS tested, (result = 'fail')::int AS failed, unit AS least_unit, unit AS greatest_unit FROM die`;
  return snapshot.query<DieRow>(
    `${ctes}, summed AS (
      ${summed}
    )
    SELECT s.*${zoneColumns(zoned, where)} FROM summed s ORDER BY s.x, s.y LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

function zoneColumns(zoned: Parameters<typeof diesOf>[3], where: SqlConditions): string {
  if (zoned === undefined) {
    return '';
  }
  const figures = boundFigures(zoned.geometry, (value) => where.bind(value));
  return zoned.zones.map((zone) => `, ${zoneOf(zone, figures, 's.x', 's.y')} AS ${zone}`).join('');
}
