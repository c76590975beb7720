/** How the other partitions fare while a fault holds some of them. */
import { readPositions, type ObservedPartition } from '../proof/observation.ts';
import type { Target } from './fault.ts';

const keyOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

/** Positions by `<topic>/<partition>`. */
export async function positionsNow({ system }: Target): Promise<Map<string, ObservedPartition>> {
  return new Map((await readPositions(system.sql)).map((position) => [keyOf(position), position]));
}

/** How long a partition with waiting events may pause at the end of a hold without counting as stuck. */
const QUIET_MS = 12_000;

/**
 * Holds, and objects to every partition with waiting events that stalls meanwhile although the fault is not about it,
 * and to every service that had to be restarted.
 *
 * @param isHeld partitions that the fault is about, by `<topic>/<partition>`
 */
export async function othersGoOn(target: Target, isHeld: (partition: string) => boolean, ms: number): Promise<void> {
  const { system, publisher, hold, object } = target;
  const restarts = system.restarts();
  const lastMoved = new Map<string, { next: number; at: number }>();
  const began = performance.now();
  const watched = new Set<string>();
  while (performance.now() - began < ms) {
    for (const name of [...system.names('ingest'), ...system.names('writer')]) {
      if (!watched.has(name) && (await liveness(system.url(name))) === 503) {
        watched.add(name);
        object(`${name} reports itself dead, although only some partitions are held`);
      }
    }
    for (const [key, { nextOffset }] of await positionsNow(target)) {
      if (isHeld(key)) {
        continue;
      }
      const before = lastMoved.get(key);
      const waits = nextOffset < (publisher.ends.get(key) ?? 0);
      if (before === undefined || before.next !== nextOffset || !waits) {
        lastMoved.set(key, { next: nextOffset, at: performance.now() });
      } else if (performance.now() - before.at > QUIET_MS && !watched.has(key)) {
        watched.add(key);
        object(`${key} stays at ${nextOffset} for more than ${QUIET_MS / 1000} s, although nothing holds it`);
      }
    }
    await hold(500);
  }
  if (system.restarts() > restarts) {
    object(`${system.restarts() - restarts} services had to be restarted`);
  }
}

/** Status of the liveness probe; undefined if it does not answer, which restarts show. */
async function liveness(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(4_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Elements settled so far in the selected partitions. */
export async function settled(target: Target, isCounted: (partition: string) => boolean): Promise<number> {
  let sum = 0;
  for (const [key, { elements }] of await positionsNow(target)) {
    sum += isCounted(key) ? elements : 0;
  }
  return sum;
}
