/** CPU time and memory of processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** On every architecture we run on, Linux counts CPU time in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own time and that of its ended children. */
  readonly cpuTicks: number;
}

/** Parses /proc/<pid>/stat, where the command name may contain spaces and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number(stat.slice(0, stat.indexOf(' '))),
    parent: Number(fields[1]),
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
  };
}

/**
 * All processes at one moment. The time of a process that ends meanwhile is missed if its parent was read before that,
 * and counted twice if its parent is read later: reading it fails, or yields zeros (state X of proc(5)), or shows
 * nothing. So the sampling is repeated if a process ended during it.
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

/** Processes by what they are together, such as the instances of one service. */
export type Pids<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * CPU seconds of each process with everything it started: PostgreSQL's backends count, including those that are gone.
 */
export function cpuSeconds<Name extends string>(pids: Pids<Name>): Record<Name, number> {
  const processes = allProcesses();
  const ticksOfTree = (pid: number): number =>
    processes
      .filter((process) => process.pid === pid || process.parent === pid)
      .reduce((sum, process) => sum + (process.pid === pid ? process.cpuTicks : ticksOfTree(process.pid)), 0);
  return Object.fromEntries(
    Object.entries<readonly number[]>(pids).map(([name, instances]) => [
      name,
      instances.reduce((sum, pid) => sum + ticksOfTree(pid), 0) / TICKS_PER_SECOND,
    ]),
  ) as Record<Name, number>;
}

/** Resident memory in MiB, of the largest of the processes; `peak` is its maximum so far. */
export function residentMib(pids: readonly number[]): { now: number; peak: number } {
  const statuses = pids.map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const mib = (field: string): number =>
    Math.max(...statuses.map((status) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024));
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}
