/** Which command owns a stack folder: at most one, which other terminals can find. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pidFile } from '../processes/processes.ts';

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
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(script) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Makes this process the owner, or returns the pid of the current one. */
export function claim(runFolder: string, script: string): number | undefined {
  const file = pidFile(runFolder, NAME);
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
    const other = runningOwner(runFolder, script);
    if (other !== undefined) {
      return other;
    }
    rmSync(file, { force: true });
  }
}

export function release(runFolder: string): void {
  rmSync(pidFile(runFolder, NAME), { force: true });
}
