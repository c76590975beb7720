/** Ends every process of a stack folder, in the order in which nobody loses the server it still needs. */
import { endProcess, forgetPid, runningProcesses, type Running } from './processes.ts';
import type { Report } from './progress.ts';

/** Services finish their work within 25 s; servers end after them. */
const waves: readonly { readonly pattern: RegExp; readonly signal: NodeJS.Signals; readonly withinMs: number }[] = [
  { pattern: /^supervisor$/, signal: 'SIGTERM', withinMs: 90_000 },
  { pattern: /^simulator-/, signal: 'SIGTERM', withinMs: 10_000 },
  { pattern: /^ingest-/, signal: 'SIGTERM', withinMs: 30_000 },
  { pattern: /^writer-/, signal: 'SIGTERM', withinMs: 30_000 },
  { pattern: /^(?!postgres-|kafka-)/, signal: 'SIGTERM', withinMs: 30_000 },
  // Fast shutdown: open transactions are rolled back instead of waited for.
  { pattern: /^postgres-/, signal: 'SIGINT', withinMs: 30_000 },
  { pattern: /^kafka-/, signal: 'SIGTERM', withinMs: 15_000 },
];

/** Resolves with what was found and ended. */
export async function sweep(runFolder: string, report: Report, except?: number): Promise<Running[]> {
  const ended: Running[] = [];
  for (const { pattern, signal, withinMs } of waves) {
    // Looked for again before each wave: the supervisor, if there is one, ends most of them itself.
    const found = runningProcesses(runFolder).filter(({ name, pid }) => pattern.test(name) && pid !== except);
    await Promise.all(
      found.map(async ({ name, pid }) => {
        report(name, 'stopping');
        if (!(await endProcess(pid, signal, withinMs))) {
          report(name, `did not end within ${withinMs / 1000} s and was killed`);
        }
        forgetPid(runFolder, name);
      }),
    );
    ended.push(...found);
  }
  return ended;
}
