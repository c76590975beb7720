/** Ends every process of a stack folder, in the order in which nobody loses the server it still needs. */
import { endProcess, forgetPid, runningProcesses, type Running } from './processes.ts';
import type { Report } from '../terminal/progress.ts';

interface Wave {
  readonly names: RegExp;
  readonly withinMs: number;
}

/** Services promise to end within 25 s; each wave waits for the one before. */
const WAVES: readonly Wave[] = [
  { names: /^(simulator|tests)-/, withinMs: 10_000 },
  { names: /^ingest-/, withinMs: 30_000 },
  { names: /^writer-/, withinMs: 30_000 },
  { names: /^query-/, withinMs: 30_000 },
  { names: /^(kafka|postgres)-/, withinMs: 30_000 },
];

/** For PostgreSQL the fast shutdown: open transactions are rolled back instead of waited for. */
function endingSignal(name: string): NodeJS.Signals {
  return name.startsWith('postgres-') ? 'SIGINT' : 'SIGTERM';
}

/** Resolves with what was found and ended. */
export async function sweep(runFolder: string, report: Report): Promise<Running[]> {
  const ended: Running[] = [];
  for (const { names, withinMs } of WAVES) {
    const find = () => runningProcesses(runFolder).filter(({ name }) => names.test(name));
    // Again until there are none: what a process had started comes to light when that process is gone.
    for (let found = find(); found.length > 0; found = find()) {
      await Promise.all(
        found.map(async ({ name, pid }) => {
          report(name, 'stopping');
          if (!(await endProcess(pid, endingSignal(name), withinMs))) {
            report(name, `did not end within ${withinMs / 1000} s and was killed`);
          }
          forgetPid(runFolder, name);
        }),
      );
      ended.push(...found);
    }
  }
  return ended;
}
