/** A PostgreSQL server of a test's own that speaks TLS and nothing else. */
import { appendFileSync, copyFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, TestAuthority } from '@chip/testing';
import { cacheFolder, stackFolder } from '../devstack/layout.ts';
import type { Env } from '../devstack/env-file.ts';
import { startPart } from '../devstack/processes/part.ts';
import { LOOPBACK } from '../devstack/processes/ports.ts';
import { endProcess } from '../devstack/processes/processes.ts';
import { postgresAccount } from '../devstack/servers/postgres-account.ts';
import { providePostgresPrograms } from '../devstack/servers/postgres-programs.ts';
import { Postgres } from '../devstack/servers/postgres.ts';

export class SecuredPostgres {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'chip-postgres-'));
  readonly #stop = new AbortController();
  #pid: number | undefined;
  #authority!: TestAuthority;
  #environment: Env = {};

  static async start(): Promise<SecuredPostgres> {
    const server = new SecuredPostgres();
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { signal } = this.#stop;
    this.#authority = await TestAuthority.create();
    chmodSync(this.#folder, 0o755);
    const stack = stackFolder(path.join(this.#folder, 'stack'));
    const programs = await providePostgresPrograms(cacheFolder(), () => {}, signal);
    const account = await postgresAccount([programs, stack.data], signal);
    const postgres = new Postgres(programs, stack, { port: await freePort(), isDurable: false });
    const launch = await postgres.prepare(signal);
    const inHome = (name: string): string => path.join(stack.data, 'postgres', name);
    const { certificate, key } = await this.#authority.certify(`IP:${LOOPBACK}`);
    for (const [from, to] of [
      [certificate, inHome('server.crt')],
      [key, inHome('server.key')],
    ] as const) {
      copyFileSync(from, to);
      chmodSync(to, 0o600);
      account.own(to);
    }
    appendFileSync(inHome('stack.conf'), 'ssl = on\n');
    const rules = readFileSync(inHome('pg_hba.conf'), 'utf8');
    writeFileSync(inHome('pg_hba.conf'), rules.replaceAll(/^host /gm, 'hostssl '));
    const part = { launch, readiness: () => () => postgres.isReady(), readyWithinMs: 120_000 };
    this.#pid = (await startPart(stack.run, part, signal)).pid;
    await postgres.createDatabase(signal);
    this.#environment = postgres.environment();
  }

  /** Path of the certificate of the authority that signed the server's. */
  get authority(): string {
    return this.#authority.certificate;
  }

  /** The URL in a variable of the stack, such as `WRITER_DATABASE_URL`, in another database and with other parameters. */
  url(variable: string, database: string, parameters = `sslmode=verify-full&sslrootcert=${this.authority}`): string {
    const url = new URL(this.#environment[variable] as string);
    url.pathname = database;
    url.search = parameters;
    return url.href;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    // No one wants its data.
    if (this.#pid !== undefined) {
      await endProcess(this.#pid, 'SIGKILL', 5_000);
    }
    this.#authority?.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
