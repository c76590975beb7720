import { toAppError, type AppError } from '../errors/app-error.ts';
import type { Logger } from '../logging/logger.ts';
import { withDeadline } from './retry.ts';

/**
 * The stages in which the process ends, one after the other:
 *
 * 1. `intake`: stop taking in new work (consumers stop fetching and finish their current batch).
 * 2. `work`: finish or roll back work in progress.
 * 3. (the HTTP server closes)
 * 4. `connections`: producers, pools.
 *
 * Callbacks of one stage run one by one, in the order of registration.
 */
export const DRAIN_STAGES = ['intake', 'work', 'connections'] as const;
export type DrainStage = (typeof DRAIN_STAGES)[number];

/** Ends one part of the process. Must settle soon after `signal` is aborted, because its time is then up. */
export type DrainCallback = (signal: AbortSignal) => void | Promise<void>;

/**
 * Shutdown, as the parts of a process see it: they register callbacks, learn that shutdown has begun, or request it.
 * An explicit order instead of framework hooks, because Nest runs the hooks of one level at the same time.
 */
export class Lifecycle {
  readonly #stages = new Map<DrainStage, { name: string; callback: DrainCallback }[]>(
    DRAIN_STAGES.map((stage) => [stage, []]),
  );
  readonly #stop = new AbortController();
  readonly #logger: Logger;
  readonly #end: () => void;
  #failure: AppError | undefined;

  /** @param end starts an orderly shutdown, with code 1 if there is a {@link failure}; {@link fatal} calls it at most once */
  constructor(logger: Logger, end: () => void) {
    this.#logger = logger;
    this.#end = end;
  }

  /** Aborted as soon as shutdown begins, before the first stage. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** The error that ends the process, if any. */
  get failure(): AppError | undefined {
    return this.#failure;
  }

  onDrain(stage: DrainStage, name: string, callback: DrainCallback): void {
    this.#stages.get(stage)?.push({ name, callback });
  }

  /**
   * Ends the process because of `error`: logs it, drains briefly and exits with code 1; the supervisor starts a new
   * one. Ignores later calls: errors during shutdown are consequences of the first.
   */
  fatal(error: unknown): void {
    if (this.#failure !== undefined) {
      return;
    }
    const failure = (this.#failure = toAppError(error));
    this.#logger.fatal({ err: failure, code: failure.code }, 'process_failed');
    this.#end();
  }

  /** @internal Marks the beginning of shutdown. */
  begin(): void {
    this.#stop.abort();
  }

  /**
   * @internal Runs one stage; logs a callback that fails or is late, and still runs the next one.
   * @returns whether all of them succeeded.
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
