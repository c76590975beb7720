/** The PostgreSQL server with TimescaleDB: data folder, settings, database, roles. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { freeBytes, GIBIBYTE } from './disk-space.ts';
import { readEnvFile, writeEnvFile, type Env } from '../env-file.ts';
import type { StackFolder } from '../layout.ts';
import { LOOPBACK } from '../processes/ports.ts';
import { postgresAccount, type PostgresAccount } from './postgres-account.ts';
import { isAlive, type Launch } from '../processes/processes.ts';
import { runCommand } from '../processes/run-command.ts';

const DATABASE = 'chip_quality';

const SUPERUSER = 'postgres';
const OWNER = 'chip_migrator';
const SERVICE_ROLES = ['chip_writer', 'chip_ingest', 'chip_api', 'chip_reader', 'chip_operator'];

/** Migrations set the limits of these roles; the owner does not gain their rights by this. */
const GRANT_TO_OWNER = `GRANT ${SERVICE_ROLES.join(', ')} TO ${OWNER} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE;`;

const START_AFRESH =
  'look at the log named above; if the data may go, delete it with "npm stop -- --wipe" and start again';

export interface PostgresOptions {
  readonly port: number;
  /** False only where the data may be lost with the machine: in tests. */
  readonly isDurable: boolean;
}

export class Postgres {
  readonly #programs: string;
  readonly #folder: StackFolder;
  readonly #options: PostgresOptions;
  readonly #passwords: Env;

  constructor(programs: string, folder: StackFolder, options: PostgresOptions) {
    this.#programs = programs;
    this.#folder = folder;
    this.#options = options;
    this.#passwords = loadPasswords(path.join(folder.data, 'postgres-passwords.env'));
  }

  get #home(): string {
    return path.join(this.#folder.data, 'postgres');
  }

