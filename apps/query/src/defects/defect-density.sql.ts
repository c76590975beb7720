import { type Queryable } from '@chip/persistence';
import { groupedRows, groupKey, type GroupRow } from '../attempts/attempt-groups.ts';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';

export interface DensityCounts extends GroupRow {
  readonly attempts: number;
  /** Attempts that do not state their inspected area: neither they nor their defects count. */
  readonly attempts_without_area: number;
  readonly defects: number;
  readonly inspected_area_cm2: number;
}

/** Defects and inspected area of the counted attempts, per group and in total. */
export async function densityCounts(snapshot: Queryable, question: AttemptQuestion): Promise<DensityCounts[]> {
  const { attempts, days, values } = await attemptsAndDays(
    snapshot,
    question,
    'operation',
    'a.inspection_id, a.event_ids, a.inspected_area_cm2 AS area',
    {
      table: 'daily_attempts',
      columns: 'a.attempts, a.attempts_without_area, a.defects, a.inspected_area_cm2',
    },
  );
  return snapshot.query<DensityCounts>(
    `WITH attempt AS (
      ${attempts}
    ), counted (attempts, attempts_without_area, defects, area, group_key, group_lot) AS (
      SELECT 1, (a.area IS NULL)::int, d.defects, a.area, a.group_key, a.group_lot
        FROM attempt a
       CROSS JOIN LATERAL (SELECT count(*) AS defects FROM defects d
                            WHERE a.area IS NOT NULL AND d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)) d
      ${days}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, coalesce(sum(attempts), 0) AS attempts,
             coalesce(sum(attempts_without_area), 0) AS attempts_without_area,
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
    values,
  );
}
