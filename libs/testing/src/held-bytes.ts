import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes in buffers that somebody still holds. Garbage is collected first: how much of it waits is decided by the machine
 * and its load, so that a bound of it either fails now and then or never.
 */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Buffers are freed beside us; a collection begins by waiting for that of the one before.
  collect();
  return process.memoryUsage().arrayBuffers;
}
