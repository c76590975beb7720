/** Converts folded roll-ups into continuous aggregates, once the server can run them. */
import { AppError } from '@chip/service';
import { appendAudit, type Change } from '../audit/audit.ts';
import type { Database, Queryable } from '../connection/database.ts';
import { applyRights } from './roles.ts';
import {
  AGGREGATE_POLICIES,
  CAN_AGGREGATE,
  compressVectors,
  createAggregates,
  materializationOf,
  rollupFunctions,
  type RollupShape,
  SELECT_SHAPE,
} from './rollup-shape.ts';

/** The database's roll-ups and the server's TimescaleDB edition do not fit, or cannot be made to fit. */
export class EditionError extends AppError {
  readonly code = 'edition_refused';
  readonly retriable = false;
}

/** @throws EditionError if the roll-ups need continuous aggregates and this server has none */
export async function refuseOtherEdition(database: Queryable): Promise<void> {
  const [row] = await database.query<{ shape: RollupShape; able: boolean }>(
    `SELECT shape, ${CAN_AGGREGATE} AS able FROM (${SELECT_SHAPE}) AS kept`,
  );
  if (row?.shape === 'continuous' && !row.able) {
    throw new EditionError(
      'The roll-ups of this database are continuous aggregates, and this server runs the Apache edition of TimescaleDB, which can neither write behind them nor read compressed chunks. Run the Community edition (timescaledb.license = timescale), or load the data into a new database.',
    );
  }
}

type Convertible = Pick<Database, 'query' | 'withTransaction'>;

const BASES = ['metrics_hourly', 'metrics_daily'] as const;
const KEY = 'bucket, service_name, metric_name, host';
const VALUES = 'sum_value, sample_count, min_value, max_value';

/**
 * Converts a database that was migrated on the Apache edition and now runs on the Community edition. Copies roll-ups
 * instead of computing them, so that hours whose raw rows retention has deleted survive. Readers see the folded
 * roll-ups until the end, and the aggregates from one commit on; only that last step makes the load wait. An
 * interrupted conversion changes nothing for readers and continues when called again.
 *
 * @throws EditionError if there is nothing to convert, or the result would differ
 */
export async function convertEdition(
  database: Convertible,
  change: Change,
  log: (line: string) => void = () => undefined,
): Promise<{ buckets: number }> {
  await refuseConversion(database);
  await refuseThinHours(database);
  // Not beyond the reach of the refresh policies: until they have run, an aggregate computes everything younger live.
  const [clock] = await database.query<{ finished: string }>(
    `SELECT time_bucket(INTERVAL '1 day', now() - INTERVAL '1 day')::text AS finished`,
  );
  const { finished } = clock!;
  await database.withTransaction(async (transaction) => {
    const [next] = await transaction.query<{ there: boolean }>(
      `SELECT to_regclass('public.metrics_hourly_next') IS NOT NULL AS there`,
    );
    if (!next?.there) {
      await transaction.query(createAggregates('_next'));
    }
  });
  await foldAll(database);
  for (const view of BASES) {
    await carryOver(database, view, finished, log);
  }
  log('replacing the folded roll-ups by the aggregates: telemetry waits');
  return database.withTransaction(async (transaction) => {
    // From here on no flush commits deltas; its raw rows and its deltas become visible together, before or after.
    await transaction.query('LOCK TABLE metrics_delta IN SHARE ROW EXCLUSIVE MODE');
    await foldAll(transaction);
    for (const view of BASES) {
      await copyBuckets(transaction, view, '-infinity', finished);
    }
    await refuseDifference(transaction);
    // Under the margin of the folded shape, which says what has already been deleted.
    await transaction.query(
      `SELECT set_retention('system_metrics', keep) FROM retention_settings WHERE table_name = 'system_metrics'`,
    );
    const [count] = await transaction.query<{ n: number }>('SELECT count(*)::int AS n FROM metrics_hourly_base');
    await transaction.query(`
DROP VIEW metrics_daily; DROP VIEW metrics_hourly; DROP TABLE metrics_hourly_base; DROP TABLE metrics_daily_base;
ALTER MATERIALIZED VIEW metrics_hourly_next RENAME TO metrics_hourly;
ALTER MATERIALIZED VIEW metrics_daily_next RENAME TO metrics_daily;
${rollupFunctions('continuous')}${AGGREGATE_POLICIES}${compressVectors('measurement_values')}`);
    await transaction.query(
      `SELECT set_retention('system_metrics', keep) FROM retention_settings WHERE table_name = 'system_metrics'`,
    );
    await applyRights({
      query: async (text: string, parameters?: never) => ({ rows: await transaction.query(text, parameters) }),
    } as never);
    await appendAudit(transaction, {
      stream: 'operator',
      ...change,
      action: 'edition.convert',
      subject: 'rollups:system_metrics',
      oldValue: 'folded',
      newValue: 'continuous',
    });
    return { buckets: count!.n };
  });
}

async function refuseConversion(database: Queryable): Promise<void> {
  const [row] = await database.query<{ shape: RollupShape; able: boolean }>(
    `SELECT shape, ${CAN_AGGREGATE} AS able FROM (${SELECT_SHAPE}) AS kept`,
  );
  if (row?.shape === 'continuous') {
    throw new EditionError(
      'The roll-ups of this database are already continuous aggregates. They cannot be converted back in place: compressed chunks and aggregates exist in the Community edition only. To return to the Apache edition, export the data and load it into a new database.',
    );
  }
  if (!row?.able) {
    throw new EditionError(
      'This server runs the Apache edition of TimescaleDB, which has no continuous aggregates. Install the Community edition, set timescaledb.license = timescale, restart the server, then convert.',
    );
  }
}

