/** Recomputes telemetry roll-ups from raw rows, where these can reproduce what the roll-ups hold. */
import { isDay } from '@chip/contracts';
import { AppError } from '@chip/service';
import { appendAudit, type Change } from '../audit/audit.ts';
import type { Database, Queryable } from '../connection/database.ts';
import { type RollupShape, SELECT_SHAPE } from '../schema/rollup-shape.ts';

/** The range cannot be computed from raw rows because some of them are gone. */
export class RollupRangeError extends AppError {
  readonly code = 'rollup_range_refused';
  readonly retriable = false;
}

/**
 * Recomputes the roll-ups of whole UTC days from raw rows, for repair. With folded roll-ups, telemetry writers wait
 * meanwhile (about one second per million rows). Continuous aggregates are refreshed only up to the last finished
 * bucket: they compute younger ones live, and a refresh past that would stop them from doing so.
 *
 * @param database as the owner
 * @param from first day, `2026-01-20`
 * @param to the day after the last day
 * @throws RollupRangeError when raw rows of the range are gone; the roll-ups keep what the raw rows cannot reproduce
 */
export async function rebuildRollups(
  database: Pick<Database, 'query' | 'withTransaction'>,
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
  if (!isDay(from) || !isDay(to) || from >= to) {
    throw new RollupRangeError('Expected two days such as 2026-01-20 2026-01-21, the second after the first.');
  }
  const bounds = [`${from}T00:00:00Z`, `${to}T00:00:00Z`];
  const [schema] = await database.query<{ shape: RollupShape; floor: string; whole: boolean }>(
    `SELECT shape, rollup_floor()::text AS floor, ($1::text)::timestamptz >= greatest(rollup_floor(), now() - keep) AS whole
     FROM (${SELECT_SHAPE}) AS kept, retention_settings WHERE table_name = 'system_metrics'`,
    [bounds[0] as string],
  );
  if (!schema?.whole) {
    throw new RollupRangeError(
      `The range reaches behind the retention of system_metrics, the present one or an earlier one: its raw rows are gone, or may be (before ${schema?.floor}).`,
    );
  }
  if (schema.shape === 'continuous') {
    await refuseLostRows(
      database,
      `SELECT time_bucket(INTERVAL '1 hour', time) AS bucket, count(*) AS n FROM system_metrics WHERE time >= ($1::text)::timestamptz AND time < ($2::text)::timestamptz GROUP BY 1`,
      bounds,
    );
    await refresh(database, 'metrics_hourly', '1 hour', bounds);
    await refresh(database, 'metrics_daily', '1 day', bounds);
    const [hourly] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM metrics_hourly WHERE bucket >= ($1::text)::timestamptz AND bucket < ($2::text)::timestamptz`,
      bounds,
    );
    // A refresh commits on its own, so this cannot share a transaction with it.
    await record(database);
    return { buckets: hourly?.n ?? 0 };
  }
  return database.withTransaction(async (transaction) => {
    // Keeps flushes from committing deltas until the recompute is done. A flush that has copied its raw rows but not
    // its deltas is in neither, and adds its deltas afterwards.
    await transaction.query('LOCK TABLE metrics_delta IN SHARE ROW EXCLUSIVE MODE');
    await transaction.query(`CREATE TEMPORARY TABLE rebuilt (LIKE metrics_hourly_base) ON COMMIT DROP`);
    const inserted = await transaction.query<{ n: number }>(
      `WITH hourly AS (
         INSERT INTO rebuilt
         SELECT time_bucket('1 hour', time), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
         FROM system_metrics WHERE time >= $1 AND time < $2 GROUP BY 1, 2, 3, 4
         RETURNING 1
       )
       SELECT count(*)::int AS n FROM hourly`,
      bounds,
    );
    await refuseLostRows(transaction, 'SELECT bucket, sum(sample_count) AS n FROM rebuilt GROUP BY 1', bounds);
    for (const table of ['metrics_delta', 'metrics_hourly_base', 'metrics_daily_base']) {
      await transaction.query(`DELETE FROM ${table} WHERE bucket >= $1 AND bucket < $2`, bounds);
    }
    await transaction.query('INSERT INTO metrics_hourly_base SELECT * FROM rebuilt');
    await transaction.query(
      `INSERT INTO metrics_daily_base
       SELECT time_bucket('1 day', bucket), service_name, metric_name, host, sum(sum_value), sum(sample_count), min(min_value), max(max_value)
       FROM rebuilt GROUP BY 1, 2, 3, 4`,
    );
    await record(transaction);
    return { buckets: inserted[0]?.n ?? 0 };
  });
}

/** A temporarily shorter retention, or rows deleted by hand, leave no other trace than the counts. */
async function refuseLostRows(database: Queryable, raw: string, bounds: string[]): Promise<void> {
  const [hour] = await database.query<{ bucket: string; kept: number; raw: number; hours: number }>(
    `SELECT bucket::text, kept.n::int AS kept, coalesce(raw.n, 0)::int AS raw, count(*) OVER ()::int AS hours
     FROM (SELECT bucket, sum(sample_count) AS n FROM metrics_hourly WHERE bucket >= ($1::text)::timestamptz AND bucket < ($2::text)::timestamptz GROUP BY 1) AS kept
     LEFT JOIN (${raw}) AS raw USING (bucket) WHERE coalesce(raw.n, 0) < kept.n ORDER BY 1 LIMIT 1`,
    bounds,
  );
  if (hour) {
    throw new RollupRangeError(
      `The hour ${hour.bucket} has ${hour.raw} raw rows, and its roll-up counts ${hour.kept}: the rest would be forgotten (${hour.hours} such hours in the range). Rebuild a range without them.`,
    );
  }
}

/** Never past what the policies refresh: the aggregate takes everything before the end of a refresh from its table. */
async function refresh(database: Queryable, view: string, bucket: string, bounds: string[]): Promise<void> {
  const [range] = await database.query<{ past: string; any: boolean }>(
    `SELECT past::text, past > ($1::text)::timestamptz AS any
     FROM (SELECT least(($2::text)::timestamptz, time_bucket(($3::text)::interval, now() - ($3::text)::interval)) AS past) AS finished`,
    [...bounds, bucket],
  );
  if (range?.any) {
    await database.query(
      `CALL refresh_continuous_aggregate('${view}', ($1::text)::timestamptz, ($2::text)::timestamptz, force => true)`,
      [bounds[0] as string, range.past],
    );
  }
}
