/**
 * A primary that fails with unreplicated commits, and its standby: positions go back while nothing arrives, and the
 * writers must notice by themselves and read the missing blocks again.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPart } from '../../devstack/processes/part.ts';
import { LOOPBACK, PortPicker } from '../../devstack/processes/ports.ts';
import { postgresAccount } from '../../devstack/servers/postgres-account.ts';
import { isAlive } from '../../devstack/processes/processes.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { readPositions } from '../proof/observation.ts';
import { PostgresProxy } from '../system/proxy.ts';
import type { SystemUnderTest } from '../system/system.ts';
import type { Trial } from './trial.ts';

const FIRST_STANDBY_PORT = 57_532;
const PROMOTED_WITHIN_MS = 60_000;
/** The writer notices a failover at the next review of an idle position; then it reads the missing blocks. */
const WHOLE_WITHIN_MS = 60_000;

export async function failOver(system: SystemUnderTest, trial: Trial): Promise<{ lost: number; wholeAfterMs: number }> {
  const { report, signal } = system;
  const primaryPort = Number(new URL(system.env['DATABASE_URL'] as string).port);
  // Replication goes through a proxy, so that it can stop at a chosen moment.
  const replication = await PostgresProxy.listen(primaryPort);
  try {
    const standbyPort = await startStandby(system, replication.port);
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

async function startStandby(system: SystemUnderTest, replicationPort: number): Promise<number> {
  const { folder, signal, env } = system;
  const programs = env['PG_BIN'] as string;
  const home = path.join(folder.data, 'standby');
  const account = await postgresAccount([programs, folder.data], signal);
  mkdirSync(home, { mode: 0o700 });
  account.own(home);
  const source = new URL(system.superuserUrl(replicationPort));
  source.pathname = '';
  const backup = account.asAccount(path.join(programs, 'pg_basebackup'), [
    `--pgdata=${home}`,
    `--dbname=${source.href}`,
    '--write-recovery-conf',
    '--wal-method=stream',
    '--checkpoint=fast',
  ]);
  await runCommand(backup.command, backup.args, { cwd: folder.data, signal, onFailure: 'see the lines above' });
  const port = await new PortPicker(system.report).pick('standby', FIRST_STANDBY_PORT);
  // Read after all other settings, so it overrides the port copied from the primary.
  appendFileSync(path.join(home, 'postgresql.auto.conf'), `port = ${port}\n`);
  await startPart(
    folder.run,
    {
      launch: {
        name: 'postgres-2',
        ...account.asAccount(path.join(programs, 'postgres'), ['-D', home]),
        env: process.env,
        cwd: folder.data,
      },
      readiness: () => () => isRecovering(system.superuserUrl(port)),
      readyWithinMs: 60_000,
    },
    signal,
  );
  return port;
}

async function ask<Row>(url: string, text: string): Promise<Row> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(text)).rows[0] as Row;
  } finally {
    await client.end();
  }
}

async function isRecovering(url: string): Promise<boolean> {
  try {
    return (await ask<{ is: boolean }>(url, 'SELECT pg_is_in_recovery() AS is')).is;
  } catch {
    return false;
  }
}

async function promote(url: string): Promise<void> {
  const { promoted } = await ask<{ promoted: boolean }>(
    url,
    `SELECT pg_promote(true, ${PROMOTED_WITHIN_MS / 1000}) AS promoted`,
  );
  if (!promoted) {
    throw new Error(`the standby at ${LOOPBACK} was not promoted in time`);
  }
}

async function nextOffsets(system: SystemUnderTest): Promise<Map<string, number>> {
  const positions = await readPositions(system.sql);
  return new Map(positions.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset]));
}
