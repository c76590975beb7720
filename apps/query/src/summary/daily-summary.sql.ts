import { type Queryable } from '@chip/persistence';
import { SqlConditions } from '../sql/sql-conditions.ts';

export interface DailySummaryRow {
  readonly day: string;
  readonly inspection_type: string;
  readonly status: string;
  readonly inspection_count: number;
  readonly avg_duration_seconds: number | null;
}

/** Rows of the materialised view for days (UTC) that begin in the range. */
export function dailySummary(
  snapshot: Queryable,
  range: { from?: string | undefined; to?: string | undefined },
): Promise<DailySummaryRow[]> {
  const begin = `inspection_date::timestamp AT TIME ZONE 'UTC'`;
  const where = new SqlConditions()
    .when(range.from, ($) => `${begin} >= ${$}::timestamptz`)
    .when(range.to, ($) => `${begin} < ${$}::timestamptz`);
  return snapshot.query<DailySummaryRow>(
    `SELECT inspection_date AS day, inspection_type::text AS inspection_type, status, inspection_count, avg_duration_seconds
       FROM daily_inspection_summary
      WHERE ${where.toString()}
      ORDER BY inspection_date, inspection_type COLLATE "C", status`,
    where.values,
  );
}

/** When the view was last refreshed; null before its first refresh. */
export async function summaryRefreshedAt(snapshot: Queryable): Promise<string | null> {
  const [row] = await snapshot.query<{ refreshed_at: string }>(
    `SELECT refreshed_at FROM summary_refreshes WHERE name = 'daily_inspection_summary'`,
  );
  return row?.refreshed_at ?? null;
}