/** Once it exists, the refresh policy computes the last days from raw rows: all of them must be present. */
async function refuseThinHours(database: Queryable): Promise<void> {
  const [hour] = await database.query<{ bucket: string; kept: number; raw: number }>(
    `SELECT bucket::text, kept::int, raw::int FROM (
       SELECT bucket, sum(sample_count) AS kept,
         (SELECT count(*) FROM system_metrics WHERE time >= bucket AND time < bucket + INTERVAL '1 hour') AS raw
       FROM metrics_hourly WHERE bucket >= now() - INTERVAL '4 days' GROUP BY 1) AS hours
     WHERE raw < kept ORDER BY 1 LIMIT 1`,
  );
  if (hour) {
    throw new EditionError(
      `The hour ${hour.bucket} has ${hour.raw} raw rows and ${hour.kept} in its roll-up: the first refresh would lose the rest. Set the retention of system_metrics to five days or more, and convert once the last four days are whole.`,
    );
  }
}

async function foldAll(database: Queryable): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ n: number }>('SELECT fold_metrics()::int AS n');
    if ((row?.n ?? 0) === 0) {
      return;
    }
  }
}

/** Copies the finished buckets day by day, then refreshes one of them, which makes the aggregate read what it holds. */
async function carryOver(
  database: Convertible,
  view: (typeof BASES)[number],
  finished: string,
  log: (line: string) => void,
): Promise<void> {
  const days = await database.query<{ day: string; past: string; buckets: number }>(
    `SELECT day::text, (day + INTERVAL '1 day')::text AS past, count(*)::int AS buckets FROM (
       SELECT date_trunc('day', bucket, 'UTC') AS day FROM ${view}_base WHERE bucket < $1::timestamptz) AS kept GROUP BY 1, 2 ORDER BY 1`,
    [finished],
  );
  let copied = 0;
  for (const { day, past } of days) {
    copied += await database.withTransaction((transaction) => copyBuckets(transaction, view, day, past));
  }
  log(`${view}: ${days.length} days, ${copied} buckets carried over`);
  const [last] = await database.query<{ bucket: string; past: string }>(
    `SELECT max(bucket)::text AS bucket, (max(bucket) + INTERVAL '${view === 'metrics_hourly' ? '1 hour' : '1 day'}')::text AS past
     FROM ${view}_base WHERE bucket < $1::timestamptz HAVING count(*) > 0`,
    [finished],
  );
  if (last) {
    await database.query(
      `CALL refresh_continuous_aggregate('${view}_next', ($1::text)::timestamptz, ($2::text)::timestamptz)`,
      [last.bucket, last.past],
    );
  }
}

/** Gives the table behind an aggregate the buckets of a base table that differ. @returns how many */
async function copyBuckets(
  transaction: Queryable,
  view: (typeof BASES)[number],
  from: string,
  past: string,
): Promise<number> {
  const [row] = await transaction.query<{ held: string }>(`SELECT ${materializationOf(`${view}_next`)} AS held`);
  const { held } = row!;
  const range = 'bucket >= $1::timestamptz AND bucket < $2::timestamptz';
  const rows = (table: string): string =>
    `SELECT bucket, count(*) AS groups, sum(sample_count) AS samples FROM ${table} WHERE ${range} GROUP BY 1`;
  const differing = await transaction.query<{ bucket: string }>(
    `SELECT bucket::text FROM (${rows(`${view}_base`)}) AS base FULL JOIN (${rows(held)}) AS held USING (bucket)
     WHERE (base.groups, base.samples) IS DISTINCT FROM (held.groups, held.samples)`,
    [from, past],
  );
  const buckets = differing.map(({ bucket }) => bucket);
  if (buckets.length === 0) {
    return 0;
  }
  await transaction.query(`DELETE FROM ${held} WHERE bucket = ANY (($1::text[])::timestamptz[])`, [buckets]);
  await transaction.query(
    `INSERT INTO ${held} (${KEY}, ${VALUES}, avg_value) SELECT ${KEY}, ${VALUES}, sum_value / sample_count FROM ${view}_base
     WHERE bucket = ANY (($1::text[])::timestamptz[])`,
    [buckets],
  );
  return buckets.length;
}

/** The last check before the swap: it must not change what readers see, except for the rounding of sums. */
async function refuseDifference(transaction: Queryable): Promise<void> {
  const facts = `${KEY}, sample_count::bigint, min_value, max_value`;
  for (const view of BASES) {
    const [difference] = await transaction.query<{ bucket: string }>(
      `SELECT bucket::text FROM (
         (SELECT ${facts} FROM ${view}_base EXCEPT SELECT ${facts} FROM ${view}_next)
         UNION ALL (SELECT ${facts} FROM ${view}_next EXCEPT SELECT ${facts} FROM ${view}_base)) AS difference ORDER BY 1 LIMIT 1`,
    );
    if (difference) {
      throw new EditionError(
        `${view} would change in the bucket ${difference.bucket}: its raw rows and its roll-up do not agree. Rebuild that day first (rollup rebuild), or wait until it is over; nothing was changed.`,
      );
    }
  }
}
