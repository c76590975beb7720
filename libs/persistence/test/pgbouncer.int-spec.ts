import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { retry } from '@chip/service';
import { freePort, TestAuthority } from '@chip/testing';
import pg from 'pg';
import { Database, initPosition, readAsOf } from '../src/index.ts';
import { DuplicateInspectionError, UnitOfWork } from '../src/repositories/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

/** The real PgBouncer in transaction mode, with fewer server connections than clients. */
class PgBouncer {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'chip-pgbouncer-'));
  #process: ChildProcess | undefined;

  constructor(readonly port: number) {}

  /** @param authority of the certificate that clients see; without one, all connections are plain */
  async configure(databaseUrl: string, authority: TestAuthority | undefined): Promise<void> {
    const server = new URL(databaseUrl);
    const users = ['DATABASE_URL', 'QUERY_DATABASE_URL'].map((name) => {
      const url = new URL(process.env[name] ?? '');
      return `"${decodeURIComponent(url.username)}" "${decodeURIComponent(url.password)}"`;
    });
    writeFileSync(path.join(this.folder, 'users.txt'), `${users.join('\n')}\n`);
    writeFileSync(
      path.join(this.folder, 'pgbouncer.ini'),
      `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${this.port}
unix_socket_dir =
auth_type = plain
auth_file = ${this.folder}/users.txt
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 2
max_prepared_statements = 200
${authority === undefined ? '' : await this.#encryption(server, authority)}`,
    );
    // PgBouncer refuses to run as root and changes to another user, who must be able to read these.
    chmodSync(this.folder, 0o755);
  }

  /** Towards clients and towards the server; with copies of the files, because those in place are not for others to read. */
  async #encryption(server: URL, authority: TestAuthority): Promise<string> {
    const { certificate, key } = await authority.certify('IP:127.0.0.1');
    const copied = (file: string, name: string): string => {
      const copy = path.join(this.folder, name);
      copyFileSync(file, copy);
      chmodSync(copy, 0o644);
      return copy;
    };
    return `client_tls_sslmode = require
client_tls_cert_file = ${copied(certificate, 'server.pem')}
client_tls_key_file = ${copied(key, 'server.key')}
server_tls_sslmode = verify-full
server_tls_ca_file = ${copied(server.searchParams.get('sslrootcert') ?? '', 'ca.pem')}
`;
  }

  async start(): Promise<void> {
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    this.#process = spawn(`${process.env['PG_BIN']}/pgbouncer`, ['-q', ...user, `${this.folder}/pgbouncer.ini`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    this.#process.stderr?.on('data', (text: Buffer) => (errors += text.toString()));
    const deadline = performance.now() + 60_000;
    for (;;) {
      if (this.#process.exitCode !== null) {
        throw new Error(`pgbouncer ended: ${errors}`);
      }
      // Not by trying to listen there: PgBouncer itself may try at that moment, and ends when it cannot.
      const probe = createConnection(this.port, '127.0.0.1');
      const listens = await new Promise<boolean>((resolve) => {
        probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      probe.destroy();
      if (listens) {
        return;
      }
      if (performance.now() > deadline) {
        throw new Error(`pgbouncer does not listen: ${errors}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null) {
      return;
    }
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}

describe('through PgBouncer in transaction mode', () => {
  let db: TestDatabase;
  let bouncer: PgBouncer;
  /** Where the suite runs over TLS. */
  let authority: TestAuthority | undefined;
  beforeAll(async () => {
    db = await createTestDatabase();
    await initPosition(db.database, 't', 0, 7n, 0n);
    bouncer = new PgBouncer(await freePort());
    if (new URL(db.url).searchParams.get('sslmode') === 'verify-full') {
      authority = await TestAuthority.create();
    }
    await bouncer.configure(db.url, authority);
    await bouncer.start();
  });
  afterAll(async () => {
    await bouncer.remove();
    authority?.remove();
    await db.drop();
  });

  /** The API's own user, by way of the pooler. */
  const url = (): string => {
    const own = process.env['QUERY_DATABASE_URL'];
    if (!own) {
      throw new Error('QUERY_DATABASE_URL is not set');
    }
    const changed = new URL(own);
    changed.port = String(bouncer.port);
    changed.pathname = `/${db.name}`;
    if (authority !== undefined) {
      changed.searchParams.set('sslrootcert', authority.certificate);
    }
    return changed.href;
  };
  const open = (max = 10): Database => new Database({ url: url(), applicationName: 'chip-test-bounced', max });

  it('ten connections share two of the server, with parameters, snapshots and cursors', async () => {
    const database = open();
    const pids = new Set<number>();
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const [row] = await database.query<{ pid: number; n: number }>('SELECT pg_backend_pid() AS pid, $1::int AS n', [
          n,
        ]);
        expect(row?.n).toBe(n);
        pids.add(row?.pid ?? 0);
        await database.withSnapshot(async (tx) => {
          const [a] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          expect(await readAsOf(tx)).toEqual({ time: null, positions: [{ topic: 't', partition: 0, next_offset: 7 }] });
          const [b] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          expect(a).toEqual(b);
        });
      }),
    );
    expect(pids.size).toBeLessThanOrEqual(2);
    expect(database.connections.total).toBeGreaterThan(2);
    let rows = 0;
    for await (const batch of database.stream<{ n: number }>(
      'SELECT n FROM generate_series(1, $1::int) AS n',
      [2500],
    )) {
      rows += batch.length;
    }
    expect(rows).toBe(2500);
    await database.close();
  });

  it("the role's settings hold, and none is left behind by another client", async () => {
    const database = open(1);
    expect(await database.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '30s' }]);
    expect(await database.query('SHOW jit')).toEqual([{ jit: 'off' }]);
    expect(await database.query('SHOW application_name')).toEqual([{ application_name: 'chip-test-bounced' }]);
    await database.withTransaction((tx) => tx.query("SET LOCAL statement_timeout = '1s'"));
    expect(await database.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '30s' }]);
    await database.close();
  });

  it('a setting in the start-up packet would be refused: this is why settings belong to roles', async () => {
    const client = new pg.Client({ connectionString: url(), statement_timeout: 1000 });
    client.on('error', () => undefined);
    await expect(client.connect()).rejects.toThrow('unsupported startup parameter');
  });

  it('a unit of work commits, and answers a duplicate', async () => {
    const unit = new UnitOfWork({ url: url(), applicationName: 'chip-test-bounced', max: 5 });
    const schedule = { lot_id: 'LOT', chip_id: 'C', inspection_type: 'visual' };
    await unit.run(({ inspections }) => inspections.create(schedule));
    await expect(unit.run(({ inspections }) => inspections.create(schedule))).rejects.toBeInstanceOf(
      DuplicateInspectionError,
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        unit.run(({ inspections }) => inspections.create({ ...schedule, chip_id: `C${n}` })),
      ),
    );
    const stored = new Database({ url: url(), applicationName: 'chip-test-bounced' });
    expect(await stored.query('SELECT count(*) AS n FROM inspections')).toEqual([{ n: 21 }]);
    await stored.close();
    await unit.close();
  });

  it('its restart is a transient error, after which the same pool goes on', async () => {
    const failures: string[] = [];
    const database = new Database({
      url: url(),
      applicationName: 'chip-test-bounced',
      onIdleError: (error) => failures.push(error.message),
    });
    await database.query('SELECT 1');
    await bouncer.kill();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ kind: 'transient', connectionLost: true });
    const answered = retry(() => database.query<{ one: number }>('SELECT 1 AS one'), { budgetMs: 60_000 });
    answered.catch(() => undefined);
    await bouncer.start();
    expect(await answered).toEqual([{ one: 1 }]);
    await database.close();
  });
});
