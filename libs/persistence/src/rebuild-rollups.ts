import { AppError } from '@chip/service';
import { appendAudit } from './audit.ts';
import type { Database, Queryable } from './database.ts';
import type { Change } from './retention.ts';

/** The range cannot be computed from raw rows, because some of them are gone. */
export class RollupRangeError extends AppError {
  readonly code = 'rollup_range_refused';
  readonly retriable = false;
}

/**
 * Computes the roll-ups of whole UTC days again from raw rows, for repair. Writers of telemetry wait meanwhile (about one
 * second per million rows); nothing else is ever recomputed.
 *
 * @param database as the owner
 * @param from first day, `2026-01-20`
 * @param to the day after the last
 * @throws RollupRangeError when the range reaches behind the retention; the roll-ups keep what the raw rows cannot give back
 */
export async function rebuildRollups(
  database: Database,
  from: string,
  to: string,
  change: Change,
): Promise<{ buckets: number }> {
  const record = (transaction: Queryable): Promise<number> =>
    appendAudit(transaction, {
      stream: 'operator',
      ...change,
      action: 'rollup.rebuild',
      subject: `days:${from}/${to}`,
    });
  const day = /^\d{4}-\d{2}-\d{2}$/;
  if (!day.test(from) || !day.test(to) || from >= to)
    throw new RollupRangeError('Expected two days such as 2026-01-20 2026-01-21, the second after the first.');
  const [schema] = await database.query<{ edition: string; whole: boolean }>(
    `SELECT edition, coalesce($1::date::timestamp AT TIME ZONE 'UTC' >= now() - keep + INTERVAL '1 day', true) AS whole
     FROM schema_info, retention_settings WHERE table_name = 'system_metrics'`,
    [from],
  );
  if (!schema?.whole)
    throw new RollupRangeError('The range reaches behind the retention of system_metrics: its raw rows are gone.');
  const bounds = [`${from}T00:00:00Z`, `${to}T00:00:00Z`];
  if (schema.edition === 'community') {
    await database.query(
      'CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz, force => true)',
      ['metrics_hourly', ...bounds],
    );
    await database.query(
      'CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz, force => true)',
      ['metrics_daily', ...bounds],
    );
    const [hourly] = await database.query<{ n: number }>(
      'SELECT count(*) AS n FROM metrics_hourly WHERE bucket >= $1 AND bucket < $2',
      bounds,
    );
    // A refresh commits by itself, so this cannot be one transaction with it.
    await record(database);
    return { buckets: hourly?.n ?? 0 };
  }
  return database.withTransaction(async (transaction) => {
    // Keeps every flush from committing deltas until the recompute is done. A flush that already copied its raw rows but
    // not its deltas is in neither, and adds its deltas afterwards.
    await transaction.query('LOCK TABLE metrics_delta IN SHARE ROW EXCLUSIVE MODE');
    for (const table of ['metrics_delta', 'metrics_hourly_base', 'metrics_daily_base'])
      await transaction.query(`DELETE FROM ${table} WHERE bucket >= $1 AND bucket < $2`, bounds);
    const inserted = await transaction.query<{ n: number }>(
      `WITH hourly AS (
         INSERT INTO metrics_hourly_base
         SELECT time_bucket('1 hour', time), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
         FROM system_metrics WHERE time >= $1 AND time < $2 GROUP BY 1, 2, 3, 4
         RETURNING *
       ), daily AS (
         INSERT INTO metrics_daily_base
         SELECT time_bucket('1 day', bucket), service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
         FROM hourly GROUP BY 1, 2, 3, 4
       )
       SELECT count(*) AS n FROM hourly`,
      bounds,
    );
    await record(transaction);
    return { buckets: inserted[0]?.n ?? 0 };
  });
}
