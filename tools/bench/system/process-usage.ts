/** CPU time and memory of processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** On every architecture we run on, Linux counts CPU time in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;
/** Looks at a tree until none of its processes ends meanwhile. */
const MOST_LOOKS = 1_000;

/** Own time and that of ended children, from /proc/<pid>/stat, where the name of the command may hold spaces and brackets. */
export function cpuTicksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

class Ended extends Error {}

/** Children are listed by the thread that started them. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/**
 * The time of a child that ends meanwhile is missed if its parent was read before that: reading it fails, or yields zeros
 * (state X of proc(5)), or shows nothing.
 *
 * @throws when a process ended
 */
function ticksOnce(pid: number): number {
  const children = childrenOf(pid);
  const own = cpuTicksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const ticks = children.reduce((sum, child) => sum + ticksOnce(child), own);
  const left = new Set(childrenOf(pid));
  if (!children.every((child) => left.has(child))) {
    throw new Ended(`a child of ${pid} has ended`);
  }
  return ticks;
}

function ticksOfTree(pid: number): number {
  for (let looks = 1; ; looks += 1) {
    try {
      return ticksOnce(pid);
    } catch (error) {
      const isOver =
        error instanceof Ended || ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isOver || looks === MOST_LOOKS) {
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
