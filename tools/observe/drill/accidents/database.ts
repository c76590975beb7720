/** What goes wrong with the database server. */
import type pg from 'pg';
import type { ObservedSystem } from '../system/system.ts';
import { type Accident, locked } from './accident.ts';

export const noDatabase: Accident = {
  what: 'PostgreSQL freezes',
  alerts: ['PostgreSQLDown'],
  begin: async (system) => {
    await system.stop('postgres-1', 'SIGINT');
    return () => system.start('postgres-1');
  },
};

export const manyConnections: Accident = {
  what: 'a client opens connections and does not close them',
  alerts: ['PostgreSQLHighConnections'],
  begin: async (system) => {
    const [limit] = await system.sql<{ free: number }>(
      `SELECT (0.9 * current_setting('max_connections')::int - count(*))::int AS free FROM pg_stat_activity`,
    );
    const sessions: pg.Client[] = [];
    for (let opened = 0; opened < (limit?.free ?? 0); opened++) {
      sessions.push(await system.session());
    }
    return async () => {
      await Promise.all(sessions.map((session) => session.end()));
    };
  },
};

export const forgottenTransaction: Accident = {
  what: 'a session leaves its transaction open',
  alerts: ['PostgreSQLLongRunningTransactions'],
  begin: async (system) => {
    const session = await locked(system, 'SELECT pg_current_xact_id()');
    return () => session.end();
  },
};

export const noArchive: Accident = {
  what: 'the archive of WAL refuses every segment',
  alerts: ['WalArchiveFailing'],
  begin: async (system) => {
    const set = async (command: string): Promise<void> => {
      await system.sql(`ALTER SYSTEM SET archive_command = '${command}'`);
      await system.sql('SELECT pg_reload_conf()');
      await system.sql('SELECT pg_switch_wal()');
    };
    // Archiving is switched on by a restart.
    await system.sql(`ALTER SYSTEM SET archive_mode = 'on'`);
    await system.sql(`ALTER SYSTEM SET archive_command = 'false'`);
    await system.stop('postgres-1', 'SIGINT');
    await system.start('postgres-1');
    await set('false');
    return () => set('true');
  },
};

/** Settings that a server reads when it starts. Null: the usual value. */
async function restartWith(system: ObservedSystem, setting: string, value: string | null): Promise<void> {
  await system.sql(`ALTER SYSTEM ${value === null ? `RESET ${setting}` : `SET ${setting} = '${value}'`}`);
  await system.stop('postgres-1', 'SIGINT');
  await system.start('postgres-1');
}

export const smallMemory: Accident = {
  what: 'the server restarts with 4 MB of shared_buffers, and its newest chunk has 200,000 samples more',
  alerts: ['TimescaleDBHighChunkSize'],
  begin: async (system) => {
    await system.sql(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host)
       SELECT now() - n * interval '1 ms', 'drill', 'm', n, 'h' FROM generate_series(1, 200000) AS n`,
    );
    await restartWith(system, 'shared_buffers', '4MB');
    return () => restartWith(system, 'shared_buffers', null);
  },
};

/** From 1,000 on, as those of users. */
const FAILING_JOB = 1_900;

export const failingJob: Accident = {
  what: 'a restored dump brings a job that only the Community edition can run',
  alerts: ['DatabaseJobsFailing'],
  begin: async (system) => {
    // The Apache edition refuses add_job, so the row is made as a restore makes it.
    await system.sql(
      `INSERT INTO _timescaledb_config.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
         proc_schema, proc_name, owner, scheduled, fixed_schedule)
       VALUES ($1, 'drill', '2 seconds', '0', -1, '2 seconds', '_timescaledb_functions', 'policy_job_stat_history_retention',
         'postgres'::regrole, true, false)`,
      [FAILING_JOB],
    );
    await system.sql('SELECT _timescaledb_functions.restart_background_workers()');
    return async () => {
      await system.sql('DELETE FROM _timescaledb_config.bgw_job WHERE id = $1', [FAILING_JOB]);
      await system.sql('SELECT _timescaledb_functions.restart_background_workers()');
    };
  },
};
