import { recordRewind } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import type { Plan } from './plan.ts';

/**
 * Makes ingest read a part of the machine topic again.
 *
 * @param givenTo first offset to read again (default: the position, for a database that was restored)
 */
export async function planRewindIngest(facts: PartitionFacts, givenTo: number | undefined): Promise<Plan> {
  const { admin, machineTopic, ingestGroup } = facts.parts;
  const { partition } = facts.change;
  const position = await facts.position();
  if (position === undefined && givenTo === undefined) {
    throw new InputError(`${facts.name} has no position; say with --to where to read again from`);
  }
  const to = givenTo ?? Number(position?.nextOffset);
  const { low, high } = await facts.range(machineTopic);
  if (to < low || to > high) {
    throw new InputError(`--to ${to} is not in ${facts.name}, which has ${low} to ${high}; anything below was deleted`);
  }
  const committed = (await admin.groupOffsets(ingestGroup, machineTopic)).get(partition) ?? null;
  if (committed !== null && to > committed) {
    throw new InputError(
      `--to ${to} is ahead of ingest, which is at ${committed}: offsets ${committed} to ${to - 1} would be left out`,
    );
  }
  const members = await admin.groupMembers(ingestGroup);
  if (members > 0) {
    throw new InputError(
      `consumer group ${ingestGroup} has ${members} members, and Kafka sets offsets only for a group without members. Stop every ingest (kubectl scale deployment/ingest --replicas=0, or npm stop), wait 10 s if one was killed, run this again with the brokers up, then start ingest`,
    );
  }
  const note = (outcome: 'requested' | 'done' | 'failed'): Promise<void> =>
    facts.parts.database.withTransaction((transaction) =>
      recordRewind(transaction, { ...facts.change, from: committed, to, outcome }),
    );
  return {
    lines: [
      `ingest reads ${facts.name} again from ${to}${committed === null ? '' : `, ${committed - to} offsets back`}`,
      ...(position === undefined
        ? []
        : [`the writer is at ${position.nextOffset} and skips everything below; nothing is applied twice`]),
    ],
    apply: async () => {
      await note('requested');
      try {
        await admin.setGroupOffsets(ingestGroup, machineTopic, new Map([[partition, to]]));
      } catch (error) {
        await note('failed');
        throw error;
      }
      await note('done');
      return `ingest reads ${facts.name} again from ${to} as soon as it starts.`;
    },
  };
}
