/** Ends every process of a stack folder, in an order in which none loses a server that it still needs. */
import { endProcess, forgetPid, runningProcesses, type Running } from './processes.ts';
import { SERVICE_NAMES } from './services.ts';
import type { Report } from '../terminal/progress.ts';

interface Wave {
  readonly names: RegExp;
  readonly withinMs: number;
}

/** Services promise to end within 25 s; each wave waits for the previous one. */
const WAVES: readonly Wave[] = [
  { names: /^(simulator|tests|prometheus|alertmanager|(node|pgbackrest)-exporter)-/, withinMs: 10_000 },
  ...SERVICE_NAMES.map((name) => ({ names: new RegExp(`^${name}-`), withinMs: 30_000 })),
  { names: /^(kafka|postgres)-/, withinMs: 30_000 },
  // A database archives the end of its log there.
  { names: /^s3-/, withinMs: 10_000 },
  // Nothing may be left, whatever its name.
  { names: /./, withinMs: 10_000 },
];

/** PostgreSQL gets its fast shutdown: it rolls back open transactions instead of waiting for them. */
function endingSignal(name: string): NodeJS.Signals {
  return name.startsWith('postgres-') ? 'SIGINT' : 'SIGTERM';
}

/** Resolves with the processes found and ended. */
export async function sweep(runFolder: string, report: Report): Promise<Running[]> {
  const ended: Running[] = [];
  for (const { names, withinMs } of WAVES) {
    const find = () => runningProcesses(runFolder).filter(({ name }) => names.test(name));
    // Repeat until none is left: child processes appear when their parent is gone.
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
