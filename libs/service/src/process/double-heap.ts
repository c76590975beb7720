import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap double before V8 collects all of it again. Left to itself, V8 grows it by a quarter or less while buffers
 * come and go, and collects ten times as often as it has to. Not an argument of Node: with it, a process compiles Node's own
 * modules at each start, because the code that comes with Node is of other flags.
 */
export const doubleHeap = (): void => setFlagsFromString('--heap-growing-percent=100');
