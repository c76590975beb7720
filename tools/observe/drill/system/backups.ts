/** Base backups and an archive of the drill's server by pgBackRest, and the exporter that tells of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { providePgBackRest } from '../../../devstack/copies/pgbackrest.ts';
import { cacheFolder } from '../../../devstack/layout.ts';
import { runCommand } from '../../../devstack/processes/run-command.ts';
import { postgresAccount, type PostgresAccount } from '../../../devstack/servers/postgres-account.ts';
import type { ObservedSystem } from './system.ts';

const STANZA = 'chip';
const SERVER = 'postgres-1';

export class Backups {
  static readonly #ready = new WeakMap<ObservedSystem, Promise<Backups>>();
  readonly #system: ObservedSystem;
  readonly #program: string;
  readonly #account: PostgresAccount;
  #isWatched = false;

  private constructor(system: ObservedSystem, program: string, account: PostgresAccount) {
    this.#system = system;
    this.#program = program;
    this.#account = account;
  }

  /** Makes the server archive its log, for which it restarts. There is no backup yet. */
  static of(system: ObservedSystem): Promise<Backups> {
    const ready = Backups.#ready.get(system) ?? Backups.#prepare(system);
    Backups.#ready.set(system, ready);
    return ready;
  }

  static async #prepare(system: ObservedSystem): Promise<Backups> {
    const { folder, signal, report } = system;
    const program = await providePgBackRest(cacheFolder(), report, signal);
    const account = await postgresAccount([program, folder.data], signal);
    // pgBackRest talks to the server through a socket, whose path may not be long.
    const sockets = mkdtempSync(path.join(tmpdir(), 'chip-drill-'));
    system.whenOver(() => rmSync(sockets, { recursive: true, force: true }));
    account.own(sockets);
    for (const name of ['repository', 'backup-log']) {
      mkdirSync(path.join(folder.data, name), { mode: 0o750 });
      account.own(path.join(folder.data, name));
    }
    const configuration = system.backupConfiguration;
    writeFileSync(
      configuration,
      `[global]
repo1-path=${path.join(folder.data, 'repository')}
repo1-retention-full=2
log-path=${path.join(folder.data, 'backup-log')}
lock-path=${sockets}
start-fast=y
compress-type=lz4

[${STANZA}]
pg1-path=${path.join(folder.data, 'postgres')}
pg1-port=${new URL(system.superuserUrl()).port}
pg1-socket-path=${sockets}
pg1-user=postgres
`,
      { mode: 0o600 },
    );
    account.own(configuration);
    const backups = new Backups(system, program, account);
    await backups.#archive(sockets);
    return backups;
  }

  async #archive(sockets: string): Promise<void> {
    const push = `"${this.#program}" --config="${this.#system.backupConfiguration}" --stanza=${STANZA} archive-push "%p"`;
    for (const [setting, value] of [
      ['archive_mode', 'on'],
      ['archive_command', push],
      ['unix_socket_directories', sockets],
    ] as const) {
      await this.#system.sql(`ALTER SYSTEM SET ${setting} = '${value}'`);
    }
    await this.#system.stop(SERVER, 'SIGINT');
    await this.#system.start(SERVER);
    await this.#run('stanza-create');
  }

  async #run(command: string, ...options: string[]): Promise<void> {
    const { folder, signal } = this.#system;
    const { command: program, args } = this.#account.asAccount(this.#program, [
      `--config=${this.#system.backupConfiguration}`,
      `--stanza=${STANZA}`,
      ...options,
      command,
    ]);
    const password = decodeURIComponent(new URL(this.#system.superuserUrl()).password);
    await runCommand(program, args, {
      cwd: folder.data,
      // Not as an argument, which every user of the machine can read.
      env: { ...process.env, PGPASSWORD: password },
      signal,
      onFailure: `see ${path.join(folder.data, 'backup-log')} and the lines above`,
    });
  }

  /** Starts the exporter, unless it runs. */
  async watch(): Promise<void> {
    if (!this.#isWatched) {
      this.#isWatched = true;
      const folders = `${path.dirname(this.#program)}${path.delimiter}${process.env['PATH']}`;
      await this.#system.start('pgbackrest-exporter-1', { PATH: folders });
    }
  }

  /** Takes a full backup while the server works. */
  take(): Promise<void> {
    return this.#run('backup', '--type=full');
  }
}
