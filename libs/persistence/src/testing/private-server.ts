/** A PostgreSQL server of one test suite. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@chip/testing';
import pg from 'pg';

const PASSWORD = 'only for this test';

/**
 * A PostgreSQL server of one suite, for tests that need a superuser or their own settings. Its data lives in a
 * temporary folder and disappears with it.
 */
export class PrivateServer {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'chip-postgres-'));
  /** PostgreSQL does not run as root. */
  readonly #account = accountOfServer();
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** @param settings of postgresql.conf */
  static async start(settings: Record<string, string>): Promise<PrivateServer> {
    return PrivateServer.#startOn((server) => server.#initialise(settings));
  }

  /** Starts a hot standby of this server: it streams from it, answers reads, and refuses writes with 25006. */
  async startStandby(): Promise<PrivateServer> {
    return PrivateServer.#startOn((standby) => standby.#copy(this));
  }

  static async #startOn(prepare: (server: PrivateServer) => Promise<void>): Promise<PrivateServer> {
    const server = new PrivateServer(await freePort());
    try {
      server.#own(server.#folder);
      await prepare(server);
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Promotes a standby. Resolves once it accepts writes. */
  async promote(): Promise<void> {
    const [answer] = await this.query<{ promoted: boolean }>('postgres', 'SELECT pg_promote() AS promoted');
    if (!answer?.promoted) {
      throw new Error('the standby was not promoted in time');
    }
  }

  /** As its superuser. */
  url(database = 'postgres'): string {
    return `postgresql://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}/${database}`;
  }

  /** Runs a file as a person would, with psql. */
  async psql(database: string, file: string, variables: Record<string, string>): Promise<void> {
    const values = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
    await promisify(execFile)(program('psql'), ['--no-psqlrc', '--quiet', ...values, '-f', file, this.url(database)]);
  }

  async query<T extends object>(database: string, text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<T & pg.QueryResultRow>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    if (this.#process && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      // Immediate shutdown: nothing of this server is kept.
      this.#process.kill('SIGQUIT');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return path.join(this.#folder, 'data');
  }

  async #initialise(settings: Record<string, string>): Promise<void> {
    const passwordFile = path.join(this.#folder, 'password');
    writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
    this.#own(passwordFile);
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', ...settings };
    const set = Object.entries(all).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    await this.#asServer('initdb', [
      '-D',
      this.#data,
      '-U',
      'postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--no-sync',
      '--locale=C',
      '-E',
      'UTF8',
      ...set,
    ]);
  }

  async #copy(primary: PrivateServer): Promise<void> {
    await this.#asServer('pg_basebackup', [
      '-D',
      this.#data,
      `--dbname=${primary.url('')}`,
      '--write-recovery-conf',
      '--checkpoint=fast',
      '--no-sync',
    ]);
  }

  async #asServer(name: string, args: readonly string[]): Promise<void> {
    await promisify(execFile)(program(name), args, { ...this.#account });
  }

  #own(fileOrFolder: string): void {
    if (this.#account) {
      chownSync(fileOrFolder, this.#account.uid, this.#account.gid);
    }
  }

  async #start(): Promise<void> {
    // Not a setting in the data folder, of which a standby gets a copy.
    this.#process = spawn(program('postgres'), ['-D', this.#data, '-c', `port=${this.port}`], {
      ...this.#account,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    this.#process.stderr?.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-4000)));
    const deadline = performance.now() + 60_000;
    for (;;) {
      try {
        await this.query('postgres', 'SELECT 1');
        return;
      } catch (error) {
        if (this.#process.exitCode !== null || performance.now() > deadline) {
          throw new Error(`the server does not start: ${errors}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

const program = (name: string): string => {
  const folder = process.env['PG_BIN'];
  if (!folder) {
    throw new Error('PG_BIN is not set: it names the folder of the PostgreSQL programs');
  }
  return path.join(folder, name);
};

function accountOfServer(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = entries.find(([name]) => name === 'postgres') ?? entries.find(([name]) => name === 'nobody');
  return { uid: Number(entry?.[2]), gid: Number(entry?.[3]) };
}
