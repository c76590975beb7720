/** What the upkeep measures in the database, for metrics that no single service knows. */
import { Gauge, type Registry } from 'prom-client';
import type { Queryable } from '../connection/database.ts';

/** Some gauges, and what reads them. */
interface Measure {
  readonly everyMs: number;
  /** Replaces every value. @throws DatabaseError */
  run(database: Queryable): Promise<void>;
  /** Removes every value. */
  clear(): void;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** More than any healthy queue holds. Counting further costs the database time and tells nothing new. */
const MAX_COUNT = 200_000;

type Row<Label extends string> = Readonly<Record<Label, string>> & { readonly value: number | null };

/** A gauge without values until it has been read. */
class Measured<Label extends string = never> {
  readonly #gauge: Gauge<Label>;
  readonly #hasLabels: boolean;

  constructor(registry: Registry, name: string, help: string, labelNames: readonly Label[] = []) {
    this.#gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    this.#hasLabels = labelNames.length > 0;
    this.clear();
  }

  /** A row whose value is null has none. */
  set(rows: readonly Row<Label>[]): void {
    this.clear();
    for (const { value, ...labels } of rows) {
      if (value !== null) {
        this.#gauge.set(labels as unknown as Record<Label, string>, value);
      }
    }
  }

  clear(): void {
    this.#gauge.reset();
    // Without labels, a reset is a 0, which would be a value.
    if (!this.#hasLabels) {
      this.#gauge.remove();
    }
  }
}

const measure = (everyMs: number, gauges: readonly { clear(): void }[], run: Measure['run']): Measure => ({
  everyMs,
  run,
  clear: () => gauges.forEach((gauge) => gauge.clear()),
});

/**
 * Gauges about the database itself. Only the process that does the upkeep sets them, because those of several processes
 * would differ. A value that cannot be read is absent, never old: an age that does not move would look healthy.
 */
export class DatabaseMeasures {
  readonly all: Readonly<Record<string, Measure>>;

  /**
   * @param topics machine topics whose positions to measure; a database that was split may have others, which stand still
   * @param tasks of this upkeep; the database may have runs of tasks of another version, whose age only grows
   */
  constructor(registry: Registry, topics?: readonly string[], tasks?: readonly string[]) {
    this.all = {
      queues: queues(registry),
      positions: positions(registry, topics),
      upkeep: upkeep(registry, tasks),
      server: server(registry),
      archive: archive(registry),
      sizes: sizes(registry),
    };
  }

