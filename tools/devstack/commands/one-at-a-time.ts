/** Which command owns a stack folder: at most one, which other terminals can find. */
import { readFileSync, rmSync } from 'node:fs';
import { takeLockFile } from '../lock-file.mjs';
import { pidFile, runningProcesses, signalProcess } from '../processes/processes.ts';
import { endOnSignals } from '../processes/signals.ts';
import { StackError } from '../terminal/stack-error.ts';

/** `supervisor.pid`: the process that supervises all others. */
const NAME = 'supervisor';

/**
 * After a crash the pid file may name an unrelated process: the process must run the command's script as well.
 *
 * @param script path of the command, as in its command line
 */
export function runningOwner(runFolder: string, script: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(runFolder, NAME), 'utf8'));
    return runs(pid, script) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function runs(pid: number, script: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(script);
  } catch {
    return false;
  }
}

/** Makes this process the owner, or returns the pid of the current one. */
export function claim(runFolder: string, script: string): number | undefined {
  return takeLockFile(pidFile(runFolder, NAME), (pid) => runs(pid, script));
}

/**
 * Makes this process the only one that runs a command in this checkout.
 *
 * @param command in the words of the refusal: `"npm run soak"`
 * @returns what {@link endOnSignals} returns; a second signal kills the processes of the folder
 */
export function soleOwner(runFolder: string, script: string, command: string): AbortSignal {
  const other = claim(runFolder, script);
  if (other !== undefined) {
    throw new StackError(`another ${command} is running in this checkout (pid ${other})`, 'wait for it, or end it');
  }
  return endOnSignals(() => runningProcesses(runFolder).forEach(({ pid }) => signalProcess(pid, 'SIGKILL')));
}

export function release(runFolder: string): void {
  rmSync(pidFile(runFolder, NAME), { force: true });
}
