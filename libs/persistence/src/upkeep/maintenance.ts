/** Upkeep of the database by the writers: folds, retention, summaries, stuck sessions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '@chip/service';
import { type Registry } from 'prom-client';
import type { AuditAnchor } from '../audit/audit.ts';
import type { SqlParameter } from '../connection/database.ts';
import { LoadSession } from '../connection/load-session.ts';
import { retentionFunction, type TableDeclaration } from '../schema/declarations.ts';
import { TABLES } from '../schema/declared.ts';
import { createMetrics } from './maintenance.metrics.ts';
import { DatabaseMeasures } from './measures.ts';
import { packMeasurements } from './pack-measurements.ts';
import { sumUpDays } from './sum-up-days.ts';

interface Turn {
  readonly everyMs: number;
}

interface Task extends Turn {
  /** The server ends a statement that takes longer. */
  deadlineMs: number;
  /** @returns rows (or chunks) folded, packed or deleted */
  run(session: LoadSession, log: MaintenanceOptions['log']): Promise<number>;
}

const MINUTE_MS = 60_000;
const FOLD_DEADLINE_MS = MINUTE_MS;
const statement = (everyMs: number, deadlineMs: number, text: string): Task => ({
  everyMs,
  deadlineMs,
  run: async (session) => (await session.query<{ n: number }>(text))[0]?.n ?? 0,
});
/** The task that deletes old rows of a table, if one is declared. */
const retentionTask = ([table, { retention }]: [string, TableDeclaration]): [`retention_${string}`, Task][] => {
  if (retention === undefined) {
    return [];
  }
  const call = retention.rows === undefined ? `apply_retention('${table}')` : `${retentionFunction(table)}()`;
  return [[`retention_${table}`, statement(retention.everyMs, 10 * MINUTE_MS, `SELECT ${call} AS n`)]];
};

/** Tasks that answers depend on: short, frequent, one after the other in the session that holds the lock. */
const FOLDS = {
  fold_metrics: statement(2_000, FOLD_DEADLINE_MS, 'SELECT fold_metrics() AS n'),
  fold_yield: statement(5_000, FOLD_DEADLINE_MS, 'SELECT fold_yield() AS n'),
  end_stuck_copies: statement(15_000, FOLD_DEADLINE_MS, 'SELECT end_stuck_copies() AS n'),
} satisfies Record<string, Task>;

/** Tasks that may take minutes, in their own sessions. Repeating, interrupting or delaying any task does no harm. */
const CHORES = {
  refresh_daily_summary: statement(
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    'SELECT 0 AS n FROM refresh_daily_inspection_summary()',
  ),
  ...Object.fromEntries(Object.entries(TABLES).flatMap(retentionTask)),
  prune_measurement_sets: statement(24 * 60 * MINUTE_MS, 10 * MINUTE_MS, 'SELECT prune_measurement_sets() AS n'),
  pack_measurements: { everyMs: MINUTE_MS, deadlineMs: 10 * MINUTE_MS, run: (session) => packMeasurements(session) },
  // A day has as many values as machines sent.
  sum_up_days: { everyMs: MINUTE_MS, deadlineMs: 60 * MINUTE_MS, run: (session) => sumUpDays(session) },
  note_audit_heads: { everyMs: 10 * MINUTE_MS, deadlineMs: MINUTE_MS, run: noteAuditHeads },
} satisfies Record<string, Task>;

/** A hanging chore leaves the other session to the rest; if both hang, then for one deadline at most. */
const CHORE_SESSIONS = 2;

/** The log is outside the database: truncating a stream there cannot remove these lines (see verifyAudit). */
async function noteAuditHeads(session: LoadSession, log: MaintenanceOptions['log']): Promise<number> {
  const heads = await session.query<AuditAnchor>(`SELECT stream, seq, encode(hash, 'hex') AS hash FROM audit_heads`);
  for (const { stream, seq, hash } of heads) {
    log.info({ stream, seq, hash }, 'audit_head');
  }
  return 0;
}

const NOTE_RUN = `
  INSERT INTO maintenance_runs AS run (task, last_run_at, last_success_at, rows_done, last_error)
  VALUES ($1, now(), CASE WHEN $3::text IS NULL THEN now() END, $2, $3)
  ON CONFLICT (task) DO UPDATE SET last_run_at = now(), last_success_at = coalesce(excluded.last_success_at, run.last_success_at),
    rows_done = run.rows_done + excluded.rows_done, last_error = excluded.last_error`;

