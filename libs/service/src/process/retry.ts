import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors/app-error.ts';

/** A time budget is used up. `cause` is the last failure. */
export class DeadlineExceededError extends AppError {
  readonly code = 'deadline_exceeded';
  readonly retriable = true;
}

export interface RetryOptions {
  /** Total time for all attempts and pauses together, in ms. The last attempt is not cut short: pass `signal` on for that. */
  readonly budgetMs: number;
  /** First pause, in ms; each further one is twice as long. Default 100. */
  readonly firstDelayMs?: number;
  /** Longest pause, in ms. Default 5,000. */
  readonly maxDelayMs?: number;
  /** Stops the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Which failures are worth another attempt. Default: an AppError that says so itself. */
  readonly isRetriable?: (error: unknown) => boolean;
  /** Called before each pause, for logs and metrics. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Calls `attempt` until it succeeds, fails for good, or one total budget is used up. Pauses grow exponentially and are
 * spread by a random factor of 0.5 to 1, so that many processes that lost the same server do not return in step.
 * The budget is measured on the monotonic clock: a step of the wall clock changes nothing.
 *
 * @throws the failure itself when it is not retriable; {@link DeadlineExceededError} with the last failure as cause
 * when the next pause would not fit into the budget; the signal's reason when it is aborted.
 */
export async function retry<T>(attempt: (attemptNumber: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { budgetMs, firstDelayMs = 100, maxDelayMs = 5_000, signal, onRetry } = options;
  const isRetriable = options.isRetriable ?? ((error: unknown) => error instanceof AppError && error.retriable);
  const startedAt = performance.now();
  for (let number = 1; ; number++) {
    signal?.throwIfAborted();
    try {
      return await attempt(number);
    } catch (error) {
      if (signal?.aborted) {
        throw signal.reason;
      }
      if (!isRetriable(error)) {
        throw error;
      }
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(number - 1, 30)) * (0.5 + Math.random() / 2);
      if (performance.now() - startedAt + delayMs > budgetMs) {
        throw new DeadlineExceededError(`gave up after ${number} attempts within ${budgetMs} ms`, {
          cause: error,
          context: { attempts: number, budgetMs },
        });
      }
      onRetry?.(error, number, delayMs);
      try {
        await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
      } catch {
        // The timer rejects with its own AbortError; callers expect the reason they gave.
        signal?.throwIfAborted();
      }
    }
  }
}

/**
 * Waits for `work`, at most `budgetMs`. The work itself goes on: use it where the caller cannot wait longer and the
 * process ends anyway.
 *
 * @throws DeadlineExceededError
 */
export async function withDeadline<T>(work: Promise<T>, budgetMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceededError(`${what} took longer than ${budgetMs} ms`)), budgetMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // The loser of the race must not end the process as an unhandled rejection.
    work.catch(() => undefined);
  }
}
