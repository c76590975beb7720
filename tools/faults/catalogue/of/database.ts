/** PostgreSQL that stops, crashes, forgets, refuses or runs full. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { postgresAccount } from '../../../devstack/servers/postgres-account.ts';
import type { Fault, Target } from '../fault.ts';
import { topicOf } from '../../load/stream.ts';
import { copyUnderWay } from '../copy-under-way.ts';
import { othersGoOn, positionsNow, settled } from '../progress.ts';
import { takeWaysOut } from '../ways-out.ts';

const POSTGRES = 'postgres-1';
const run = promisify(execFile);

async function restart({ system, hold }: Target, signal: NodeJS.Signals, downMs: number): Promise<void> {
  await system.stopServer(POSTGRES, signal);
  try {
    await hold(downMs);
  } finally {
    await system.startServer(POSTGRES);
  }
}

/** Holds its own session, whose locks disappear when it ends. */
async function withSession(target: Target, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: target.system.superuserUrl(), application_name: 'faults-session' });
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const WRITER_SESSIONS = `application_name LIKE 'chip-writer%'`;

/** Slows the server enough to catch a COPY in the middle. */
async function inCopy(target: Target, act: (pid: number) => Promise<unknown> | void): Promise<void> {
  target.system.proxy.throttle = { bytesPerSecond: 60_000, delayMs: 0 };
  try {
    await act(await copyUnderWay(target));
  } finally {
    target.system.proxy.throttle = undefined;
  }
}

/**
 * Moves a table to its own small disk and fills that. A flush then gets 53100 as soon as it needs a new page. The mount
 * needs root; without it the fault is omitted.
 */
async function fillDisk(target: Target): Promise<void> {
  const { system, hold, random } = target;
  const folder = path.join(system.folder.data, `small-disk-${random.integer(1, 1e9)}`);
  mkdirSync(folder);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', folder]);
  const table = 'inspection_events';
  try {
    const account = await postgresAccount([system.folder.data], system.signal);
    account.own(folder);
    await system.sql(`CREATE TABLESPACE faults_small LOCATION '${folder}'`);
    try {
      await system.sql(`ALTER TABLE ${table} SET TABLESPACE faults_small`);
      const { bavail, bsize } = statfsSync(folder);
      const ballast = path.join(folder, 'ballast');
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      } catch (error) {
        // A flush took a page between the check and the write: the disk is as full as it should be.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
          throw error;
        }
      }
      await hold(12_000);
      rmSync(ballast);
    } finally {
      rmSync(path.join(folder, 'ballast'), { force: true });
      await system.sql(`ALTER TABLE ${table} SET TABLESPACE pg_default`);
      await system.sql('DROP TABLESPACE faults_small');
    }
  } finally {
    await run('umount', ['-l', folder]);
  }
}

/** Locks one position row and one lot row, like a person at psql who forgets the transaction. */
async function lockRows(target: Target, ms: number): Promise<void> {
  const { random, system } = target;
  const partition = random.integer(0, 7);
  const [lot] = await system.sql<{ id: string; lot_id: string }>(
    'SELECT id, lot_id FROM lots ORDER BY created_at DESC, id LIMIT 1',
  );
  const inspections = Number(/^i(\d+)/.exec(lot?.lot_id ?? '')?.[1]);
  const held = [`${topicOf.telemetry}/${partition}`, `${topicOf.inspection}/${inspections}`];
  await withSession(target, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM stream_positions WHERE source_topic = $1 AND source_partition = $2 FOR UPDATE', [
      topicOf.telemetry,
      partition,
    ]);
    await client.query('SELECT 1 FROM lots WHERE id = $1 FOR UPDATE', [lot?.id]);
    await othersGoOn(target, (name) => held.includes(name), ms);
    await client.query('ROLLBACK');
  });
  await takeWaysOut(target);
}

const LOCKED_FOR_MS = 600_000;
const BASELINE_MS = 120_000;

