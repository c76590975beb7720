/** The refresh of daily_inspection_summary on demand. */
import { appendAudit, type Change } from '../audit/audit.ts';
import type { Database } from '../connection/database.ts';

/**
 * Refreshes `daily_inspection_summary` on demand; readers see the old rows meanwhile. The maintenance does the same on
 * its schedule, without a record.
 *
 * @returns RFC 3339, the time that the summary is as of
 */
export async function refreshDailySummary(database: Database, change: Change): Promise<string> {
  return database.withTransaction(async (transaction) => {
    const [before] = await transaction.query<{ refreshed_at: string }>(
      `SELECT refreshed_at FROM summary_refreshes WHERE name = 'daily_inspection_summary'`,
    );
    const [row] = (await transaction.query<{ at: string }>('SELECT refresh_daily_inspection_summary() AS at')) as [
      { at: string },
    ];
    await appendAudit(transaction, {
      stream: 'operator',
      ...change,
      action: 'summary.refresh',
      subject: 'summary:daily_inspection_summary',
      oldValue: before?.refreshed_at,
      newValue: row.at,
    });
    return row.at;
  });
}
