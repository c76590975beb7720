/** How long the pipeline takes to go on after a fault is over. */
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { topicOf, type Kind } from '../load/stream.ts';
import { readPositions } from './observation.ts';
import type { SystemUnderTest } from '../system/system.ts';

/** Positions by `<topic>/<partition>`; undefined while the database does not answer. */
async function positionsOf(system: SystemUnderTest): Promise<Map<string, number> | undefined> {
  try {
    const positions = await readPositions(system.sql);
    return new Map(positions.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset]));
  } catch {
    return undefined;
  }
}

export const partitionName = (kind: Kind, partition: number): string => `${topicOf[kind]}/${partition}`;

/**
 * Time until every partition that had acknowledged, unapplied records when the fault ended has moved again.
 *
 * @param acknowledged end of each partition by the log, at the moment when the fault ended
 * @returns ms, or undefined when the limit passed first
 */
export async function timeToResume(
  system: SystemUnderTest,
  acknowledged: ReadonlyMap<string, number>,
  limitMs: number,
): Promise<number | undefined> {
  const began = performance.now();
  let atFirst: Map<string, number> | undefined;
  const hasResumed = await waitFor(
    async () => {
      const positions = await positionsOf(system);
      atFirst ??= positions;
      return (
        positions !== undefined &&
        [...acknowledged].every(([partition, end]) => {
          const before = atFirst?.get(partition) ?? 0;
          const now = positions.get(partition) ?? 0;
          return now >= end || now > before;
        })
      );
    },
    limitMs,
    system.signal,
  );
  return hasResumed ? performance.now() - began : undefined;
}

/** Waits until everything acknowledged is behind the positions. @returns the partitions that do not get there */
export async function drain(
  system: SystemUnderTest,
  acknowledged: ReadonlyMap<string, number>,
  limitMs: number,
): Promise<string[]> {
  let behind: string[] = [];
  await waitFor(
    async () => {
      const positions = await positionsOf(system);
      behind = [...acknowledged]
        .filter(([partition, end]) => (positions?.get(partition) ?? 0) < end)
        .map(
          ([partition, end]) =>
            `${partition} is at ${positions?.get(partition) ?? 'no position'}, acknowledged up to ${end}`,
        );
      return behind.length === 0;
    },
    limitMs,
    system.signal,
  );
  return behind;
}
