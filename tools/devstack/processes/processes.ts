/**
 * Starts, recognises and ends the processes of one stack folder.
 *
 * Each process carries a mark in its environment: `<run folder>/<name>`. After a crash and pid reuse, a pid file alone
 * may name an unrelated process; the mark cannot, and it also finds processes whose pid file was never written.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from './wait-for.ts';

const MARK_VARIABLE = 'CHIP_STACK_PROCESS';

export interface Launch {
  /** `kafka-1`, `ingest-2` … */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
}

export function pidFile(runFolder: string, name: string): string {
  return path.join(runFolder, `${name}.pid`);
}

export function logFile(runFolder: string, name: string): string {
  return path.join(runFolder, `${name}.log`);
}

/** The environment that identifies a process as `name` of this stack. */
export function marked(env: NodeJS.ProcessEnv, runFolder: string, name: string): NodeJS.ProcessEnv {
  return { ...env, [MARK_VARIABLE]: path.join(runFolder, name) };
}

/** Starts a process in its own session: a Ctrl-C reaches only us, and we decide the order in which things end. */
export function launch(runFolder: string, { name, command, args, env, cwd }: Launch): ChildProcess {
  const log = openSync(logFile(runFolder, name), 'a');
  try {
    const child = spawn(command, args, {
      cwd,
      env: marked(env, runFolder, name),
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (child.pid !== undefined) {
      writeFileSync(pidFile(runFolder, name), `${child.pid}\n`);
    }
    return child;
  } finally {
    closeSync(log);
  }
}

/** The name in a process's environment mark, if the mark belongs to this run folder. */
export function nameFromEnviron(environ: string, runFolder: string): string | undefined {
  const prefix = `${MARK_VARIABLE}=${runFolder}/`;
  return environ
    .split('\0')
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** Undefined for a process that is gone, a zombie, owned by another user, or not of this stack. */
function nameOf(pid: number | string, runFolder: string): string | undefined {
  try {
    return nameFromEnviron(readFileSync(`/proc/${pid}/environ`, 'utf8'), runFolder);
  } catch {
    return undefined;
  }
}

/**
 * Every living process of this run folder, with or without a pid file. Its own child processes (PostgreSQL's backends)
 * carry the same mark; their parent ends them.
 */
export function runningProcesses(runFolder: string): Running[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const name = nameOf(entry, runFolder);
      return name === undefined ? [] : [{ name, pid: Number(entry) }];
    });
  const marks = new Map(all.map(({ name, pid }) => [pid, name]));
  return all.filter(({ name, pid }) => marks.get(parentOf(pid) ?? 0) !== name);
}

/** The fields of /proc/<pid>/stat after the command name, which may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  return Number(statFields(pid)?.[1]);
}

/** The process that the pid file names, if it lives and carries the mark. */
export function runningPid(runFolder: string, name: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile(runFolder, name), 'utf8').trim());
  } catch {
    return undefined;
  }
  return nameOf(pid, runFolder) === name ? pid : undefined;
}

export function isAlive(pid: number): boolean {
  const state = statFields(pid)?.[0];
  // Z: a zombie, which has ended and waits for its parent.
  return state !== undefined && state !== 'Z';
}

/** Sends a signal, unless the process has already ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

/** Asks a process to end, and kills it after the deadline. Resolves with whether it ended on its own. */
export async function endProcess(pid: number, signal: NodeJS.Signals, deadlineMs: number): Promise<boolean> {
  signalProcess(pid, signal);
  const ended = await waitFor(() => !isAlive(pid), deadlineMs);
  if (!ended) {
    signalProcess(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid), 5_000);
  }
  return ended;
}

export function forgetPid(runFolder: string, name: string): void {
  rmSync(pidFile(runFolder, name), { force: true });
}
