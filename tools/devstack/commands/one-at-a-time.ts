/** Which command owns a stack folder: one at most, found again from another terminal. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pidFile } from '../processes/processes.ts';

/** `supervisor.pid`: the process that looks after all the others. */
const NAME = 'supervisor';

/**
 * The pid file alone could name a stranger after a crash: the process has to run the command's script as well.
 *
 * @param script path of the command, as it stands in its command line
 */
export function runningOwner(runFolder: string, script: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(runFolder, NAME), 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(script) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Makes this process the owner, or gives the pid of the one there is. */
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