  /** Creates the data folder on first use, writes the settings, and returns how to start the server. */
  async prepare(signal: AbortSignal): Promise<Launch> {
    const account = await postgresAccount([this.#programs, this.#folder.data], signal);
    if (!existsSync(path.join(this.#home, 'PG_VERSION'))) {
      await this.#initialise(account, signal);
    }
    const free = await freeBytes(this.#home);
    writeFileSync(path.join(this.#home, 'stack.conf'), settings(this.#options, free));
    account.own(path.join(this.#home, 'stack.conf'));
    removeStalePidFile(this.#home);
    return {
      name: 'postgres-1',
      ...account.asAccount(path.join(this.#programs, 'postgres'), ['-D', this.#home]),
      env: process.env,
      cwd: this.#folder.data,
    };
  }

  async #initialise(account: PostgresAccount, signal: AbortSignal): Promise<void> {
    // An interrupted initdb leaves a folder without PG_VERSION.
    rmSync(this.#home, { recursive: true, force: true });
    mkdirSync(this.#home);
    account.own(this.#home);
    const passwordFile = path.join(this.#folder.data, 'initdb-password');
    try {
      writeFileSync(passwordFile, `${this.#passwords[SUPERUSER]}\n`, { mode: 0o600 });
      account.own(passwordFile);
      const { command, args } = account.asAccount(path.join(this.#programs, 'initdb'), [
        `--pgdata=${this.#home}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Built into PostgreSQL 17: sorts the same on every machine, regardless of its C library.
        '--locale-provider=builtin',
        '--locale=C.UTF-8',
        '--data-checksums',
        ...(this.#options.isDurable ? [] : ['--no-sync']),
        // stack.conf is rewritten at every start, because the port may differ.
        '--set=include_if_exists=stack.conf',
      ]);
      await runCommand(command, args, { cwd: this.#folder.data, signal, onFailure: START_AFRESH });
    } finally {
      rmSync(passwordFile, { force: true });
    }
  }

  async isReady(): Promise<boolean> {
    try {
      await this.#sql('postgres', 'SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  /** Creates what only a superuser can, unless it exists. Everything else is up to the migrations. */
  async createDatabase(signal: AbortSignal): Promise<void> {
    const exists = await this.#sql('postgres', `SELECT 1 FROM pg_database WHERE datname = '${DATABASE}'`, signal);
    if (exists.trim() === '1') {
      // Made by an earlier version, which had fewer roles.
      await this.#sql('postgres', this.#createMissingRoles(), signal);
      return;
    }
    await this.#sql('template1', PREPARE_TEMPLATE, signal);
    await this.#sql('postgres', this.#createRoles(), signal);
    await this.#sql('postgres', TEST_TEMPLATES, signal);
    // Last: its presence means that everything above is done.
    await this.#sql('postgres', `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`, signal);
  }

  #createRoles(): string {
    const login = (role: string) =>
      `DROP ROLE IF EXISTS ${role}; CREATE ROLE ${role} LOGIN PASSWORD '${this.#passwords[role]}';`;
    return [
      login(OWNER),
      // CREATEDB, because each integration test makes its own database.
      `ALTER ROLE ${OWNER} CREATEROLE CREATEDB;`,
      `GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO ${OWNER};`,
      ...SERVICE_ROLES.map(login),
      GRANT_TO_OWNER,
    ].join('\n');
  }

  /** Migrations may have made them already, without a login. */
  #createMissingRoles(): string {
    const created = (role: string) => [
      `SELECT 'CREATE ROLE ${role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec`,
      `ALTER ROLE ${role} LOGIN PASSWORD '${this.#passwords[role]}';`,
    ];
    return [...SERVICE_ROLES.flatMap(created), GRANT_TO_OWNER].join('\n');
  }

  async #sql(inDatabase: string, sql: string, signal?: AbortSignal): Promise<string> {
    const { stdout } = await runCommand(
      path.join(this.#programs, 'psql'),
      ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'],
      {
        input: sql,
        signal,
        env: {
          ...process.env,
          PGHOST: LOOPBACK,
          PGPORT: String(this.#options.port),
          PGUSER: SUPERUSER,
          // Not as an argument, which every user of the machine can read.
          PGPASSWORD: this.#passwords[SUPERUSER],
          PGDATABASE: inDatabase,
          PGCONNECT_TIMEOUT: '5',
        },
        onFailure: START_AFRESH,
      },
    );
    return stdout;
  }

  #url(role: string, inDatabase: string): string {
    return `postgresql://${role}:${this.#passwords[role]}@${LOOPBACK}:${this.#options.port}/${inDatabase}`;
  }

  superuserUrl(inDatabase: string): string {
    return this.#url(SUPERUSER, inDatabase);
  }

  /** The variables that a client needs. */
  environment(): Env {
    return {
      DATABASE_URL: this.#url(OWNER, DATABASE),
      WRITER_DATABASE_URL: this.#url('chip_writer', DATABASE),
      INGEST_DATABASE_URL: this.#url('chip_ingest', DATABASE),
      QUERY_DATABASE_URL: this.#url('chip_api', DATABASE),
      READER_DATABASE_URL: this.#url('chip_reader', DATABASE),
      OPERATOR_DATABASE_URL: this.#url('chip_operator', DATABASE),
      PG_BIN: this.#programs,
    };
  }
}

/**
 * The initial content of every new database. The template contains the extensions because a database's owner may not
 * create pg_stat_statements. Connections to the template are then refused: otherwise TimescaleDB's scheduler would keep
 * one open, and CREATE DATABASE fails while its template has a connection. Job 3 (history retention) exists only in the
 * Community edition; here it would report an error on every run.
 */
const PREPARE_TEMPLATE = `
CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
DELETE FROM _timescaledb_config.bgw_job WHERE proc_name = 'policy_job_stat_history_retention';
\\connect postgres
ALTER DATABASE template1 ALLOW_CONNECTIONS false;
`;

/**
 * Integration tests copy a migrated database, and a database in use cannot be copied. The scheduler of TimescaleDB keeps
 * a session in each, which the owner may not end; this lets it, in these databases only.
 */
const TEST_TEMPLATES = `
CREATE OR REPLACE FUNCTION public.end_sessions_of_test_template(template text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
  WHERE datname = template AND template LIKE 'chip\\_test\\_template\\_%'
$$;
REVOKE ALL ON FUNCTION public.end_sessions_of_test_template(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.end_sessions_of_test_template(text) TO ${OWNER};
`;

function loadPasswords(file: string): Env {
  const known = readEnvFile(file) ?? {};
  const missing = [SUPERUSER, OWNER, ...SERVICE_ROLES].filter((role) => !known[role]);
  const passwords = { ...known, ...Object.fromEntries(missing.map((role) => [role, randomBytes(18).toString('hex')])) };
  if (missing.length > 0) {
    writeEnvFile(file, passwords);
  }
  return passwords;
}

/** A load of millions of rows should not be a series of checkpoints, but the log must not fill a small disk. */
export function walLimitGib(free: number): number {
  return Math.min(Math.max(Math.floor(free / GIBIBYTE / 8), 1), 8);
}

function settings({ port, isDurable }: PostgresOptions, free: number): string {
  const isLargeMachine = totalmem() >= 8 * GIBIBYTE;
  return `# Written by npm start. For one developer's machine: production values are in the deployment manifests.
listen_addresses = '${LOOPBACK}'
port = ${port}
unix_socket_directories = ''
max_connections = 200
shared_preload_libraries = 'timescaledb,pg_stat_statements'
timescaledb.telemetry_level = off
# One scheduler per database, and every integration test has a database.
timescaledb.max_background_workers = 40
max_worker_processes = 64
max_locks_per_transaction = 256
jit = off
password_encryption = 'scram-sha-256'
shared_buffers = ${isLargeMachine ? '1GB' : '256MB'}
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = ${isDurable ? walLimitGib(free) : 1}GB
checkpoint_timeout = 15min
wal_compression = lz4
track_io_timing = on
log_line_prefix = '%m [%p] %q%a %u@%d '
log_lock_waits = on
log_timezone = 'UTC'
timezone = 'UTC'
${isDurable ? '' : 'fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n'}`;
}

/**
 * After a crash of the machine, the pid in the lock file may belong to an unrelated process, and PostgreSQL would
 * refuse to start because of it.
 */
function removeStalePidFile(home: string): void {
  const file = path.join(home, 'postmaster.pid');
  if (!existsSync(file)) {
    return;
  }
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!isAlive(pid) || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home)) {
    rmSync(file);
  }
}
