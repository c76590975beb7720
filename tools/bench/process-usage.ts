/** What processes used, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second on every architecture we run on (USER_HZ). */
const ticksPerSecond = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and that of its children that have ended. */
  readonly cpuSeconds: number;
}

/** From the text of /proc/<pid>/stat, where the command name may hold spaces and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return {
    pid: Number(stat.slice(0, stat.indexOf(' '))),
    parent: Number(fields[1]),
    cpuSeconds: (user + system + childrenUser + childrenSystem) / ticksPerSecond,
  };
}

function allProcesses(): ProcessTimes[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        return [parseStat(readFileSync(`/proc/${entry}/stat`, 'utf8'))];
      } catch {
        // It ended while we looked; its time is counted in its parent's.
        return [];
      }
    });
}

/** CPU seconds of each process with everything it started, so that PostgreSQL's backends count, also those that are gone. */
export function cpuSeconds<Name extends string>(pids: Readonly<Record<Name, number>>): Record<Name, number> {
  const processes = allProcesses();
  const ofTree = (pid: number): number =>
    processes
      .filter((process) => process.pid === pid || process.parent === pid)
      .reduce((sum, process) => sum + (process.pid === pid ? process.cpuSeconds : ofTree(process.pid)), 0);
  return Object.fromEntries(Object.entries<number>(pids).map(([name, pid]) => [name, ofTree(pid)])) as Record<
    Name,
    number
  >;
}

/** Resident memory in MiB; `peak` is the most it ever was. */
export function residentMib(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}