/** Held by the one process that does the work; the others keep trying for it. */
const MAINTENANCE_LOCK = 727_471_003;
/** A task that did a full batch probably has more to do. */
const FULL_BATCH = 20_000;
/** A measure that takes longer says enough by its absence. */
const MEASURE_DEADLINE_MS = 30_000;
const LONGEST_CHORE_MS = Math.max(...Object.values(CHORES).map(({ deadlineMs }) => deadlineMs));
/** How much longer than the server's own deadline the client waits for a silent server. */
const SLACK_MS = 30_000;

export interface MaintenanceOptions {
  /** The primary itself, as the writer: session locks do not survive PgBouncer. */
  url: string;
  applicationName?: string;
  log: {
    info(facts: object, event: string): void;
    warn(facts: object, event: string): void;
  };
  registry?: Registry;
  /** Machine topics whose positions are measured. Default: all that the database has. */
  topics?: readonly string[];
  /** Pause before retrying the lock or the connection. Default 5 s. */
  retryMs?: number;
  /** Ends every task after this, if its own deadline is longer. For tests. */
  deadlineMs?: number;
}

export interface Maintenance {
  /** Whether this process currently does the work. */
  readonly active: boolean;
  /** Ends the chores, lets a running fold finish, then closes the connections. */
  stop(): Promise<void>;
}

/**
 * Starts the upkeep in the background: folds, refreshes, retention, stuck sessions. Run it in every writer; one of them
 * does the work, and another takes over within seconds when that one dies. A failing task is logged and retried at its
 * next turn; it stops neither the others nor the caller. Folds have their own session, so that no chore delays them.
 */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { log, retryMs = 5_000 } = options;
  const metrics = options.registry && createMetrics(options.registry);
  const measures =
    options.registry && new DatabaseMeasures(options.registry, options.topics, Object.keys({ ...FOLDS, ...CHORES }));
  const stopping = new AbortController();
  let active = false;
  const setActive = (value: boolean): void => {
    active = value;
    metrics?.active.set(value ? 1 : 0);
    measures?.clear();
  };
  const open = (deadlineMs: number): Promise<LoadSession> =>
    LoadSession.open({
      url: options.url,
      applicationName: options.applicationName ?? 'chip-maintenance',
      deadlineMs: deadlineMs + SLACK_MS,
    });

  /** One term of office: from the lock to its loss. Everything in it ends with the session that holds the lock. */
  const serve = async (holder: LoadSession): Promise<void> => {
    const over = new AbortController();
    const end = (): void => over.abort();
    stopping.signal.addEventListener('abort', end);
    if (stopping.signal.aborted) {
      // Asked to stop while the session was being opened.
      end();
    }
    const notes = new Notes(() => open(MINUTE_MS));
    const lane = <T extends Turn>(tasks: Readonly<Record<string, T>>) => new Lane(tasks, over.signal);
    const runTask = async (session: LoadSession, name: string, task: Task): Promise<boolean> => {
      const deadlineMs = Math.min(task.deadlineMs, options.deadlineMs ?? Infinity);
      try {
        await session.query(`SET statement_timeout = ${deadlineMs}`);
        const done = await task.run(session, log);
        metrics?.runs.inc({ task: name, outcome: 'ok' });
        metrics?.rows.inc({ task: name }, done);
        metrics?.lastSuccess.setToCurrentTime({ task: name });
        await notes.add(name, done, null);
        return done >= FULL_BATCH;
      } catch (error) {
        // Ended on purpose: its successor runs it again.
        if (over.signal.aborted) {
          return false;
        }
        metrics?.runs.inc({ task: name, outcome: 'failed' });
        log.warn({ task: name, error: toAppError(error) }, 'maintenance_task_failed');
        await notes.add(name, 0, (error as { sqlstate?: string }).sqlstate || 'unknown');
        return false;
      }
    };
    const fold = async (): Promise<void> => {
      await lane(FOLDS).work(async (name, task) => {
        const more = await runTask(holder, name, task);
        if (holder.dead) {
          end();
        }
        return more;
      });
    };
    const inOwnSession = async <T extends Turn>(
      turns: Lane<T>,
      deadlineMs: number,
      run: (session: LoadSession, name: string, turn: T) => Promise<boolean>,
    ): Promise<void> => {
      let session: LoadSession | undefined;
      const cut = (): void => void (session && notes.terminate(session));
      over.signal.addEventListener('abort', cut);
      try {
        await turns.work(async (name, turn) => {
          if (!session || session.dead) {
            session = await open(deadlineMs).catch(() => undefined);
            // The folds notice when the database is down; here it only costs one more turn.
            if (!session || over.signal.aborted) {
              return false;
            }
          }
          return run(session, name, turn);
        });
      } finally {
        over.signal.removeEventListener('abort', cut);
        await session?.close();
      }
    };
    const chores = lane(CHORES);
    const unmeasured = new Set<string>();
    const runMeasure = async (session: LoadSession, name: string, measure: DatabaseMeasures['all'][string]) => {
      try {
        await session.query(`SET statement_timeout = ${MEASURE_DEADLINE_MS}`);
        await measure.run(session);
        unmeasured.delete(name);
      } catch (error) {
        measure.clear();
        if (!over.signal.aborted && !unmeasured.has(name)) {
          unmeasured.add(name);
          log.warn({ measure: name, error: toAppError(error) }, 'database_not_measured');
        }
      }
      return false;
    };
    try {
      await Promise.all([
        fold(),
        ...Array.from({ length: CHORE_SESSIONS }, () => inOwnSession(chores, LONGEST_CHORE_MS, runTask)),
        ...(measures ? [inOwnSession(lane(measures.all), MEASURE_DEADLINE_MS, runMeasure)] : []),
      ]);
    } finally {
      end();
      stopping.signal.removeEventListener('abort', end);
      await notes.close();
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let holder: LoadSession | undefined;
      try {
        holder = await open(FOLD_DEADLINE_MS);
        const rows = await holder.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
          MAINTENANCE_LOCK,
        ]);
        if (rows[0]?.locked) {
          setActive(true);
          log.info({}, 'maintenance_started');
          await serve(holder);
        }
      } catch (error) {
        const failure = toAppError(error);
        log.warn({ error: failure }, failure instanceof AppError ? 'maintenance_waiting' : 'maintenance_failed');
      } finally {
        setActive(false);
        await holder?.close();
      }
      await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
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

