/** Waits for a condition with a deadline. */
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
