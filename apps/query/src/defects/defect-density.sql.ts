import { type Queryable } from '@chip/persistence';
import { groupedRows, groupKey, type GroupRow } from '../attempts/attempt-groups.ts';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';

export interface DensityCounts extends GroupRow {
  readonly attempts: number;
  /** Attempts that do not state their inspected area: neither they nor their defects count. */
  readonly attempts_without_area: number;
  readonly defects: number;
  readonly inspected_area_cm2: number;
}

/** Defects and inspected area of the counted attempts, per group and in total. */
export function densityCounts(snapshot: Queryable, question: AttemptQuestion): Promise<DensityCounts[]> {
  const attempts = chosenAttempts(question, 'operation', 'a.inspection_id, a.event_ids, a.inspected_area_cm2 AS area');
  return snapshot.query<DensityCounts>(
    `WITH attempt AS (
      ${attempts.sql}
    ), counted AS (
      SELECT a.*, d.defects
        FROM attempt a
       CROSS JOIN LATERAL (SELECT count(*) AS defects FROM defects d
                            WHERE a.area IS NOT NULL AND d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)) d
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, count(*) AS attempts,
             count(*) FILTER (WHERE area IS NULL) AS attempts_without_area,
             coalesce(sum(defects), 0) AS defects, coalesce(sum(area), 0) AS inspected_area_cm2
        FROM counted
       GROUP BY GROUPING SETS ((group_key, group_lot), ())
    )
    ${groupedRows(
      `SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.attempts, g.attempts_without_area, g.defects,
             g.inspected_area_cm2
        FROM g LEFT JOIN lots l ON l.id = g.group_lot`,
      'attempts',
      question.top,
    )}`,
    attempts.where.values,
  );
}