/** Compares what the other partitions settle while one is locked for ten minutes with the minutes before. */
async function lockOnePartition(target: Target): Promise<void> {
  const { random, note, object, system } = target;
  const locked = `${topicOf.telemetry}/${random.integer(0, 7)}`;
  const isOther = (name: string): boolean => name !== locked;
  const rateOver = async (ms: number): Promise<number> => {
    const before = await settled(target, isOther);
    const began = performance.now();
    await othersGoOn(target, (name) => !isOther(name), ms);
    return ((await settled(target, isOther)) - before) / ((performance.now() - began) / 1000);
  };
  const usual = await rateOver(BASELINE_MS);
  const restarts = system.restarts();
  const meanwhile = await withLockedPosition(target, locked, () => rateOver(LOCKED_FOR_MS));
  const ratio = meanwhile / usual;
  note(
    `the other partitions settled ${usual.toFixed(0)} elements/s before and ${meanwhile.toFixed(0)} while ${locked} was locked: ${(ratio * 100).toFixed(1)} %, ${system.restarts() - restarts} restarts`,
  );
  if (ratio < 0.95) {
    object(`the other partitions lost ${((1 - ratio) * 100).toFixed(1)} % of their throughput`);
  }
}

async function withLockedPosition<T>(target: Target, name: string, work: () => Promise<T>): Promise<T> {
  const [topic, partition] = name.split('/');
  let result: T;
  await withSession(target, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM stream_positions WHERE source_topic = $1 AND source_partition = $2 FOR UPDATE', [
      topic,
      partition,
    ]);
    result = await work();
    await client.query('ROLLBACK');
  });
  await takeWaysOut(target);
  return result!;
}

