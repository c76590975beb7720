/** How long the pipeline takes to resume after a fault. */
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
 * Time until every partition that had acknowledged, unapplied records at the end of the fault has moved again.
 *
 * @param acknowledged end of each partition in the log at the end of the fault
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

/** Waits until the positions are past everything acknowledged. @returns the partitions that do not get there */
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
