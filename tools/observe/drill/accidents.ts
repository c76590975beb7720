/** What goes wrong in the drill, and the alerts that must tell of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { pause, repeatedly } from '../../devstack/processes/wait-for.ts';
import type { ObservedSystem } from './system.ts';

export interface Accident {
  readonly what: string;
  /** Alerts that must arrive, in any order; others may. */
  readonly alerts: readonly string[];
  /** @returns what puts it right */
  begin(system: ObservedSystem): Promise<() => Promise<void>>;
}

const TELEMETRY = 'telemetry.samples.v1';
/** Of the upkeep. */
const LOCK = 727_471_003;

/** Passes over failures of the step: the system is broken on purpose. */
const persistently = (step: (stop: AbortSignal) => Promise<unknown>): (() => Promise<void>) =>
  repeatedly((stop) => step(stop).catch(() => sleep(200, undefined, { ref: false })));

/** Holds a lock in a session of its own. */
async function locked(system: ObservedSystem, statement: string): Promise<pg.Client> {
  const session = await system.session();
  await session.query('BEGIN');
  await session.query(statement);
  return session;
}

/** Asks the query service, whatever it answers. */
const ask = (system: ObservedSystem): Promise<unknown> =>
  fetch(`${system.queryUrl}/v1/inspections?limit=1`, { signal: AbortSignal.timeout(20_000) }).then((answer) =>
    answer.text(),
  );

const samples = (count: number, fields: object): { key: string; value: string }[] =>
  Array.from({ length: count }, () => ({
    key: 'drill',
    value: JSON.stringify({
      time: new Date().toISOString(),
      service_name: 'drill',
      metric_name: 'm',
      metric_value: 1,
      ...fields,
    }),
  }));

const nothing: Accident = {
  what: 'nothing at all',
  alerts: ['Watchdog'],
  begin: async () => async () => undefined,
};

const noQuery: Accident = {
  what: 'both instances of query end',
  alerts: ['ServiceMissing'],
  begin: async (system) => {
    await Promise.all([system.stop('query-1'), system.stop('query-2')]);
    return async () => {
      await Promise.all([system.start('query-1'), system.start('query-2')]);
    };
  },
};

const frozenIngest: Accident = {
  what: 'ingest freezes while machines publish',
  alerts: ['PipelineStalled', 'PipelineLagGrowing'],
  begin: async (system) => {
    system.signalTo('ingest-1', 'SIGSTOP');
    return async () => system.signalTo('ingest-1', 'SIGCONT');
  },
};

const refusedRows: Accident = {
  what: 'the writer loses its right to insert samples',
  alerts: ['PartitionStopped'],
  begin: async (system) => {
    await system.sql('REVOKE INSERT ON system_metrics FROM chip_writer');
    return async () => {
      await system.sql('GRANT INSERT ON system_metrics TO chip_writer');
      // The way out of the runbook. A partition that has tried again by itself refuses it.
      const stopped = await system.sql<{ partition: number }>(
        `SELECT source_partition AS partition FROM stream_positions WHERE source_topic = $1 AND state <> 'running'`,
        [TELEMETRY],
      );
      for (const { partition } of stopped) {
        const args = ['resume', TELEMETRY, String(partition), '--reason', 'drill', '--yes'];
        await system.operator('positions', args).catch(() => undefined);
      }
    };
  },
};

const blockedTable: Accident = {
  what: 'another session locks the table of samples, again and again for 7 s',
  alerts: ['FlushSlow', 'EventsLate'],
  begin: async (system) =>
    persistently(async (stop) => {
      const session = await locked(system, 'LOCK TABLE system_metrics IN SHARE MODE');
      await pause(7_000, stop);
      await session.end();
      await pause(500, stop);
    }),
};

const deletedRecords: Accident = {
  what: 'retention deletes records that ingest has not read',
  alerts: ['EventsLost', 'PartitionStopped'],
  begin: async (system) => {
    await system.stop('ingest-1');
    await system.produce(TELEMETRY, samples(50, { host: 'lost' }));
    const ends = await system.admin.fetchTopicOffsets(TELEMETRY);
    const partitions = ends
      .filter(({ low, high }) => low !== high)
      .map(({ partition, high }) => ({ partition, offset: high }));
    await system.admin.deleteTopicRecords({ topic: TELEMETRY, partitions });
    await system.start('ingest-1');
    return async () => {
      for (const { partition, offset } of partitions) {
        const args = ['accept-gap', TELEMETRY, String(partition), '--to', offset, '--reason', 'drill', '--yes'];
        // A partition of which ingest had read everything has no gap.
        await system.operator('positions', args).catch(() => undefined);
      }
    };
  },
};

const badMachine: Accident = {
  what: 'a machine publishes samples that no one can read',
  alerts: ['DeadLettersMany', 'MachineRefused'],
  begin: async (system) =>
    persistently(async (stop) => {
      await system.produce(TELEMETRY, samples(20, { host: 'drill-1', metric_value: 'high' }));
      await pause(500, stop);
    }),
};

