/**
 * The certificates of k8s/postgres on a real PostgreSQL and a real PgBouncer: roles.sql, the lines of pg_hba and pg_ident, and the
 * settings of the Pooler as they stand in the manifests, in the configuration that CloudNativePG makes around them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CertificateFiles, freePort, waitFor } from '@chip/testing';
import pg from 'pg';
import { parseAllDocuments } from 'yaml';
import { cacheFolder, REPOSITORY_ROOT } from '../devstack/layout.ts';
import { LOOPBACK } from '../devstack/processes/ports.ts';
import { providePostgresPrograms } from '../devstack/servers/postgres-programs.ts';
import { SecuredPostgres } from './secured-postgres.ts';

interface Manifest {
  kind: string;
  spec: {
    postgresql: { pg_hba: string[]; pg_ident: string[] };
    pgbouncer: { poolMode: string; pg_hba: string[]; parameters: Record<string, string> };
  };
}

const read = (name: string): string => readFileSync(path.join(REPOSITORY_ROOT, 'k8s/postgres', name), 'utf8');
const manifest = (name: string, kind: string): Manifest['spec'] =>
  parseAllDocuments(read(name))
    .map((document) => document.toJS() as Manifest)
    .find((object) => object.kind === kind)!.spec;

const { pg_hba: rules, pg_ident: identities } = manifest('cluster.yaml', 'Cluster').postgresql;
const { pgbouncer } = manifest('poolers.yaml', 'Pooler');
/** Of the operator: the user of PgBouncer, which asks PostgreSQL for the passwords of others. */
const POOLER = 'cnpg_pooler_pgbouncer';
const DATABASE = 'chip_quality';

let server: SecuredPostgres;
let bouncer: ChildProcess;
let poolerPort: number;
const FOLDER = mkdtempSync(path.join(tmpdir(), 'chip-pooler-'));
const certificates = new Map<string, CertificateFiles>();

async function asAdministrator(database: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url('ADMIN_DATABASE_URL', database) });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function startPooler(): Promise<void> {
  poolerPort = await freePort();
  const file = (name: string, from: string): string => {
    copyFileSync(from, path.join(FOLDER, name));
    chmodSync(path.join(FOLDER, name), 0o644);
    return path.join(FOLDER, name);
  };
  const authority = file('ca.crt', server.authority);
  const { certificate, key } = await server.certify('server');
  const own = await server.certify(POOLER);
  const settings = {
    listen_addr: LOOPBACK,
    listen_port: poolerPort,
    unix_socket_dir: '',
    pool_mode: pgbouncer.poolMode,
    auth_user: POOLER,
    auth_query: 'SELECT usename, passwd FROM public.user_search($1)',
    auth_dbname: 'postgres',
    auth_type: 'hba',
    auth_hba_file: path.join(FOLDER, 'pg_hba.conf'),
    server_tls_sslmode: 'verify-ca',
    server_tls_ca_file: authority,
    server_tls_cert_file: file('own.crt', own.certificate),
    server_tls_key_file: file('own.key', own.key),
    client_tls_ca_file: authority,
    client_tls_cert_file: file('tls.crt', certificate),
    client_tls_key_file: file('tls.key', key),
    ignore_startup_parameters: 'extra_float_digits,options',
    ...pgbouncer.parameters,
  };
  writeFileSync(
    path.join(FOLDER, 'pg_hba.conf'),
    `${pgbouncer.pg_hba.join('\n')}\nhost all all 0.0.0.0/0 md5\nhost all all ::/0 md5\n`,
  );
  const port = new URL(server.url('DATABASE_URL', DATABASE)).port;
  writeFileSync(
    path.join(FOLDER, 'pgbouncer.ini'),
    `[databases]\n* = host=${LOOPBACK} port=${port}\n[pgbouncer]\n${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`,
  );
  // PgBouncer refuses to run as root and changes to another user, who must be able to read these.
  chmodSync(FOLDER, 0o755);
  const programs = await providePostgresPrograms(cacheFolder(), () => {}, AbortSignal.timeout(600_000));
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  bouncer = spawn(path.join(programs, 'pgbouncer'), ['-q', ...user, path.join(FOLDER, 'pgbouncer.ini')]);
  let said = '';
  bouncer.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  await waitFor(
    async () => `${said}${await connect('chip_reader', 'chip_reader', poolerPort)}`,
    (state) => state.endsWith('chip_reader'),
  );
}

