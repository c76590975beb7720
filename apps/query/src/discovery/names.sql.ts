import { type Queryable } from '@chip/persistence';
import { attemptsAndDays, beginOf } from '../attempts/attempts-and-days.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export interface SeenName {
  readonly name: string;
  readonly first_seen: string;
  readonly last_seen: string;
}

/**
 * CTE `names`: `$2` distinct values of an indexed column after `$1`, in the order of the index. One index lookup per name,
 * because DISTINCT would read every row of a year to find forty machines.
 */
const distinct = (table: string, column: string, condition = 'true'): string => `WITH RECURSIVE walk AS (
      (SELECT ${column} AS name FROM ${table} WHERE ${condition} AND ${column} > $1 ORDER BY ${column} LIMIT 1)
      UNION ALL
      SELECT (SELECT ${column} FROM ${table} WHERE ${condition} AND ${column} > walk.name ORDER BY ${column} LIMIT 1) FROM walk WHERE walk.name IS NOT NULL
    ), names AS (
      SELECT name FROM walk WHERE name IS NOT NULL LIMIT $2
    )`;

export interface SeenEquipment extends SeenName {
  /** Median seconds between its latest completions; null with fewer than four. */
  readonly typical_interval_seconds: number | null;
  readonly is_silent: boolean | null;
}

/** Completions that the typical interval is computed from. */
const LATEST = 50;
/** Typical intervals without a completion after which a machine counts as silent. */
export const SILENT_AFTER = 10;
/** A machine is not silent before this: one that completes many dice at once also loads wafers. */
export const SILENT_AFTER_MINUTES = 15;

/** Equipment with finished attempts. */
export function equipmentSeen(snapshot: Queryable, after: string, limit: number): Promise<SeenEquipment[]> {
  return snapshot.query<SeenEquipment>(
    `${distinct('inspection_attempts', 'equipment_id', 'completed_at IS NOT NULL')}
    SELECT name, seen.first_seen, seen.last_seen, latest.typical_interval_seconds,
           now() - seen.last_seen > greatest(${SILENT_AFTER} * latest.typical_interval_seconds * INTERVAL '1 second',
             CASE WHEN latest.typical_interval_seconds IS NOT NULL THEN INTERVAL '${SILENT_AFTER_MINUTES} minutes' END) AS is_silent
      FROM names
     CROSS JOIN LATERAL (SELECT min(completed_at) AS first_seen, max(completed_at) AS last_seen FROM inspection_attempts WHERE equipment_id = name) AS seen
     CROSS JOIN LATERAL (
       SELECT CASE WHEN count(gap) >= 3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) END AS typical_interval_seconds
         FROM (SELECT extract(epoch FROM completed_at - lag(completed_at) OVER (ORDER BY completed_at))::float8 AS gap
                 FROM (SELECT completed_at FROM inspection_attempts WHERE equipment_id = name AND completed_at IS NOT NULL
                        ORDER BY completed_at DESC LIMIT ${LATEST}) AS recent) AS gaps) AS latest
     ORDER BY name`,
    [after, limit],
  );
}

/** Products, with the times when their first and last inspections began. */
export function productsSeen(snapshot: Queryable, after: string, limit: number): Promise<SeenName[]> {
  return snapshot.query<SeenName>(
    `${distinct('inspections', 'product')}
    SELECT name, seen.first_seen, seen.last_seen
      FROM names
     CROSS JOIN LATERAL (SELECT min(created_at) AS first_seen, max(created_at) AS last_seen FROM inspections WHERE product = name) AS seen
     ORDER BY name`,
    [after, limit],
  );
}

export interface SeenRange {
  readonly from: string;
  readonly to: string;
}

/** How far back to search for names by default. */
const RECENT = '90 days';

/** The range to search for names: as given, else the 90 days up to the newest completion; null without completions. */
export async function seenRange(
  snapshot: Queryable,
  given: { from?: string | undefined; to?: string | undefined },
): Promise<SeenRange | null> {
  const [row] = await snapshot.query<{ from: string | null; to: string | null }>(
    `SELECT coalesce($1::timestamptz, "to" - INTERVAL '${RECENT}') AS "from", "to"
       FROM (SELECT coalesce($2::timestamptz, max(completed_at) + INTERVAL '1 microsecond') AS "to" FROM inspection_attempts WHERE status = 'completed') AS newest`,
    [given.from ?? null, given.to ?? null],
  );
  return row?.from == null || row.to === null ? null : { from: row.from, to: row.to };
}

/**
 * Steps or recipes of completed attempts in a range. Names of whole days come from their sums, which know the day of the first
 * and of the last attempt; the exact times are looked up in these two days.
 */
export async function namesOfAttempts(
  snapshot: Queryable,
  column: 'step' | 'recipe',
  range: SeenRange,
  after: string,
  limit: number,
): Promise<SeenName[]> {
  const { attempts, days, values } = await attemptsAndDays(
    snapshot,
    { ...range, policy: 'all' },
    'unit',
    `a.${column} AS name, a.completed_at, NULL::date AS day`,
    { table: 'daily_attempts', columns: `a.${column}, NULL, a.day` },
  );
  const where = new SqlConditions(values).when(after, ($) => `name > ${$}`);
  const timeOf = (end: 'min' | 'max', day: string): string =>
    `(SELECT ${end}(a.completed_at) FROM inspection_attempts a
          WHERE a.status = 'completed' AND a.${column} = named.name AND a.completed_at >= ${beginOf(day)} AND a.completed_at < ${beginOf(`${day} + 1`)})`;
  return snapshot.query<SeenName>(
    `WITH seen AS (
      ${attempts}
      ${days}
    ), named AS (
      SELECT name, min(completed_at) AS first_at, max(completed_at) AS last_at, min(day) AS first_day, max(day) AS last_day
        FROM seen WHERE ${where.toString()} GROUP BY name ORDER BY name LIMIT ${where.bind(limit)}
    )
    SELECT name, least(first_at, ${timeOf('min', 'first_day')}) AS first_seen,
           greatest(last_at, ${timeOf('max', 'last_day')}) AS last_seen
      FROM named ORDER BY name`,
    values,
  );
}

/** Metrics of the daily roll-up, with the first and last day (UTC) that has samples. */
export function metricsSeen(snapshot: Queryable, after: string, limit: number): Promise<SeenName[]> {
  return snapshot.query<SeenName>(
    `SELECT metric_name AS name, min(bucket) AS first_seen, max(bucket) AS last_seen
       FROM metrics_daily WHERE metric_name > $1 GROUP BY 1 ORDER BY 1 LIMIT $2`,
    [after, limit],
  );
}
