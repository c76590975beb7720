/**
 * A primary that fails with unreplicated commits, and its standby: positions go back while nothing arrives, and the
 * writers must notice by themselves and read the missing blocks again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../devstack/processes/processes.ts';
import { readPositions } from '../proof/observation.ts';
import { PostgresProxy } from '../system/proxy.ts';
import { promote, startStandby } from '../../devstack/copies/standby.ts';
import type { SystemUnderTest } from '../system/system.ts';
import type { Trial } from './trial.ts';

/** The writer notices a failover at the next review of an idle position; then it reads the missing blocks. */
const WHOLE_WITHIN_MS = 60_000;

export async function failOver(system: SystemUnderTest, trial: Trial): Promise<{ lost: number; wholeAfterMs: number }> {
  const { report, signal } = system;
  const primaryPort = Number(new URL(system.env['DATABASE_URL'] as string).port);
  // Replication goes through a proxy, so that it can stop at a chosen moment.
  const replication = await PostgresProxy.listen(primaryPort);
  try {
    const standbyPort = await startStandby(system, { replicationPort: replication.port });
    report('failover', `the standby follows on port ${standbyPort}`);
    trial.publisher.resume();
    await sleep(4_000, undefined, { signal });
    replication.stall('all');
    await sleep(4_000, undefined, { signal });
    await trial.rest();
    const before = await nextOffsets(system);

    report('failover', 'killing the primary, promoting the standby');
    const pids = system.postgresPids();
    pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
    await system.until(() => !pids.some(isAlive), 20_000, 'the primary is dead');
    await promote(system.superuserUrl(standbyPort));
    const began = performance.now();
    await system.follow(standbyPort);
    const after = await nextOffsets(system);
    const lost = [...before].reduce((sum, [partition, next]) => sum + next - (after.get(partition) ?? 0), 0);
    if (lost <= 0) {
      throw new Error('every commit had been replicated: this failover proves nothing');
    }
    report('failover', `positions went back by ${lost} records`);
    system.proxy.targetPort = standbyPort;
    system.proxy.cutAll();

    await system.until(
      async () => [...(await nextOffsets(system))].every(([partition, next]) => next >= (before.get(partition) ?? 0)),
      WHOLE_WITHIN_MS,
      'the positions are where they were, without new events',
    );
    return { lost, wholeAfterMs: performance.now() - began };
  } finally {
    await replication.close();
  }
}

async function nextOffsets(system: SystemUnderTest): Promise<Map<string, number>> {
  const positions = await readPositions(system.sql);
  return new Map(positions.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset]));
}
