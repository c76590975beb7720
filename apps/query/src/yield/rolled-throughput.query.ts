import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, countedAttempts, GROUP_ORDER, groupKey } from '../counted-attempts.ts';
import { YIELD_COLUMNS, type YieldCounts } from './yield.query.ts';

/** As `YieldCounts`; `passed` counts the units that passed at their first attempt of every step they have been through. */
export interface RolledCounts extends YieldCounts {
  /** First-pass counts of each step, in the order of the steps' names. */
  readonly steps: readonly { readonly step: string; readonly units: number; readonly passed: number }[];
}

/** First attempts per (unit, step), counted per step and per unit; each belongs to the group of that first attempt. */
export function rolledThroughputCounts(snapshot: Queryable, question: AttemptQuestion): Promise<RolledCounts[]> {
  const attempts = countedAttempts(question, YIELD_COLUMNS);
  return snapshot.query<RolledCounts>(
    `WITH attempt AS (
      ${attempts.sql}
    ), first AS (
      SELECT DISTINCT ON (inspection_id, step) * FROM attempt
       ORDER BY inspection_id, step, occurred_at, event_id
    ), per_step AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, step,
             count(*) AS units, count(*) FILTER (WHERE result = 'pass') AS passed
        FROM first
       GROUP BY GROUPING SETS ((group_key, group_lot, step), (step))
    ), per_unit AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, bool_and(result = 'pass') AS passed
        FROM first
       GROUP BY GROUPING SETS ((group_key, group_lot, inspection_id), (inspection_id))
    ), g AS (
      SELECT total, group_key, group_lot, count(*) AS units, (count(*) FILTER (WHERE passed)) AS passed
        FROM per_unit
       GROUP BY total, group_key, group_lot
    )
    SELECT * FROM (
      SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.units, g.passed,
             (SELECT json_agg(json_build_object('step', s.step, 'units', s.units, 'passed', s.passed) ORDER BY s.step COLLATE "C")
                FROM per_step s
               WHERE s.total = g.total AND s.group_key IS NOT DISTINCT FROM g.group_key
                 AND s.group_lot IS NOT DISTINCT FROM g.group_lot) AS steps
        FROM g LEFT JOIN lots l ON l.id = g.group_lot
    ) AS counted
     ORDER BY ${GROUP_ORDER}`,
    attempts.where.values,
  );
}