const brokenSessions: Accident = {
  what: 'the sessions of the writer break every 2 s',
  alerts: ['FlushErrors'],
  begin: async (system) =>
    persistently(async (stop) => {
      await system.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chip-writer %'`,
      );
      await pause(2_000, stop);
    }),
};

const noDatabase: Accident = {
  what: 'PostgreSQL freezes',
  alerts: ['PostgreSQLDown'],
  begin: async (system) => {
    await system.stop('postgres-1', 'SIGINT');
    return () => system.start('postgres-1');
  },
};

const manyConnections: Accident = {
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

const forgottenTransaction: Accident = {
  what: 'a session leaves its transaction open',
  alerts: ['PostgreSQLLongRunningTransactions'],
  begin: async (system) => {
    const session = await locked(system, 'SELECT pg_current_xact_id()');
    return () => session.end();
  },
};

const idleFolds: Accident = {
  what: 'folds run and take nothing, while 60,000 deltas arrive',
  alerts: ['UnfoldedDeltas'],
  begin: async (system) => {
    const [fold] = await system.sql<{ definition: string }>(
      `SELECT pg_get_functiondef('fold_metrics(integer)'::regprocedure) AS definition`,
    );
    await system.sql(
      `CREATE OR REPLACE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'`,
    );
    await system.sql(
      `INSERT INTO metrics_delta SELECT now(), 'drill', 'm', NULL, 1, 1, 1, 1 FROM generate_series(1, 60000)`,
    );
    return async () => {
      await system.sql(fold?.definition ?? '');
    };
  },
};

const brokenFold: Accident = {
  what: 'the function that folds yield is gone',
  alerts: ['UpkeepFailing'],
  begin: async (system) => {
    await system.sql('ALTER FUNCTION fold_yield(integer) RENAME TO fold_yield_gone');
    return async () => {
      await system.sql('ALTER FUNCTION fold_yield_gone(integer) RENAME TO fold_yield');
    };
  },
};

const blockedFold: Accident = {
  what: 'another session locks the deltas of yield; no inspections arrive',
  alerts: ['RollupsOld'],
  begin: async (system) => {
    system.signalTo('simulator-1', 'SIGSTOP');
    await sleep(3_000);
    const session = await locked(system, 'LOCK TABLE yield_delta IN ACCESS EXCLUSIVE MODE');
    return async () => {
      await session.end();
      system.signalTo('simulator-1', 'SIGCONT');
    };
  },
};

const noUpkeep: Accident = {
  what: 'a foreign session holds the lock of the upkeep',
  alerts: ['UpkeepMissing'],
  begin: async (system) => {
    const session = await system.session();
    for (;;) {
      await system.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted`,
        [LOCK],
      );
      const { rows } = await session.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [LOCK]);
      if (rows[0]?.held) {
        return () => session.end();
      }
    }
  },
};

const noArchive: Accident = {
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

const blockedRequests: Accident = {
  what: 'another session locks inspections, and 30 clients ask for them; no inspections arrive',
  alerts: ['PoolSaturated', 'QueryErrors'],
  begin: async (system) => {
    system.signalTo('simulator-1', 'SIGSTOP');
    await sleep(3_000);
    const session = await locked(system, 'LOCK TABLE inspections IN ACCESS EXCLUSIVE MODE');
    // Each by itself and out of step: refused together, they would leave pauses in which nobody waits.
    const clients = Array.from({ length: 30 }, (_, i) =>
      persistently(async (stop) => {
        await pause(i * 100, stop);
        await ask(system);
      }),
    );
    return async () => {
      await session.end();
      await Promise.all(clients.map((end) => end()));
      system.signalTo('simulator-1', 'SIGCONT');
      // Without a request there is no share of failed ones.
      await Promise.all(Array.from({ length: 20 }, () => ask(system)));
    };
  },
};

const damagedCertificate: Accident = {
  what: 'the certificate of query is replaced by a damaged file',
  alerts: ['CertificateExpires'],
  begin: async (system) => {
    const before = readFileSync(system.certificate);
    writeFileSync(system.certificate, 'damaged');
    return async () => writeFileSync(system.certificate, before);
  },
};

/** In this order. What restarts the database comes last, and each accident begins with a whole system. */
export const ACCIDENTS: Readonly<Record<string, Accident>> = {
  nothing,
  'no-query': noQuery,
  'bad-machine': badMachine,
  'frozen-ingest': frozenIngest,
  'refused-rows': refusedRows,
  'blocked-table': blockedTable,
  'broken-sessions': brokenSessions,
  'many-connections': manyConnections,
  'forgotten-transaction': forgottenTransaction,
  'idle-folds': idleFolds,
  'broken-fold': brokenFold,
  'blocked-fold': blockedFold,
  'no-upkeep': noUpkeep,
  'blocked-requests': blockedRequests,
  'damaged-certificate': damagedCertificate,
  'deleted-records': deletedRecords,
  'no-database': noDatabase,
  'no-archive': noArchive,
};
