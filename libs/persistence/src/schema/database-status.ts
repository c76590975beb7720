/** The state of the schema, its jobs and its upkeep, for `npm run db -- status`. */
import type { Queryable } from '../connection/database.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { RollupShape } from './rollup-shape.ts';

/** What `npm run db -- status` prints. */
export interface DatabaseStatus {
  info: {
    schema_version: string;
    migrated_at: string;
    /** The edition that the server can run. */
    edition: string;
    /** How this database keeps its roll-ups. */
    shape: RollupShape;
    timescaledb_version: string;
    postgresql_version: string;
  };
  pendingMigrations: string[];
  /** `oldest` is the start of the oldest chunk; null without chunks. */
  hypertables: { name: string; chunks: number; oldest: string | null; chunk_interval: string; bytes: number }[];
  /** `error` is the message of a job whose last run failed. */
  jobs: {
    job_id: number;
    what: string;
    schedule: string;
    last_run: string | null;
    last_status: string | null;
    error: string | null;
  }[];
  /** Upkeep by the writers, which on the Apache edition replaces jobs of the server. */
  maintenance: { task: string; last_success_at: string | null; rows_done: number; last_error: string | null }[];
  /** Deltas for the next folds; thousands for long mean that no maintenance runs. */
  unfolded: number;
  /** Hours whose late samples are missing from the roll-ups, because their older raw rows are gone. */
  lateHoursLeftOut: number;
  summaryRefreshedAt: string;
  /** Days that questions read attempt by attempt, because they changed after they were summed up. */
  daysToSumUp: number;
  /** Left by an interrupted CREATE INDEX CONCURRENTLY; they cost writes and serve no query. */
  invalidIndexes: string[];
  /** Tables with at least 10,000 dead rows that make up a fifth or more. */
  bloat: { name: string; dead_rows: number; live_rows: number; last_autovacuum: string | null }[];
}

export async function readStatus(database: Queryable): Promise<DatabaseStatus> {
  const [info] = await database.query<DatabaseStatus['info']>('SELECT * FROM schema_info');
  const applied = new Set(
    (await database.query<{ name: string }>('SELECT name FROM schema_migrations')).map((r) => r.name),
  );
  const hypertables = await database.query<DatabaseStatus['hypertables'][number]>(
    `SELECT hypertable_name AS name, num_chunks AS chunks,
       (SELECT min(range_start) FROM timescaledb_information.chunks AS c
        WHERE c.hypertable_name = h.hypertable_name AND c.hypertable_schema = 'public') AS oldest,
       (SELECT time_interval::text FROM timescaledb_information.dimensions AS d
        WHERE d.hypertable_name = h.hypertable_name AND d.hypertable_schema = 'public' AND dimension_number = 1) AS chunk_interval,
       coalesce(hypertable_size(format('%I.%I', hypertable_schema, hypertable_name)::regclass), 0) AS bytes
     FROM timescaledb_information.hypertables AS h WHERE hypertable_schema = 'public' ORDER BY 1`,
  );
  const jobs = await database.query<DatabaseStatus['jobs'][number]>(
    `SELECT job_id, application_name AS what, schedule_interval::text AS schedule, s.last_run_started_at AS last_run,
       s.last_run_status AS last_status,
       CASE WHEN s.last_run_status = 'Failed' THEN (
         SELECT concat_ws(': ', sqlerrcode, err_message) FROM timescaledb_information.job_errors AS e
         WHERE e.job_id = jobs.job_id ORDER BY finish_time DESC LIMIT 1) END AS error
     FROM timescaledb_information.jobs AS jobs LEFT JOIN timescaledb_information.job_stats AS s USING (job_id) ORDER BY job_id`,
  );
  const invalid = await database.query<{ name: string }>(
    `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid ORDER BY 1`,
  );
  const bloat = await database.query<DatabaseStatus['bloat'][number]>(
    `SELECT relid::regclass::text AS name, n_dead_tup AS dead_rows, n_live_tup AS live_rows, last_autovacuum
     FROM pg_stat_user_tables WHERE n_dead_tup >= 10000 AND n_dead_tup * 4 >= n_live_tup ORDER BY n_dead_tup DESC`,
  );
  const maintenance = await database.query<DatabaseStatus['maintenance'][number]>(
    'SELECT task, last_success_at, rows_done, last_error FROM maintenance_runs ORDER BY task',
  );
  const [upkeep] = await database.query<{ unfolded: number; refreshed_at: string; left_out: number; days: number }>(
    `SELECT (SELECT count(*) FROM metrics_delta) + (SELECT count(*) FROM yield_delta) AS unfolded,
       (SELECT count(*) FROM metrics_late WHERE shape = 'folded' OR marked_at < now() - INTERVAL '1 day' AND bucket < now() - INTERVAL '3 days') AS left_out,
       (SELECT refreshed_at FROM summary_refreshes WHERE name = 'daily_inspection_summary') AS refreshed_at,
       (SELECT count(DISTINCT day) FROM attempt_day_changes) AS days
     FROM schema_info`,
  );
  return {
    maintenance,
    unfolded: upkeep?.unfolded ?? 0,
    lateHoursLeftOut: upkeep?.left_out ?? 0,
    summaryRefreshedAt: upkeep?.refreshed_at ?? '',
    daysToSumUp: upkeep?.days ?? 0,
    info: info as DatabaseStatus['info'],
    pendingMigrations: MIGRATIONS.map(({ name }) => name).filter((name) => !applied.has(name)),
    hypertables,
    jobs,
    invalidIndexes: invalid.map((row) => row.name),
    bloat,
  };
}
