/** One process of the stack: how it starts, and when it is ready. For how it ends, see sweep.ts. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { launch, logFile, type Launch } from './processes.ts';
import { lastLines } from './run-command.ts';
import { StackError } from '../terminal/stack-error.ts';
import { waitFor } from './wait-for.ts';

export interface Part {
  readonly launch: Launch;
  /** Called before each start; returns a check whether that start has succeeded by now. */
  readonly readiness: () => () => boolean | Promise<boolean>;
  readonly readyWithinMs: number;
}

/** Resolves when the part is ready; fails with the end of its log if it ends first or never becomes ready. */
export async function startPart(runFolder: string, part: Part, signal: AbortSignal): Promise<ChildProcess> {
  const isReady = part.readiness();
  const decided = new AbortController();
  const child = launch(runFolder, part.launch);
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not start (${error.message})`));
    child.once('exit', (code, exitSignal) => resolve(`ended with ${code ?? exitSignal} while starting`));
  });
  const ready = waitFor(isReady, part.readyWithinMs, AbortSignal.any([signal, decided.signal])).then((inTime) =>
    inTime ? undefined : `was not ready after ${part.readyWithinMs / 1000} s`,
  );
  const problem = await Promise.race([failed, ready]);
  // The loser of the race: no one waits for it any more, and its rejection is expected.
  ready.catch(() => {});
  decided.abort();
  if (problem !== undefined) {
    const { name } = part.launch;
    throw new StackError(`${name} ${problem}`, `see ${logFile(runFolder, name)}, which ends with the lines above`, {
      excerpt: logTail(runFolder, name),
    });
  }
  return child;
}

export function logTail(runFolder: string, name: string): string {
  const file = logFile(runFolder, name);
  return existsSync(file) ? lastLines(readFileSync(file, 'utf8')) : '(no log)';
}
