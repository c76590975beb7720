import { setImmediate } from 'node:timers/promises';

/**
 * Lets everything else that waits run first. Long computations await this between their steps and between blocks of a
 * step, so that none keeps other requests for more than some dozens of milliseconds.
 */
export const nextTurn = (): Promise<void> => setImmediate();
