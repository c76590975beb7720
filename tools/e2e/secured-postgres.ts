/** A PostgreSQL server of a test's own that speaks TLS and nothing else. */
import { appendFileSync, copyFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CertificateFiles, freePort, TestAuthority } from '@chip/testing';
import { cacheFolder, stackFolder } from '../devstack/layout.ts';
import { readEnvFile, type Env } from '../devstack/env-file.ts';
import { startPart } from '../devstack/processes/part.ts';
import { LOOPBACK } from '../devstack/processes/ports.ts';
import { endProcess } from '../devstack/processes/processes.ts';
import { postgresAccount } from '../devstack/servers/postgres-account.ts';
import { providePostgresPrograms } from '../devstack/servers/postgres-programs.ts';
import { Postgres } from '../devstack/servers/postgres.ts';

interface Access {
  /** Lines of pg_hba.conf that come first. */
  readonly rules: readonly string[];
  /** Lines of pg_ident.conf. */
  readonly identities: readonly string[];
}

export class SecuredPostgres {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'chip-postgres-'));
  readonly #stop = new AbortController();
  #pid: number | undefined;
  #authority!: TestAuthority;
  #environment: Env = {};

  /** @param access who gets in by a certificate of {@link authority}; by default nobody does */
  static async start(access: Access = { rules: [], identities: [] }): Promise<SecuredPostgres> {
    const server = new SecuredPostgres();
    try {
      await server.#start(access);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async #start({ rules, identities }: Access): Promise<void> {
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
      [this.#authority.certificate, inHome('client-ca.crt')],
      [certificate, inHome('server.crt')],
      [key, inHome('server.key')],
    ] as const) {
      copyFileSync(from, to);
      chmodSync(to, 0o600);
      account.own(to);
    }
    appendFileSync(inHome('stack.conf'), "ssl = on\nssl_ca_file = 'client-ca.crt'\n");
    const usual = readFileSync(inHome('pg_hba.conf'), 'utf8').replaceAll(/^host /gm, 'hostssl ');
    writeFileSync(inHome('pg_hba.conf'), `${rules.join('\n')}\n${usual}`);
    writeFileSync(inHome('pg_ident.conf'), `${identities.join('\n')}\n`);
    const part = { launch, readiness: () => () => postgres.isReady(), readyWithinMs: 120_000 };
    this.#pid = (await startPart(stack.run, part, signal)).pid;
    await postgres.createDatabase(signal);
    this.#environment = postgres.environment();
    const administrator = new URL(this.#environment['DATABASE_URL'] as string);
    administrator.username = 'postgres';
    administrator.password = readEnvFile(path.join(stack.data, 'postgres-passwords.env'))?.['postgres'] ?? '';
    this.#environment['ADMIN_DATABASE_URL'] = administrator.href;
  }

  /** A certificate that identifies a client. */
  async certify(client: string): Promise<CertificateFiles> {
    return this.#authority.certify(`IP:${LOOPBACK}`, client);
  }

  /** Path of the certificate of the authority that signed the server's. */
  get authority(): string {
    return this.#authority.certificate;
  }

  /** Folder of the server's programs, such as pg_dump. */
  get programs(): string {
    return this.#environment['PG_BIN'] as string;
  }

  /** The URL in a variable of the stack, such as `WRITER_DATABASE_URL`, or `ADMIN_DATABASE_URL` of the superuser, in another database and with other parameters. */
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