/** Tasks take turns: the one due for longest goes first, and none runs twice at the same time. */
class Lane<T extends Turn> {
  readonly #tasks: Readonly<Record<string, T>>;
  readonly #over: AbortSignal;
  readonly #due = new Map<string, number>();
  readonly #running = new Set<string>();

  constructor(tasks: Readonly<Record<string, T>>, over: AbortSignal) {
    this.#tasks = tasks;
    this.#over = over;
    for (const name of Object.keys(tasks)) {
      this.#due.set(name, 0);
    }
  }

  /** Works until the lane is over; several workers may call it. @param run returns whether to repeat at once */
  async work(run: (name: string, task: T) => Promise<boolean>): Promise<void> {
    while (!this.#over.aborted) {
      const waiting = [...this.#due].filter(([name]) => !this.#running.has(name)).sort(([, a], [, b]) => a - b);
      const [name, due] = waiting[0] ?? ['', Infinity];
      const wait = due - performance.now();
      if (wait > 0) {
        await sleep(Math.min(Math.max(wait, 50), 1_000), undefined, { signal: this.#over }).catch(() => undefined);
        continue;
      }
      const task = this.#tasks[name]!;
      this.#running.add(name);
      try {
        const more = await run(name, task);
        // Queue behind whatever else is due, even if there is more to do.
        this.#due.set(name, performance.now() + (more ? 0 : task.everyMs));
      } finally {
        this.#running.delete(name);
      }
    }
  }
}

/** Records every run in the database, on a connection that no task can break or hold up. Never throws. */
class Notes {
  readonly #open: () => Promise<LoadSession>;
  #session: LoadSession | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<LoadSession>) {
    this.#open = open;
  }

  add(task: string, rows: number, sqlstate: string | null): Promise<void> {
    return this.#inTurn(NOTE_RUN, [task, rows, sqlstate]);
  }

  /** Ends another session and its statement. Closing its connection would leave the server at work. */
  terminate({ backend }: LoadSession): Promise<void> {
    return this.#inTurn(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2',
      [backend.pid, backend.startedAt],
    );
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#session?.close();
  }

  /** A run that cannot be recorded has run all the same. */
  #inTurn(text: string, parameters: readonly SqlParameter[]): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        if (!this.#session || this.#session.dead) {
          this.#session = await this.#open();
        }
        await this.#session.query(text, parameters);
      } catch {
        // The next run opens another session, or finds the database down as the tasks do.
      }
    });
    return this.#last;
  }
}
