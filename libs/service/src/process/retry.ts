import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors/app-error.ts';

/** The time budget is used up. `cause` is the last failure. */
export class DeadlineExceededError extends AppError {
  readonly code = 'deadline_exceeded';
  readonly retriable = true;
}

export interface RetryOptions {
  /** Total time for all attempts and pauses, in ms. It does not cut the last attempt short; pass `signal` on for that. */
  readonly budgetMs: number;
  /** First pause, in ms; each further pause is twice as long. Default 100. */
  readonly firstDelayMs?: number;
  /** Longest pause, in ms. Default 5,000. */
  readonly maxDelayMs?: number;
  /** Stops waiting; `retry` throws its reason. */
  readonly signal?: AbortSignal;
  /** Which failures are worth another attempt. Default: an AppError that is `retriable`. */
  readonly isRetriable?: (error: unknown) => boolean;
  /** Called before each pause, for logs and metrics. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Calls `attempt` until it succeeds, fails with an error that is not retriable, or uses up the budget. Pauses grow
 * exponentially, times a random factor from 0.5 to 1, so that processes that lost the same server do not return in step.
 * Measures the budget on the monotonic clock, so that a step of the wall clock changes nothing.
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
        // The timer rejects with its own AbortError; callers expect the reason that they gave.
        signal?.throwIfAborted();
      }
    }
  }
}

/**
 * Waits for `work`, at most `budgetMs`. It does not stop the work, so use it where the process is ending anyway, or where the
 * work itself ends later.
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
    // Work that fails after losing the race must not end the process as an unhandled rejection.
    work.catch(() => undefined);
  }
}
