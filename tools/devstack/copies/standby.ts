/** A streaming standby of a database server, and its promotion. */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { startPart } from '../processes/part.ts';
import { LOOPBACK, PortPicker } from '../processes/ports.ts';
import { runCommand } from '../processes/run-command.ts';
import { postgresAccount } from '../servers/postgres-account.ts';
import type { StackFolder } from '../layout.ts';
import type { Env } from '../env-file.ts';
import type { Report } from '../terminal/progress.ts';

const FIRST_STANDBY_PORT = 57_532;
const PROMOTED_WITHIN_MS = 60_000;

/** The server that is copied, and where its files and processes are. */
export interface Primary {
  readonly folder: StackFolder;
  readonly env: Env;
  readonly report: Report;
  readonly signal: AbortSignal;
  superuserUrl(port: number): string;
}

export interface StandbyOptions {
  /** Where it streams from. */
  readonly replicationPort: number;
  /** Name of its process (default `postgres-2`). */
  readonly name?: string;
  /** Physical slot to make for it on the primary (default none). */
  readonly slot?: string;
  /** In addition to those of the primary, of which it has a copy. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Resolves with the port of the standby once it answers reads. */
export async function startStandby(
  primary: Primary,
  { replicationPort, name = 'postgres-2', slot, settings = {} }: StandbyOptions,
): Promise<number> {
  const { folder, signal, env } = primary;
  const programs = env['PG_BIN'] as string;
  const home = path.join(folder.data, name);
  const account = await postgresAccount([programs, folder.data], signal);
  mkdirSync(home, { mode: 0o700 });
  account.own(home);
  const backup = account.asAccount(path.join(programs, 'pg_basebackup'), [
    `--pgdata=${home}`,
    // The name of a database is for slots that a standby keeps in step.
    `--dbname=${primary.superuserUrl(replicationPort)}`,
    '--write-recovery-conf',
    '--wal-method=stream',
    '--checkpoint=fast',
    ...(slot === undefined ? [] : ['--create-slot', `--slot=${slot}`]),
  ]);
  await runCommand(backup.command, backup.args, { cwd: folder.data, signal, onFailure: 'see the lines above' });
  const port = await new PortPicker(primary.report).pick('standby', FIRST_STANDBY_PORT);
  const own = { ...settings, port: String(port) };
  // Read after all other settings, so it overrides what was copied from the primary.
  appendFileSync(
    path.join(home, 'postgresql.auto.conf'),
    Object.entries(own)
      .map(([setting, value]) => `${setting} = '${value}'\n`)
      .join(''),
  );
  await startPart(
    folder.run,
    {
      launch: {
        name,
        ...account.asAccount(path.join(programs, 'postgres'), ['-D', home]),
        env: process.env,
        cwd: folder.data,
      },
      readiness: () => () => isRecovering(primary.superuserUrl(port)),
      readyWithinMs: 60_000,
    },
    signal,
  );
  return port;
}

/** Runs one statement on a server. */
export async function ask<Row>(url: string, text: string): Promise<Row> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(text)).rows[0] as Row;
  } finally {
    await client.end();
  }
}

async function isRecovering(url: string): Promise<boolean> {
  try {
    return (await ask<{ is: boolean }>(url, 'SELECT pg_is_in_recovery() AS is')).is;
  } catch {
    return false;
  }
}

/** Resolves once the standby accepts writes. */
export async function promote(url: string): Promise<void> {
  const { promoted } = await ask<{ promoted: boolean }>(
    url,
    `SELECT pg_promote(true, ${PROMOTED_WITHIN_MS / 1000}) AS promoted`,
  );
  if (!promoted) {
    throw new Error(`the standby at ${LOOPBACK} was not promoted in time`);
  }
}