/** Connects as a role with the certificate of a client, or without any. @returns who it then is, or what was said */
async function connect(role: string, client: string | null, port: number): Promise<string> {
  const files = client === null ? undefined : certificates.get(client);
  const url = new URL(`postgresql://${role}@${LOOPBACK}:${port}/${DATABASE}`);
  url.search = new URLSearchParams({
    sslmode: 'verify-full',
    sslrootcert: server.authority,
    ...(files && { sslcert: files.certificate, sslkey: files.key }),
  }).toString();
  const connection = new pg.Client({ connectionString: url.href });
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    const { rows } = await connection.query<{ role: string }>('SELECT current_user AS role');
    return rows[0]!.role;
  } catch (error) {
    return (error as Error).message || (error as { code?: string }).code || 'refused';
  } finally {
    await connection.end().catch(() => undefined);
  }
}

const databasePort = (): number => Number(new URL(server.url('DATABASE_URL', DATABASE)).port);

beforeAll(async () => {
  server = await SecuredPostgres.start({
    rules: [`hostssl all ${POOLER} all cert`, ...rules],
    identities,
  });
  await asAdministrator(
    'postgres',
    `CREATE ROLE ${POOLER} LOGIN;
     CREATE FUNCTION public.user_search(uname text) RETURNS TABLE (usename name, passwd text) LANGUAGE sql SECURITY DEFINER
       AS 'SELECT usename, passwd FROM pg_shadow WHERE usename = $1';
     CREATE ROLE chip_replica LOGIN;`,
  );
  // As the operator does, and once more as Compose does at each start.
  await asAdministrator(DATABASE, read('roles.sql'));
  await asAdministrator(DATABASE, read('roles.sql'));
  for (const client of [
    'chip_migrator',
    'chip_writer',
    'chip_ingest',
    'chip_api',
    'chip_reader',
    'chip_operator',
    POOLER,
  ]) {
    certificates.set(client, await server.certify(client));
  }
  await startPooler();
}, 180_000);

afterAll(async () => {
  bouncer?.kill('SIGKILL');
  await server?.stop();
  rmSync(FOLDER, { recursive: true, force: true });
});

describe('the certificates of k8s/postgres', () => {
  it.each(['chip_api', 'chip_reader'])('let %s through PgBouncer', async (role) => {
    expect(await connect(role, role, poolerPort)).toBe(role);
  });

  it.each(['chip_migrator', 'chip_writer', 'chip_ingest', 'chip_api', 'chip_reader', 'chip_operator'])(
    'let %s in on the primary',
    async (role) => {
      expect(await connect(role, role, databasePort())).toBe(role);
    },
  );

  it('make nobody another role', async () => {
    for (const port of [poolerPort, databasePort()]) {
      expect(await connect('chip_api', 'chip_reader', port)).not.toBe('chip_api');
      expect(await connect('chip_reader', 'chip_writer', port)).not.toBe('chip_reader');
    }
    // PgBouncer's own certificate is worth its two roles.
    expect(await connect('chip_api', POOLER, databasePort())).toBe('chip_api');
    expect(await connect('chip_writer', POOLER, databasePort())).toMatch(/certificate authentication failed/);
    expect(await connect('chip_migrator', POOLER, databasePort())).toMatch(/certificate authentication failed/);
  });

  it('let nobody in without one, nor a role that has no business in PgBouncer', async () => {
    expect(await connect('chip_reader', null, poolerPort)).not.toBe('chip_reader');
    expect(await connect('chip_reader', null, databasePort())).toMatch(/certificate/);
    expect(await connect('chip_writer', 'chip_writer', poolerPort)).not.toBe('chip_writer');
  });

  it('give the owner the roles whose limits migrations set', async () => {
    const { certificate, key } = certificates.get('chip_migrator')!;
    const url = `postgresql://chip_migrator@${LOOPBACK}:${databasePort()}/${DATABASE}`;
    const files = `sslmode=verify-full&sslrootcert=${server.authority}&sslcert=${certificate}&sslkey=${key}`;
    const owner = new pg.Client({ connectionString: `${url}?${files}` });
    await owner.connect();
    for (const role of ['chip_writer', 'chip_ingest', 'chip_api', 'chip_reader', 'chip_operator']) {
      await owner.query(`ALTER ROLE ${role} IN DATABASE ${DATABASE} SET jit = 'off'`);
    }
    await owner.end();
  });
});
