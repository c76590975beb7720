import { setImmediate } from 'node:timers/promises';
import { type Steps } from '@chip/quality';

/**
 * Lets everything else that waits run first. Long computations await this between their steps and between blocks of a
 * step, so that none keeps other requests for more than some dozens of milliseconds.
 */
export const nextTurn = (): Promise<void> => setImmediate();

/** Lets other requests run between the steps of a computation. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
    await nextTurn();
  }
}
