/** The primary dies under load: its synchronous standby takes over, with every commit and every slot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../devstack/processes/processes.ts';
import { readPositions } from '../../faults/proof/observation.ts';
import { Trial } from '../../faults/run/trial.ts';
import { ask, promote, startStandby } from '../../devstack/copies/standby.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { Downstream } from '../parts/downstream.ts';
import { positionsIn } from '../proof/as-of.ts';
import { demands, stopwatch, type Outcome, type Scene } from './scene.ts';

const RESUME_WITHIN_MS = 120_000;
const SERVER = 'postgres-1';
const SUBSCRIPTION = 'chip_results';

/** What a standby must not take over from the primary: it would wait for a standby that is not there. */
const ALONE = { synchronous_standby_names: '', synchronized_standby_slots: '' };
/** Keeps logical slots in step, so that they are there after a promotion. */
const KEEPS_SLOTS = { hot_standby_feedback: 'on', sync_replication_slots: 'on' };

export const failover: Scene = {
  what: 'the primary is killed under load; its synchronous standby is promoted, and a downstream service goes on',
  run: async (system, { rate }, seed) => {
    await restartForLogicalReplication(system);
    const downstream = await Downstream.subscribe(system);
    try {
      const standbyPort = await standBehind(system, 'postgres-2', primaryPort(system), 'standby_1');
      const trial = await Trial.begin({ system, seed, rate, resumeWithinMs: RESUME_WITHIN_MS });
      try {
        return await failOver(system, trial, downstream, standbyPort);
      } finally {
        await trial.end();
      }
    } finally {
      await downstream.close();
    }
  },
};

const primaryPort = ({ env }: SystemUnderTest): number => Number(new URL(env['DATABASE_URL'] as string).port);

async function restartForLogicalReplication(system: SystemUnderTest): Promise<void> {
  await system.sql(`ALTER SYSTEM SET wal_level = 'logical'`);
  await system.stopServer(SERVER, 'SIGINT');
  await system.startServer(SERVER);
}

/** Starts a standby, and makes commits and logical subscribers wait for it. @returns its port */
async function standBehind(system: SystemUnderTest, name: string, port: number, slot: string): Promise<number> {
  const settings = { ...ALONE, ...KEEPS_SLOTS, cluster_name: slot };
  const standbyPort = await startStandby(system, { replicationPort: port, name, slot, settings });
  await system.sql(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (${slot})'`);
  await system.sql(`ALTER SYSTEM SET synchronized_standby_slots = '${slot}'`);
  await system.sql('SELECT pg_reload_conf()');
  await system.until(
    async () =>
      (
        await system.sql(
          `SELECT FROM pg_stat_replication WHERE application_name = $1 AND sync_state IN ('sync', 'quorum')`,
          [slot],
        )
      ).length === 1,
    60_000,
    `commits wait for ${slot}`,
  );
  system.report('standby', `${slot} follows on port ${standbyPort}; commits wait for it`);
  return standbyPort;
}

async function failOver(
  system: SystemUnderTest,
  trial: Trial,
  downstream: Downstream,
  standbyPort: number,
): Promise<Outcome> {
  const { report, signal } = system;
  const { differences, demand } = demands();
  const standby = system.superuserUrl(standbyPort);
  await trial.warmUp();
  await system.until(() => isSlotKept(standby), 60_000, 'the standby keeps the slot of the subscription');
  await sleep(3_000, undefined, { signal });
  const restarts = system.restarts();

  const before = positionsIn(await readPositions(system.sql));
  const pids = system.postgresPids();
  report('accident', 'killing the primary');
  const recovery = stopwatch();
  pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
  await system.until(() => !pids.some(isAlive), 20_000, 'the primary is dead');
  await promote(standby);
  const promotedAfter = recovery();
  report('failover', `the standby accepts writes, after ${promotedAfter.toFixed(1)} s`);
  await system.follow(standbyPort);
  system.env = movedTo(system.env, standbyPort);
  system.proxy.targetPort = standbyPort;
  system.proxy.cutAll();

  const after = positionsIn(await readPositions(system.sql));
  const lost = [...before].reduce((sum, [partition, next]) => sum + Math.max(0, next - (after.get(partition) ?? 0)), 0);
  demand(lost === 0, `positions went back by ${lost} records, although commits waited for the standby`);
  const rows = await downstream.rows();
  await system.until(
    async () => [...positionsIn(await readPositions(system.sql))].every(([one, next]) => next > (after.get(one) ?? 0)),
    RESUME_WITHIN_MS,
    'every partition moves',
  );
  const movesAfter = recovery();
  await system.until(async () => (await answers(system)) === 200, RESUME_WITHIN_MS, 'query answers');
  const answersAfter = recovery();
  await system.until(async () => (await downstream.rows()) > rows, RESUME_WITHIN_MS, 'the subscription goes on');
  const subscriptionAfter = recovery();
  report('recovery', `every partition moves after ${movesAfter.toFixed(1)} s, and the subscription goes on`);
  demand(system.restarts() === restarts, `${system.restarts() - restarts} services had to be restarted`);

  await standBehind(system, 'postgres-3', standbyPort, 'standby_2');
  const redundantAfter = recovery();
  differences.push(...(await trial.check()));
  const followed = await downstream.untilEqual();
  demand(followed !== undefined, 'the downstream service has not what is published');
  report('downstream', `${followed ?? 'NOT all'} rows, the same as here`);
  return {
    figures: [
      { what: 'RPO', value: lost, unit: 'records' },
      { what: 'RTO, promoted', value: promotedAfter, unit: 's' },
      { what: 'RTO, every partition moves', value: movesAfter, unit: 's' },
      { what: 'RTO, query answers', value: answersAfter, unit: 's' },
      { what: 'RTO, subscription goes on', value: subscriptionAfter, unit: 's' },
      { what: 'redundant again', value: redundantAfter, unit: 's' },
      { what: 'rows of the subscription', value: followed ?? NaN, unit: 'rows' },
    ],
    differences,
    elements: trial.elements,
  };
}

/** A slot that is only being prepared is temporary, and gone after a promotion. */
async function isSlotKept(standby: string): Promise<boolean> {
  const slot = await ask<{ kept: boolean } | undefined>(
    standby,
    `SELECT synced AND NOT temporary AND invalidation_reason IS NULL AS kept FROM pg_replication_slots WHERE slot_name = '${SUBSCRIPTION}'`,
  );
  return slot?.kept === true;
}

/** The commands of the operator use the new primary. */
function movedTo(env: SystemUnderTest['env'], port: number): SystemUnderTest['env'] {
  const url = new URL(env['DATABASE_URL'] as string);
  url.port = String(port);
  return { ...env, DATABASE_URL: url.href };
}

async function answers(system: SystemUnderTest): Promise<number> {
  try {
    const response = await fetch(`${system.url('query-1')}/v1/pipeline`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}
