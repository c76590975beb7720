import type { ErrorCode } from './error-codes.ts';

/** Facts about a failure that may be logged: never a secret, never the content of a message. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The base class of every error that this system raises on purpose. Each adapter translates its driver's errors into these
 * once, at its edge, so that callers decide by `code` and `retriable` and never parse messages.
 */
export abstract class AppError extends Error {
  /** Immutable, listed in `ERROR_CODES`. */
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed later without any change. */
  abstract readonly retriable: boolean;
  readonly context: ErrorContext;

  constructor(message: string, options: { cause?: unknown; context?: ErrorContext } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.context = options.context ?? {};
  }
}

/** Wraps an unexpected error as an `AppError`; for the top of a process only. */
export class UnexpectedError extends AppError {
  readonly code = 'unexpected';
  readonly retriable = false;
}

/** `error` itself when it is an {@link AppError}, otherwise wrapped with `error` as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) {
    return error;
  }
  return new UnexpectedError(error instanceof Error ? error.message : String(error), { cause: error });
}
