/** A pgBackRest repository of the system under test: base backups, the archived log, and restores from both. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../devstack/layout.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { postgresAccount, type PostgresAccount } from '../../devstack/servers/postgres-account.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { ObjectStore } from './object-store.ts';
import { providePgBackRest } from '../../devstack/copies/pgbackrest.ts';

const STANZA = 'chip';
const SERVER = 'postgres-1';
const ARCHIVED_WITHIN_MS = 60_000;
const RECOVERED_WITHIN_MS = 300_000;

export class Backups {
  readonly #system: SystemUnderTest;
  readonly #program: string;
  readonly #account: PostgresAccount;
  /** pgBackRest talks to the server through a socket, whose path may not be long. */
  readonly #sockets: string;

  private constructor(system: SystemUnderTest, program: string, account: PostgresAccount, sockets: string) {
    this.#system = system;
    this.#program = program;
    this.#account = account;
    this.#sockets = sockets;
  }

  /**
   * Makes the running server archive its log; for that it restarts once.
   *
   * @param windowDays how far back a restore must be possible
   * @param isInS3 keeps everything in an object store instead of a folder
   */
  static async prepare(system: SystemUnderTest, windowDays: number, isInS3: boolean): Promise<Backups> {
    const { folder, signal, report } = system;
    const program = await providePgBackRest(cacheFolder(), report, signal);
    const account = await postgresAccount([program, folder.data], signal);
    const sockets = mkdtempSync(path.join(tmpdir(), 'chip-drill-'));
    account.own(sockets);
    const backups = new Backups(system, program, account, sockets);
    try {
      for (const name of ['repository', 'backup-log']) {
        mkdirSync(path.join(folder.data, name), { mode: 0o750 });
        account.own(path.join(folder.data, name));
      }
      const store = isInS3 ? await ObjectStore.start(system) : undefined;
      if (store !== undefined) {
        account.own(path.dirname(store.authority));
        account.own(store.authority);
      }
      writeFileSync(backups.#configuration, backups.#settings(windowDays, store), { mode: 0o600 });
      account.own(backups.#configuration);
      await backups.#archive();
    } catch (error) {
      backups.close();
      throw error;
    }
    return backups;
  }

  get #configuration(): string {
    return path.join(this.#system.folder.data, 'pgbackrest.conf');
  }

  get #home(): string {
    return path.join(this.#system.folder.data, 'postgres');
  }

  #settings(windowDays: number, store: ObjectStore | undefined): string {
    const { data } = this.#system.folder;
    return `[global]
${store?.pgBackRest() ?? `repo1-path=${path.join(data, 'repository')}`}
repo1-retention-full-type=time
repo1-retention-full=${windowDays}
log-path=${path.join(data, 'backup-log')}
lock-path=${this.#sockets}
start-fast=y
compress-type=lz4

[${STANZA}]
pg1-path=${this.#home}
pg1-port=${new URL(this.#system.superuserUrl()).port}
pg1-socket-path=${this.#sockets}
pg1-user=postgres
`;
  }

  async #archive(): Promise<void> {
    const { sql } = this.#system;
    const push = `"${this.#program}" --config="${this.#configuration}" --stanza=${STANZA} archive-push "%p"`;
    for (const [setting, value] of [
      ['archive_mode', 'on'],
      ['archive_command', push],
      // What is not archived is lost with the server; a quiet server archives nothing otherwise.
      ['archive_timeout', '60s'],
      ['unix_socket_directories', this.#sockets],
    ] as const) {
      await sql(`ALTER SYSTEM SET ${setting} = '${value}'`);
    }
    await this.#system.stopServer(SERVER, 'SIGINT');
    await this.#system.startServer(SERVER);
    await this.#run('stanza-create');
    await this.#run('check');
  }

  async #run(command: string, ...options: string[]): Promise<string> {
    const { folder, signal } = this.#system;
    const { command: program, args } = this.#account.asAccount(this.#program, [
      `--config=${this.#configuration}`,
      `--stanza=${STANZA}`,
      ...options,
      command,
    ]);
    const password = decodeURIComponent(new URL(this.#system.superuserUrl()).password);
    const { stdout } = await runCommand(program, args, {
      cwd: folder.data,
      // Not as an argument, which every user of the machine can read.
      env: { ...process.env, PGPASSWORD: password },
      signal,
      onFailure: `see ${path.join(folder.data, 'backup-log')} and the lines above`,
    });
    return stdout;
  }

  /** Takes a full backup while the server works. @returns its size in bytes, compressed */
  async take(): Promise<number> {
    await this.#run('backup', '--type=full');
    const info = JSON.parse(await this.#run('info', '--output=json')) as {
      backup: { info: { repository: { delta: number } } }[];
    }[];
    return info[0]?.backup.at(-1)?.info.repository.delta ?? 0;
  }

  /** Seconds of commits that the archive does not have: lost for a restore if the server dies now. */
  async unarchivedSeconds(): Promise<number> {
    const [row] = await this.#system.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS seconds FROM pg_stat_archiver`,
    );
    return row?.seconds ?? NaN;
  }

  /** Waits until the archive has everything that was committed before. */
  async archiveAll(): Promise<void> {
    const { sql } = this.#system;
    const [row] = await sql<{ segment: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS segment');
    await this.#system.until(
      async () => {
        const [archiver] = await sql<{ done: boolean }>(
          `SELECT last_archived_wal >= $1 AS done FROM pg_stat_archiver`,
          [row?.segment],
        );
        return archiver?.done === true;
      },
      ARCHIVED_WITHIN_MS,
      `the archive has ${row?.segment}`,
    );
  }

  /**
   * Replaces the server by itself as it was at a moment; keeps the former data beside it. Resolves once it accepts writes.
   *
   * @param target as PostgreSQL prints a time
   */
  async restore(target: string): Promise<void> {
    const { sql } = this.#system;
    await this.#system.stopServer(SERVER, 'SIGINT');
    renameSync(this.#home, `${this.#home}-damaged`);
    mkdirSync(this.#home, { mode: 0o700 });
    this.#account.own(this.#home);
    await this.#run('restore', '--type=time', `--target=${target}`, '--target-action=promote');
    await this.#system.startServer(SERVER);
    await this.#system.until(
      async () => {
        const rows = await sql<{ is: boolean }>('SELECT pg_is_in_recovery() AS is').catch(() => []);
        return rows[0]?.is === false;
      },
      RECOVERED_WITHIN_MS,
      'the restored server accepts writes',
    );
  }

  /** The archive goes on in the new timeline. */
  async check(): Promise<void> {
    await this.#run('check');
  }

  close(): void {
    rmSync(this.#sockets, { recursive: true, force: true });
  }
}
