import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '@chip/service';
import { Counter, Gauge, type Registry } from 'prom-client';
import { LoadSession } from './load-session.ts';

/** The upkeep of one database. Every task may be repeated, interrupted and run late without doing harm. */
const TASKS = {
  fold_metrics: { everyMs: 2_000, statement: 'SELECT fold_metrics() AS n' },
  fold_yield: { everyMs: 5_000, statement: 'SELECT fold_yield() AS n' },
  end_stuck_copies: { everyMs: 15_000, statement: 'SELECT end_stuck_copies() AS n' },
  refresh_daily_summary: { everyMs: 300_000, statement: 'SELECT 0 AS n FROM refresh_daily_inspection_summary()' },
  retention_system_metrics: { everyMs: 600_000, statement: `SELECT apply_retention('system_metrics') AS n` },
  retention_inspection_events: { everyMs: 60_000, statement: `SELECT apply_retention('inspection_events') AS n` },
  retention_measurements: { everyMs: 60_000, statement: `SELECT apply_retention('measurements') AS n` },
  retention_defects: { everyMs: 60_000, statement: `SELECT apply_retention('defects') AS n` },
  retention_inspection_attempts: { everyMs: 60_000, statement: `SELECT apply_retention('inspection_attempts') AS n` },
  retention_audit_log: { everyMs: 600_000, statement: `SELECT apply_retention('audit_log') AS n` },
} as const;
export type MaintenanceTask = keyof typeof TASKS;

/** Held by the one process that does the work; the others try for it again and again. */
const MAINTENANCE_LOCK = 727_471_003;
/** A task that did a full batch has probably more to do. */
const FULL_BATCH = 20_000;

export interface MaintenanceOptions {
  /** The primary itself, as the writer: session locks do not survive PgBouncer. */
  url: string;
  applicationName?: string;
  log: {
    info(facts: object, event: string): void;
    warn(facts: object, event: string): void;
  };
  registry?: Registry;
  /** How long to wait before trying for the lock, or to connect, again. Default 5 s. */
  retryMs?: number;
}

export interface Maintenance {
  /** Whether this process does the work now. */
  readonly active: boolean;
  /** Lets the running task end, then closes the connection. */
  stop(): Promise<void>;
}

/**
 * Starts the upkeep in the background: folds, refreshes, retention, stuck sessions. Run it in every writer; one of them
 * does it, and another takes over within seconds when that one dies. A failing task is logged and tried again at its next
 * turn; it never stops the others, nor the caller.
 */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { log, retryMs = 5_000 } = options;
  const metrics = options.registry && createMetrics(options.registry);
  const stopping = new AbortController();
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  let active = false;
  const setActive = (value: boolean): void => {
    active = value;
    metrics?.active.set(value ? 1 : 0);
  };

  /** One turn of a task. @returns whether it should be repeated at once */
  const runTask = async (session: LoadSession, task: MaintenanceTask): Promise<boolean> => {
    try {
      const rows = await session.query<{ n: number }>(TASKS[task].statement);
      const done = rows[0]?.n ?? 0;
      metrics?.runs.inc({ task, outcome: 'ok' });
      metrics?.rows.inc({ task }, done);
      metrics?.lastSuccess.setToCurrentTime({ task });
      return done >= FULL_BATCH;
    } catch (error) {
      metrics?.runs.inc({ task, outcome: 'failed' });
      log.warn({ task, error: toAppError(error) }, 'maintenance_task_failed');
      return false;
    }
  };

  const work = async (session: LoadSession): Promise<void> => {
    const nextRun = new Map<MaintenanceTask, number>();
    while (!stopping.signal.aborted && !session.dead) {
      for (const task of Object.keys(TASKS) as MaintenanceTask[]) {
        if (stopping.signal.aborted || session.dead) return;
        const now = performance.now();
        if (now < (nextRun.get(task) ?? 0)) continue;
        const more = await runTask(session, task);
        nextRun.set(task, more ? 0 : now + TASKS[task].everyMs);
      }
      await pause(Math.max(50, Math.min(...nextRun.values()) - performance.now()));
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let session: LoadSession | undefined;
      try {
        session = await LoadSession.open({
          url: options.url,
          applicationName: options.applicationName ?? 'chip-maintenance',
          // A first refresh or a large drop may take minutes; a hanging server is noticed in the end.
          deadlineMs: 900_000,
        });
        const rows = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
          MAINTENANCE_LOCK,
        ]);
        if (rows[0]?.locked) {
          setActive(true);
          log.info({}, 'maintenance_started');
          await work(session);
        }
      } catch (error) {
        const failure = toAppError(error);
        log.warn({ error: failure }, failure instanceof AppError ? 'maintenance_waiting' : 'maintenance_failed');
      } finally {
        setActive(false);
        await session?.close();
      }
      if (!stopping.signal.aborted) await pause(retryMs);
    }
  };

  const finished = loop();
  return {
    get active() {
      return active;
    },
    stop: async () => {
      stopping.abort();
      await finished;
    },
  };
}

function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    active: new Gauge({
      name: 'chip_maintenance_active',
      help: '1 in the one process that does the upkeep of the database',
      registers,
    }),
    runs: new Counter({
      name: 'chip_maintenance_runs_total',
      help: 'Turns of each maintenance task by outcome',
      labelNames: ['task', 'outcome'] as const,
      registers,
    }),
    rows: new Counter({
      name: 'chip_maintenance_rows_total',
      help: 'Rows (or chunks) folded or deleted by each maintenance task',
      labelNames: ['task'] as const,
      registers,
    }),
    lastSuccess: new Gauge({
      name: 'chip_maintenance_last_success_timestamp_seconds',
      help: 'When each maintenance task last succeeded in this process',
      labelNames: ['task'] as const,
      registers,
    }),
  };
}