  /** This process no longer does the upkeep. */
  clear(): void {
    for (const one of Object.values(this.all)) {
      one.clear();
    }
  }
}

function queues(registry: Registry): Measure {
  const deltas = new Measured(
    registry,
    'chip_database_unfolded_deltas',
    'Rows that wait for the next fold of the roll-ups; counted up to 200,000.',
    ['queue'],
  );
  const days = new Measured(
    registry,
    'chip_database_days_to_sum_up',
    'Days that questions read attempt by attempt, because they changed after they were summed up.',
  );
  return measure(5 * SECOND_MS, [deltas, days], async (database) => {
    deltas.set(
      await database.query(
        `SELECT 'metrics' AS queue, count(*)::float8 AS value FROM (SELECT FROM metrics_delta LIMIT ${MAX_COUNT}) AS first
         UNION ALL SELECT 'yield', count(*)::float8 FROM (SELECT FROM yield_delta LIMIT ${MAX_COUNT}) AS first`,
      ),
    );
    days.set(await database.query('SELECT count(DISTINCT day)::float8 AS value FROM attempt_day_changes'));
  });
}

function positions(registry: Registry, topics: readonly string[] | undefined): Measure {
  const labels = ['topic', 'partition'] as const;
  const waiting = new Measured(
    registry,
    'chip_database_position_waiting_records',
    'Records of a machine partition behind its position, up to the end that the writer last saw.',
    labels,
  );
  const offset = new Measured(
    registry,
    'chip_database_position_offset',
    'First offset of a machine partition that is not applied yet.',
    labels,
  );
  const lag = new Measured(
    registry,
    'chip_database_position_lag_seconds',
    'Age of the newest applied record of a machine partition while records wait; 0 while none does.',
    labels,
  );
  return measure(10 * SECOND_MS, [waiting, offset, lag], async (database) => {
    const rows = await database.query<{
      topic: string;
      partition: string;
      offset: number;
      waiting: number | null;
      lag: number | null;
    }>(
      `SELECT source_topic AS topic, source_partition::text AS partition, next_offset::float8 AS offset,
         CASE WHEN high_watermark IS NOT NULL THEN greatest(0, high_watermark - next_offset) END::float8 AS waiting,
         CASE WHEN high_watermark <= next_offset THEN 0
           WHEN high_watermark > next_offset AND append_time IS NOT NULL
           THEN greatest(0, extract(epoch FROM clock_timestamp() - append_time)) END::float8 AS lag
       FROM stream_positions WHERE $1::text[] IS NULL OR source_topic = ANY ($1)`,
      [topics ?? null],
    );
    for (const [gauge, column] of [
      [waiting, 'waiting'],
      [offset, 'offset'],
      [lag, 'lag'],
    ] as const) {
      gauge.set(rows.map(({ topic, partition, [column]: value }) => ({ topic, partition, value })));
    }
  });
}

function upkeep(registry: Registry, known: readonly string[] | undefined): Measure {
  const task = new Measured(
    registry,
    'chip_database_task_age_seconds',
    'Since each upkeep task last succeeded, in any process; since the last migration if it never has.',
    ['task'],
  );
  const rollup = new Measured(
    registry,
    'chip_database_rollup_age_seconds',
    'Since the last fold, or the last refresh of a continuous aggregate, that succeeded.',
    ['rollup'],
  );
  const summary = new Measured(
    registry,
    'chip_database_summary_age_seconds',
    'Since daily_inspection_summary last saw the data.',
  );
  const jobs = new Measured(
    registry,
    'chip_database_failed_jobs',
    'Jobs of TimescaleDB for this schema whose last run failed.',
  );
  return measure(15 * SECOND_MS, [task, rollup, summary, jobs], async (database) => {
    const tasks = await database.query<Row<'task'>>(
      // Without an age, a task that has failed from its first run on would raise no alarm.
      `SELECT task, extract(epoch FROM clock_timestamp()
         - coalesce(last_success_at, (SELECT max(executed_at) FROM schema_migrations)))::float8 AS value FROM maintenance_runs
       WHERE $1::text[] IS NULL OR task = ANY ($1)`,
      [known ?? null],
    );
    task.set(tasks);
    const refreshes = await database.query<Row<'rollup'>>(
      `SELECT a.view_name AS rollup,
         extract(epoch FROM clock_timestamp() - nullif(s.last_successful_finish, '-infinity'))::float8 AS value
       FROM timescaledb_information.continuous_aggregates AS a
       JOIN timescaledb_information.jobs AS j ON j.proc_name = 'policy_refresh_continuous_aggregate'
         AND j.hypertable_name IN (a.materialization_hypertable_name, a.view_name)
       JOIN timescaledb_information.job_stats AS s USING (job_id)`,
    );
    // Where continuous aggregates keep the roll-ups of telemetry, fold_metrics only notes which hours are late.
    const folds = refreshes.length === 0 ? ['fold_metrics', 'fold_yield'] : ['fold_yield'];
    const folded = tasks.filter((row) => folds.includes(row.task));
    rollup.set([...folded.map((row) => ({ rollup: row.task.slice('fold_'.length), value: row.value })), ...refreshes]);
    summary.set(
      await database.query(
        `SELECT extract(epoch FROM clock_timestamp() - refreshed_at)::float8 AS value FROM summary_refreshes
         WHERE name = 'daily_inspection_summary'`,
      ),
    );
    jobs.set(
      await database.query(
        // Below 1,000 are jobs of the extension itself, some of which the Apache edition cannot run.
        `SELECT count(*)::float8 AS value FROM timescaledb_information.job_stats
         WHERE last_run_status = 'Failed' AND job_id >= 1000`,
      ),
    );
  });
}

function server(registry: Registry): Measure {
  const connections = new Measured(
    registry,
    'chip_database_server_connections',
    'Connections of users to the database server, in all databases.',
  );
  const most = new Measured(
    registry,
    'chip_database_server_connections_max',
    'Connections that the server accepts from ordinary users.',
  );
  const oldest = new Measured(
    registry,
    'chip_database_oldest_snapshot_seconds',
    'For how long, at least, a session has held one transaction or snapshot, which keeps dead rows from being removed.',
  );
  /** When this process first saw a session hold a snapshot, ms of the monotonic clock. */
  const seen = new Map<string, number>();
  const all = [connections, most, oldest, { clear: () => seen.clear() }];
  return measure(15 * SECOND_MS, all, async (database) => {
    connections.set(
      await database.query(
        'SELECT count(*)::float8 AS value FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL',
      ),
    );
    most.set(
      await database.query(
        `SELECT (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0))::float8 AS value`,
      ),
    );
    // An ordinary user sees which snapshot the session of another user holds, but not since when.
    const held = await database.query<{ key: string }>(
      `SELECT concat_ws(' ', pid, backend_xid, backend_xmin) AS key FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)`,
    );
    const now = performance.now();
    const before = new Map(seen);
    seen.clear();
    held.forEach(({ key }) => seen.set(key, before.get(key) ?? now));
    oldest.set([{ value: (now - Math.min(now, ...seen.values())) / 1000 }]);
  });
}

function archive(registry: Registry): Measure {
  const age = new Measured(
    registry,
    'chip_database_wal_archive_age_seconds',
    'Since the server last archived a WAL segment; absent while archive_mode is off.',
  );
  const failed = new Measured(
    registry,
    'chip_database_wal_archive_failed',
    '1 while the newest attempt to archive a WAL segment failed; absent while archive_mode is off.',
  );
  return measure(15 * SECOND_MS, [age, failed], async (database) => {
    const rows = await database.query<{ age: number | null; failed: number }>(
      `SELECT extract(epoch FROM clock_timestamp() - coalesce(last_archived_time, stats_reset))::float8 AS age,
         (last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity'))::int AS failed
       FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'`,
    );
    age.set(rows.map((row) => ({ value: row.age })));
    failed.set(rows.map((row) => ({ value: row.failed })));
  });
}

function sizes(registry: Registry): Measure {
  const bytes = new Measured(registry, 'chip_database_bytes', 'Size of the database, without WAL.');
  const chunk = new Measured(
    registry,
    'chip_database_largest_chunk_bytes',
    'Largest chunk of each hypertable, with its indexes.',
    ['table'],
  );
  const buffers = new Measured(
    registry,
    'chip_database_shared_buffers_bytes',
    'Memory that the server keeps for pages: shared_buffers.',
  );
  return measure(5 * MINUTE_MS, [bytes, chunk, buffers], async (database) => {
    buffers.set(await database.query(`SELECT pg_size_bytes(current_setting('shared_buffers'))::float8 AS value`));
    bytes.set(await database.query('SELECT pg_database_size(current_database())::float8 AS value'));
    chunk.set(
      await database.query(
        `SELECT hypertable_name AS "table",
           max(pg_total_relation_size(format('%I.%I', chunk_schema, chunk_name)::regclass))::float8 AS value
         FROM timescaledb_information.chunks WHERE hypertable_schema = 'public' GROUP BY 1`,
      ),
    );
  });
}
