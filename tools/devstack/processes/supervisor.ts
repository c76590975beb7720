/** Keeps the parts of a running stack alive: restarts what dies, within 5 s at the latest. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { logTail, startPart, type Part } from './part.ts';
import { launch, logFile } from './processes.ts';
import type { Report } from '../terminal/progress.ts';

/** A part that ran this long died of a new cause: its next start is not delayed. */
const STEADY_AFTER_MS = 30_000;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 4_000;
/** From the third death in a row on, shows the log: the part will not recover by itself. */
const WORRYING = 3;

/** Grows from one death to the next, up to a limit that keeps every restart within 5 s. */
export function restartDelayMs(deathsInARow: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (deathsInARow - 1), LONGEST_DELAY_MS);
}

export class Supervisor {
  readonly #runFolder: string;
  readonly #report: Report;
  readonly #stopping: AbortSignal;

  /** @param stopping aborted before the parts are ended, so that their end does not count as a death */
  constructor(runFolder: string, report: Report, stopping: AbortSignal) {
    this.#runFolder = runFolder;
    this.#report = report;
    this.#stopping = stopping;
  }

  /** Resolves when the part is ready; a failure of the first start is an error, not a reason to restart. */
  async start(part: Part, signal: AbortSignal): Promise<void> {
    this.adopt(part, await startPart(this.#runFolder, part, signal));
  }

  /** Supervises a part that was started elsewhere. */
  adopt(part: Part, child: ChildProcess): void {
    void this.#keepAlive(part, child);
  }

  async #keepAlive(part: Part, first: ChildProcess): Promise<void> {
    const { name } = part.launch;
    let child = first;
    for (let deaths = 0; ;) {
      const began = performance.now();
      const reason = await ending(child);
      if (this.#stopping.aborted) {
        return;
      }
      deaths = performance.now() - began > STEADY_AFTER_MS ? 1 : deaths + 1;
      this.#report(name, `ended (${reason}), restarting it`);
      if (deaths % WORRYING === 0) {
        this.#report(name, `ended ${deaths} times in a row; see ${logFile(this.#runFolder, name)}, which ends with:`);
        this.#report(name, logTail(this.#runFolder, name));
      }
      await sleep(restartDelayMs(deaths), undefined, { signal: this.#stopping }).catch(() => {});
      if (this.#stopping.aborted) {
        return;
      }
      child = launch(this.#runFolder, part.launch);
    }
  }
}

function ending(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(String(child.exitCode ?? child.signalCode));
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(String(code ?? signal)));
  });
}
