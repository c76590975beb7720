import { type Queryable } from '@chip/persistence';
import { groupedRows, groupKey } from '../attempts/attempt-groups.ts';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { type CountedYield, splitCounts, type YieldRow } from './yield-counts.ts';
import { summaryDays, yieldCountsOfSummary } from './yield-summary.sql.ts';

/** Units and passes per group, per inspection type and in total. Reads the summaries where they give the same answer. */
export function yieldCounts(snapshot: Queryable, question: AttemptQuestion): Promise<CountedYield> {
  const days = summaryDays(question);
  return days ? yieldCountsOfSummary(snapshot, question, days) : yieldCountsOfAttempts(snapshot, question);
}

/** As `yieldCounts`, from what tells steps and recipes apart. */
export async function yieldCountsOfAttempts(snapshot: Queryable, question: AttemptQuestion): Promise<CountedYield> {
  const columns = 'a.inspection_type, a.result';
  const { attempts, days, values } = await attemptsAndDays(snapshot, question, 'unit', `${columns}, 1 AS units`, {
    table: 'daily_attempts',
    columns: `${columns}, a.attempts`,
  });
  const rows = await snapshot.query<YieldRow>(
    `WITH chosen AS (
      ${attempts}
      ${days}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, inspection_type,
             coalesce(sum(units), 0) AS units, coalesce(sum(units) FILTER (WHERE result = 'pass'), 0) AS passed
        FROM chosen
       GROUP BY GROUPING SETS ((group_key, group_lot), (inspection_type), ())
    )
    ${groupedRows(
      `SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.inspection_type::text AS inspection_type, g.units, g.passed
        FROM g LEFT JOIN lots l ON l.id = g.group_lot`,
      'units',
      question.top,
    )}`,
    values,
  );
  return splitCounts(rows);
}
