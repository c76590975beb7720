import { toAppError, type AppError } from '../errors/app-error.ts';
import type { Logger } from '../logging/logger.ts';
import { withDeadline } from './retry.ts';

/**
 * What happens, one stage after the other, when the process ends:
 *
 * 1. `intake`: stop taking in new work (consumers stop fetching and let their running batch end).
 * 2. `work`: finish or roll back what is still under way.
 * 3. (the HTTP server closes)
 * 4. `connections`: producers, pools.
 *
 * Inside a stage callbacks run one by one in the order of their registration.
 */
export const DRAIN_STAGES = ['intake', 'work', 'connections'] as const;
export type DrainStage = (typeof DRAIN_STAGES)[number];

/** Ends its part of the process. Must settle soon after `signal` is aborted: the time is up then. */
export type DrainCallback = (signal: AbortSignal) => void | Promise<void>;

/**
 * The end of a process, as its parts see it: register what to do, learn that the end has begun, or ask for it.
 * One explicit order instead of framework hooks: Nest runs the hooks of one level at the same time.
 */
export class Lifecycle {
  readonly #stages = new Map<DrainStage, { name: string; callback: DrainCallback }[]>(
    DRAIN_STAGES.map((stage) => [stage, []]),
  );
  readonly #stop = new AbortController();
  readonly #logger: Logger;
  readonly #end: (exitCode: number) => void;
  #failure: AppError | undefined;

  /** @param end starts the orderly end of the process; called at most once by {@link fatal}. */
  constructor(logger: Logger, end: (exitCode: number) => void) {
    this.#logger = logger;
    this.#end = end;
  }

  /** Aborted as soon as the end of the process begins, before the first stage. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** The error that ends the process, if one does. */
  get failure(): AppError | undefined {
    return this.#failure;
  }

  onDrain(stage: DrainStage, name: string, callback: DrainCallback): void {
    this.#stages.get(stage)?.push({ name, callback });
  }

  /**
   * Ends the process because of `error`: logged once here, drained shortly, exit code 1; the supervisor starts a new
   * one. Later calls are ignored: what fails while the process ends is a consequence, not news.
   */
  fatal(error: unknown): void {
    if (this.#failure !== undefined) {
      return;
    }
    const failure = (this.#failure = toAppError(error));
    this.#logger.fatal({ err: failure, code: failure.code }, 'process_failed');
    this.#end(1);
  }

  /** @internal Marks the beginning of the end. */
  begin(): void {
    this.#stop.abort();
  }

  /**
   * @internal Runs one stage; a failing or late callback is logged and the next one still runs.
   * @returns whether all of them did their work.
   */
  async run(stage: DrainStage, signal: AbortSignal, remainingMs: () => number): Promise<boolean> {
    let isClean = true;
    for (const { name, callback } of this.#stages.get(stage) ?? []) {
      try {
        await withDeadline(Promise.resolve(callback(signal)), Math.max(0, remainingMs()), `drain of ${name}`);
      } catch (error) {
        isClean = false;
        this.#logger.error({ err: error, stage, part: name }, 'drain_failed');
      }
    }
    return isClean;
  }
}
