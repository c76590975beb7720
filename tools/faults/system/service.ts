/** A service that is restarted whenever it ends, unless it is held down. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Env } from '../../devstack/env-file.ts';
import { startPart, type Part } from '../../devstack/processes/part.ts';
import { endProcess, launch, runningPid } from '../../devstack/processes/processes.ts';

const RESTART_DELAY_MS = 300;

export class Service {
  #part: Part;
  readonly #runFolder: string;
  #isWanted = true;
  #restarts = 0;
  /** The process that is restarted when it ends. */
  #kept: ChildProcess | undefined;

  constructor(runFolder: string, part: Part) {
    this.#runFolder = runFolder;
    this.#part = part;
  }

  get part(): Part {
    return this.#part;
  }

  /** Changes its environment from the next start on. */
  set env(env: Env) {
    const { launch: usual } = this.#part;
    this.#part = { ...this.#part, launch: { ...usual, env: { ...usual.env, ...env } } };
  }

  /** Runs the build of this checkout from the next start on; a script of its own stays. */
  runFrom(checkout: string): void {
    const { launch: usual } = this.#part;
    const entry = path.join('apps', this.name.replace(/-\d+$/, ''), 'dist', 'main.js');
    const args = usual.args.map((arg) => (arg.endsWith(`/${entry}`) ? path.join(checkout, entry) : arg));
    this.#part = { ...this.#part, launch: { ...usual, args, cwd: checkout } };
  }

  get name(): string {
    return this.part.launch.name;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | undefined {
    return runningPid(this.#runFolder, this.name);
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#isWanted = true;
    this.#keepAlive(await startPart(this.#runFolder, this.part, signal));
  }

  #keepAlive(child: ChildProcess): void {
    this.#kept = child;
    child.once('exit', () => {
      setTimeout(() => {
        // One that was held down has no successor, even if the next start has begun meanwhile.
        if (this.#isWanted && this.#kept === child) {
          this.#restarts += 1;
          this.#keepAlive(launch(this.#runFolder, this.part.launch));
        }
      }, RESTART_DELAY_MS);
    });
  }

  /** Ends it and keeps it down until the next start. */
  async hold(signal: NodeJS.Signals): Promise<void> {
    this.#isWanted = false;
    this.#kept = undefined;
    const { pid } = this;
    if (pid !== undefined) {
      await endProcess(pid, signal, 30_000);
    }
  }

  giveUp(): void {
    this.#isWanted = false;
  }
}
