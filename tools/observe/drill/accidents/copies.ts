/** What goes wrong with the copies of the database, and with the disk below it. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pause } from '../../../devstack/processes/wait-for.ts';
import { runCommand } from '../../../devstack/processes/run-command.ts';
import { freeBytes } from '../../../devstack/servers/disk-space.ts';
import { ask as askServer, startStandby } from '../../../devstack/copies/standby.ts';
import { Backups } from '../system/backups.ts';
import { type Accident, persistently } from './accident.ts';

export const staleReplica: Accident = {
  what: 'a standby that query reads stops replaying',
  alerts: ['ReplicaLag'],
  begin: async (system) => {
    const primary = new URL(system.superuserUrl());
    const port = await startStandby(system, { replicationPort: Number(primary.port) });
    const read = new URL(system.env['READER_DATABASE_URL'] as string);
    read.port = String(port);
    await system.stop('query-2');
    await system.start('query-2', { READ_DATABASE_URL: read.href });
    const standby = system.superuserUrl(port);
    await askServer(standby, 'SELECT pg_wal_replay_pause()');
    return async () => {
      await askServer(standby, 'SELECT pg_wal_replay_resume()');
    };
  },
  tidy: async (system) => {
    await system.stop('query-2');
    await system.stop('postgres-2', 'SIGINT');
    await system.start('query-2');
  },
};

export const noBackup: Accident = {
  what: 'an archive is set up, and no backup is taken',
  alerts: ['BackupOld'],
  begin: async (system) => {
    const backups = await Backups.of(system);
    await backups.watch();
    return () => backups.take();
  },
};

export const oldBackup: Accident = {
  what: 'backups are no longer taken',
  alerts: ['BackupOld'],
  begin: async (system) => {
    const backups = await Backups.of(system);
    await backups.take();
    // Not before: a server without any backup fires at once.
    await backups.watch();
    return () => backups.take();
  },
};

/** Of what is free, each second: full in half an hour. The shortened rule looks 96 minutes ahead. */
const SHARE_PER_S = 0.0005;
/** Other work on this machine needs the rest. */
const MOST_FILES = 120;

export const fillingDisk: Accident = {
  what: 'files of a twentieth of a percent of the free disk appear every second',
  alerts: ['DiskFull'],
  begin: async (system) => {
    await system.start('node-exporter-1');
    const folder = path.join(system.folder.data, 'growing');
    mkdirSync(folder, { recursive: true });
    const size = Math.ceil((await freeBytes(folder)) * SHARE_PER_S);
    let files = 0;
    const end = persistently(async (stop) => {
      if (files < MOST_FILES) {
        files += 1;
        // Allocated and not written: the disk has less, and works no more.
        await runCommand('fallocate', ['--length', String(size), path.join(folder, String(files))], {
          onFailure: 'use a file system that can allocate, such as ext4 or xfs',
        });
      }
      await pause(1_000, stop);
    });
    return async () => {
      await end();
      rmSync(folder, { recursive: true });
    };
  },
  tidy: (system) => system.stop('node-exporter-1'),
};
