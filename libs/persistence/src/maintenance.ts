import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '@chip/service';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { AuditAnchor } from './audit.ts';
import { LoadSession } from './load-session.ts';

interface Task {
  everyMs: number;
  /** @returns rows (or chunks) folded or deleted */
  run(session: LoadSession, log: MaintenanceOptions['log']): Promise<number>;
}

const statement = (everyMs: number, text: string): Task => ({
  everyMs,
  run: async (session) => (await session.query<{ n: number }>(text))[0]?.n ?? 0,
});
const retention = (everyMs: number, table: string): Task =>
  statement(everyMs, `SELECT apply_retention('${table}') AS n`);

/** The upkeep of one database. Every task may be repeated, interrupted and run late without doing harm. */
const TASKS = {
  fold_metrics: statement(2_000, 'SELECT fold_metrics() AS n'),
  fold_yield: statement(5_000, 'SELECT fold_yield() AS n'),
  end_stuck_copies: statement(15_000, 'SELECT end_stuck_copies() AS n'),
  refresh_daily_summary: statement(300_000, 'SELECT 0 AS n FROM refresh_daily_inspection_summary()'),
  retention_system_metrics: retention(600_000, 'system_metrics'),
  retention_inspection_events: retention(60_000, 'inspection_events'),
  retention_measurements: retention(60_000, 'measurements'),
  retention_defects: retention(60_000, 'defects'),
  retention_inspection_attempts: retention(60_000, 'inspection_attempts'),
  retention_audit_log: retention(600_000, 'audit_log'),
  note_audit_heads: { everyMs: 600_000, run: noteAuditHeads },
} satisfies Record<string, Task>;
export type MaintenanceTask = keyof typeof TASKS;

/** The log is outside the database: whoever cuts off a stream there cannot take these lines back (see verifyAudit). */
async function noteAuditHeads(session: LoadSession, log: MaintenanceOptions['log']): Promise<number> {
  const heads = await session.query<AuditAnchor>(`SELECT stream, seq, encode(hash, 'hex') AS hash FROM audit_heads`);
  for (const { stream, seq, hash } of heads) log.info({ stream, seq, hash }, 'audit_head');
  return 0;
}

const NOTE_RUN = `
  INSERT INTO maintenance_runs AS run (task, last_run_at, last_success_at, rows_done, last_error)
  VALUES ($1, now(), CASE WHEN $3::text IS NULL THEN now() END, $2, $3)
  ON CONFLICT (task) DO UPDATE SET last_run_at = now(), last_success_at = coalesce(excluded.last_success_at, run.last_success_at),
    rows_done = run.rows_done + excluded.rows_done, last_error = excluded.last_error`;

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
      const done = await TASKS[task].run(session, log);
      await session.query(NOTE_RUN, [task, done, null]);
      metrics?.runs.inc({ task, outcome: 'ok' });
      metrics?.rows.inc({ task }, done);
      metrics?.lastSuccess.setToCurrentTime({ task });
      return done >= FULL_BATCH;
    } catch (error) {
      metrics?.runs.inc({ task, outcome: 'failed' });
      log.warn({ task, error: toAppError(error) }, 'maintenance_task_failed');
      if (!session.dead)
        await session.query(NOTE_RUN, [task, 0, (error as { sqlstate?: string }).sqlstate ?? 'unknown']);
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

/** @public docs/metrics.md is made from it. */
export function createMetrics(registry: Registry) {
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
