/** Which faults, in which order: a function of the seed. */
import type { Fault } from '../catalogue/fault.ts';
import { Random } from '../load/random.ts';

/** Endless rounds, each with every fault once in a new order. */
export function* schedule(seed: string, faults: readonly Fault[]): Generator<Fault> {
  for (let round = 0; ; round += 1) {
    const candidates = round === 0 ? faults : faults.filter(({ isOnce }) => !isOnce);
    if (candidates.length === 0) {
      return;
    }
    yield* new Random(seed, 'round', round).shuffle(candidates);
  }
}
