import { setTimeout as sleep } from 'node:timers/promises';

/** A condition did not become true in time. The message contains the last observation. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

export interface WaitOptions {
  /** Longest wait, in ms. Default 60,000: the wait ends as soon as the condition holds, and a machine may be busy. */
  readonly timeoutMs?: number;
  /** Pause between two checks, in ms. Default 50. */
  readonly intervalMs?: number;
}

/**
 * Checks something until it is as expected, for at most `timeoutMs`; tests wait with this and never sleep.
 *
 * @param look returns the current state; an error counts as "not yet" and is reported at the end
 * @param isThere whether the state is the expected one. Default: it is truthy.
 * @returns the state that fulfilled the condition
 * @throws WaitTimeoutError with the last state, or with the last error as its cause
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  isThere: (state: T) => boolean = Boolean,
  { timeoutMs = 60_000, intervalMs = 50 }: WaitOptions = {},
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    let last: { state: T } | { error: unknown };
    try {
      last = { state: await look() };
      if (isThere(last.state)) {
        return last.state;
      }
    } catch (error) {
      last = { error };
    }
    if (performance.now() - startedAt > timeoutMs) {
      const seen = 'state' in last ? `last state: ${describe(last.state)}` : `last error: ${String(last.error)}`;
      throw new WaitTimeoutError(
        `condition not met within ${timeoutMs} ms; ${seen}`,
        'error' in last ? { cause: last.error } : undefined,
      );
    }
    await sleep(intervalMs);
  }
}

const MAX_DESCRIPTION = 2_000;

function describe(state: unknown): string {
  const text = JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'bigint'
      ? `${value}n`
      : value instanceof Map
        ? [...value]
        : value instanceof Set
          ? [...value]
          : value,
  );
  return (text ?? String(state)).slice(0, MAX_DESCRIPTION);
}
