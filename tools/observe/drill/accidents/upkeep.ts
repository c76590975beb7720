/** What goes wrong with the upkeep of the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Accident, locked } from './accident.ts';

/** Of the upkeep. */
const LOCK = 727_471_003;

export const idleFolds: Accident = {
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

export const brokenFold: Accident = {
  what: 'the function that folds yield is gone',
  alerts: ['UpkeepFailing'],
  begin: async (system) => {
    await system.sql('ALTER FUNCTION fold_yield(integer) RENAME TO fold_yield_gone');
    return async () => {
      await system.sql('ALTER FUNCTION fold_yield_gone(integer) RENAME TO fold_yield');
    };
  },
};

export const blockedFold: Accident = {
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

export const noUpkeep: Accident = {
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

export const blockedSummary: Accident = {
  what: 'another session locks the table in which each refresh of the summary is noted',
  alerts: ['SummaryOld'],
  // The upkeep refreshes every 5 minutes, whatever the factor of the drill.
  leastMs: 9 * 60_000,
  begin: async (system) => {
    const session = await locked(system, 'LOCK TABLE summary_refreshes IN SHARE MODE');
    return () => session.end();
  },
};