/** Limits every statement of the database, as someone might; open sessions keep their settings. */
async function limitStatements(target: Target): Promise<void> {
  const { system, hold, note } = target;
  const endSessions = () =>
    system.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${WRITER_SESSIONS}`);
  const cancelled = () => system.logOf(POSTGRES).split('canceling statement due to statement timeout').length - 1;
  const before = cancelled();
  await system.sql(`ALTER DATABASE chip_quality SET statement_timeout = '15ms'`);
  try {
    await endSessions();
    await hold(15_000);
  } finally {
    await system.sql('ALTER DATABASE chip_quality RESET statement_timeout');
    await endSessions();
  }
  note(`${cancelled() - before} statements were cancelled`);
  if (cancelled() === before) {
    throw new Error('no statement took longer than the limit: this proves nothing');
  }
  await takeWaysOut(target);
}

/** Revokes the writer's right on one table of inspections: samples go on, and no service ends. */
async function revokeRight(target: Target): Promise<void> {
  const { system, note } = target;
  const seen = new Set<string>();
  await system.sql('REVOKE INSERT ON inspection_events FROM chip_writer');
  try {
    await othersGoOn(target, (name) => name.startsWith(topicOf.inspection), 15_000);
    for (const { topic, state } of (await positionsNow(target)).values()) {
      if (topic === topicOf.inspection) {
        seen.add(state);
      }
    }
  } finally {
    await system.sql('GRANT INSERT ON inspection_events TO chip_writer');
  }
  note(`states of the inspections meanwhile: ${[...seen].sort().join(', ')}`);
  if (seen.has('running')) {
    target.object('a partition of inspections says "running" although it may not write');
  }
  await takeWaysOut(target);
}

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'database stopped fast',
    what: 'pg_ctl stop -m fast, a pause of a few seconds, start',
    run: (target) => restart(target, 'SIGINT', target.random.integer(1_000, 8_000)),
  },
  {
    name: 'database stopped immediately',
    what: 'pg_ctl stop -m immediate, start with crash recovery',
    run: (target) => restart(target, 'SIGQUIT', target.random.integer(500, 5_000)),
  },
  {
    name: 'commits lost in a crash',
    what: 'the server acknowledges commits before they are on disk, and crashes: positions go back',
    run: async (target) => {
      const { system, hold } = target;
      // Restarted without the settings of the session that requested them.
      await system.sql(`ALTER SYSTEM SET synchronous_commit = off`);
      await system.sql(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
      await system.sql('SELECT pg_reload_conf()');
      await hold(4_000);
      await system.stopServer(POSTGRES, 'SIGQUIT');
      await system.startServer(POSTGRES);
      await system.sql('ALTER SYSTEM RESET synchronous_commit');
      await system.sql('ALTER SYSTEM RESET wal_writer_delay');
      await system.sql('SELECT pg_reload_conf()');
    },
  },
  {
    name: 'database frozen',
    what: 'SIGSTOP of the postmaster and all backends, SIGCONT',
    run: async ({ system, hold, random }) => {
      const pids = system.postgresPids();
      pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
      try {
        await hold(random.integer(8_000, 16_000));
      } finally {
        system.wakeAll();
      }
    },
  },
  {
    name: 'backend killed in COPY',
    what: 'kill -9 of a backend in the middle of a COPY: the whole server recovers',
    run: (target) => inCopy(target, (pid) => void process.kill(pid, 'SIGKILL')),
  },
  {
    name: 'backend terminated in COPY',
    what: 'pg_terminate_backend in the middle of a COPY',
    run: (target) => inCopy(target, (pid) => target.system.sql('SELECT pg_terminate_backend($1)', [pid])),
  },
  {
    name: 'sessions terminated',
    what: 'pg_terminate_backend of every session of the writers, idle ones too, several times',
    run: async ({ system, hold }) => {
      for (let i = 0; i < 4; i += 1) {
        await system.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${WRITER_SESSIONS}`);
        await hold(800);
      }
    },
  },
  {
    name: 'maintenance terminated',
    what: 'the session that folds the roll-ups is terminated repeatedly',
    run: async ({ system, hold }) => {
      for (let i = 0; i < 6; i += 1) {
        await system.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chip-maintenance%' OR query LIKE '%fold_metrics%' AND pid <> pg_backend_pid()`,
        );
        await hold(700);
      }
    },
  },
  {
    name: 'table locked',
    what: 'someone locks the target table for longer than lock_timeout',
    run: (target) =>
      withSession(target, async (client) => {
        await client.query('BEGIN; LOCK TABLE system_metrics, inspection_attempts IN ACCESS EXCLUSIVE MODE');
        await target.hold(13_000);
        await client.query('ROLLBACK');
      }),
  },
  {
    name: 'deadlocks',
    what: 'a session that locks the tables of a flush in the opposite order',
    run: (target) =>
      withSession(target, async (client) => {
        for (let i = 0; i < 4; i += 1) {
          await client.query('BEGIN; LOCK TABLE inspection_attempts IN ACCESS EXCLUSIVE MODE');
          await target.hold(700);
          await client.query('LOCK TABLE inspection_events IN ACCESS EXCLUSIVE MODE').catch((error: unknown) => {
            // 40P01: this time our session was the deadlock victim.
            if ((error as { code?: string }).code !== '40P01') {
              throw error;
            }
          });
          await client.query('ROLLBACK');
        }
      }),
  },
  {
    name: 'too many connections',
    what: 'the connection limit is reached (53300) when the writers must reconnect',
    run: async ({ system, hold }) => {
      await system.sql('ALTER ROLE chip_writer CONNECTION LIMIT 0');
      try {
        await system.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${WRITER_SESSIONS}`);
        await hold(8_000);
      } finally {
        await system.sql('ALTER ROLE chip_writer CONNECTION LIMIT -1');
      }
    },
  },
  {
    name: 'rows locked',
    what: 'a position and a lot are locked from psql for two minutes; the other partitions go on',
    run: (target) => lockRows(target, 120_000),
  },
  {
    name: 'partition locked for ten minutes',
    what: 'the position of one partition is locked under load; the throughput of the others is compared with before',
    isLong: true,
    run: lockOnePartition,
  },
  {
    name: 'statements limited',
    what: 'statement_timeout is set on the database, so short that flushes fail, and reset',
    run: limitStatements,
  },
  {
    name: 'right revoked',
    what: 'the writer may not insert into a table of inspections for a while: these stop with a reason, samples go on',
    run: revokeRight,
  },
  {
    name: 'disk full',
    what: 'a table cannot grow (53100) until someone makes room',
    run: fillDisk,
  },
];
