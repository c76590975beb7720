/** What processes used, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second on every architecture we run on (USER_HZ). */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and that of its children that have ended. */
  readonly cpuTicks: number;
}

/** From the text of /proc/<pid>/stat, where the command name may hold spaces and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number(stat.slice(0, stat.indexOf(' '))),
    parent: Number(fields[1]),
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
  };
}

/**
 * All processes at one moment. The time of a process that ends while we look would be missed where its parent was read
 * before, and counted twice where its parent was read behind it: reading it fails, or yields zeros (state X of proc(5)),
 * or nothing tells. So a look during which one ended is taken again.
 */
function allProcesses(): ProcessTimes[] {
  const list = (): string[] => readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  for (;;) {
    try {
      const entries = list();
      const processes = entries.map((entry) => parseStat(readFileSync(`/proc/${entry}/stat`, 'utf8')));
      const left = new Set(list());
      if (entries.every((entry) => left.has(entry))) {
        return processes;
      }
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw error;
      }
    }
  }
}

/** CPU seconds of each process with everything it started, so that PostgreSQL's backends count, also those that are gone. */
export function cpuSeconds<Name extends string>(pids: Readonly<Record<Name, number>>): Record<Name, number> {
  const processes = allProcesses();
  const ticksOfTree = (pid: number): number =>
    processes
      .filter((process) => process.pid === pid || process.parent === pid)
      .reduce((sum, process) => sum + (process.pid === pid ? process.cpuTicks : ticksOfTree(process.pid)), 0);
  return Object.fromEntries(
    Object.entries<number>(pids).map(([name, pid]) => [name, ticksOfTree(pid) / TICKS_PER_SECOND]),
  ) as Record<Name, number>;
}

/** Resident memory in MiB; `peak` is the most it ever was. */
export function residentMib(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}
