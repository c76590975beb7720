/** Waits for conditions and for moments, and repeats what has to go on meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Resolves with false when the deadline passed first. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) {
      return false;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  return true;
}

/** Resolves after the time, or as soon as `stop` is aborted. */
export const pause = (ms: number, stop: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal: stop }).catch(() => undefined);

/**
 * Repeats a step in the background until it fails or the returned call stops it. That call waits for the step that runs,
 * and throws what a step threw.
 */
export function repeatedly(step: (stop: AbortSignal) => Promise<unknown>): () => Promise<void> {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      await step(stop.signal);
    }
  })();
  // Its failure is thrown at the end, not in between.
  running.catch(() => undefined);
  return () => {
    stop.abort();
    return running;
  };
}
