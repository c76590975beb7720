import { type Queryable } from '@chip/persistence';
import { groupedRows, groupKey } from '../attempts/attempt-groups.ts';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { type CountedYield, splitCounts, type YieldRow } from './yield-counts.ts';
import { summaryDays, yieldCountsOfSummary } from './yield-summary.sql.ts';

/** Units and passes per group, per inspection type and in total. Reads the summaries where they give the same answer. */
export function yieldCounts(snapshot: Queryable, question: AttemptQuestion): Promise<CountedYield> {
  const days = summaryDays(question);
  return days ? yieldCountsOfSummary(snapshot, question, days) : yieldCountsOfAttempts(snapshot, question);
}

/** As `yieldCounts`, from the attempts only. */
export async function yieldCountsOfAttempts(snapshot: Queryable, question: AttemptQuestion): Promise<CountedYield> {
  const chosen = chosenAttempts(question, 'unit', 'a.inspection_type, a.result');
  const rows = await snapshot.query<YieldRow>(
    `WITH chosen AS (
      ${chosen.sql}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, inspection_type,
             count(*) AS units, (count(*) FILTER (WHERE result = 'pass')) AS passed
        FROM chosen
       GROUP BY GROUPING SETS ((group_key, group_lot), (inspection_type), ())
    )
    ${groupedRows(
      `SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.inspection_type::text AS inspection_type, g.units, g.passed
        FROM g LEFT JOIN lots l ON l.id = g.group_lot`,
      'units',
      question.top,
    )}`,
    chosen.where.values,
  );
  return splitCounts(rows);
}
