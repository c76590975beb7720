import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Bytes in buffers that are still referenced. Collects garbage first: the machine and its load decide how much garbage
 * waits, so a bound that includes it would fail now and then, or never.
 */
export function heldBytes(): number {
  collect();
  // Buffers are freed asynchronously; each collection begins by waiting for the previous one.
  collect();
  return process.memoryUsage().arrayBuffers;
}
