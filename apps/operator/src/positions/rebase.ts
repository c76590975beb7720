import { type NewTopic, rebasePosition } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import { AlreadyMadeError, type Plan } from './plan.ts';

/**
 * Continues on another Kafka cluster. What its machine topic holds below `givenOffset` counts as applied: by default all of
 * it, or nothing if the old cluster is lost, because nothing has copied it there.
 */
export async function planRebase(
  facts: PartitionFacts,
  givenOffset: number | undefined,
  { isOldLost = false } = {},
): Promise<Plan> {
  const { admin, machineTopic, acceptedTopic, ingestGroup, database } = facts.parts;
  const { partition } = facts.change;
  const position = await facts.position();
  if (position === undefined) {
    throw new InputError(`${facts.name} has no position; on a new cluster the writer sets it`);
  }
  const [sourceTopicId, acceptedTopicId] = [await admin.topicId(machineTopic), await admin.topicId(acceptedTopic)];
  if (sourceTopicId === position.sourceTopicId) {
    throw new AlreadyMadeError(
      `${machineTopic} on these brokers has the id ${sourceTopicId}, which is that of the position of ${facts.name}: this is the old cluster, set KAFKA_BROKERS to the new one; or it is the new one, and nothing is left to do`,
      `${facts.name} is there already`,
    );
  }
  const machine = await facts.range(machineTopic);
  const accepted = await facts.range(acceptedTopic);
  const offset = givenOffset ?? (isOldLost ? machine.low : machine.high);
  if (offset < machine.low || offset > machine.high) {
    throw new InputError(`--offset ${offset} is not in ${facts.name}, which has ${machine.low} to ${machine.high}`);
  }
  const waiting = (position.highWatermark ?? position.nextOffset) - position.nextOffset;
  if (waiting > 0n && givenOffset === undefined && !isOldLost) {
    throw new InputError(
      `${waiting} offsets of the old cluster from ${position.nextOffset} are not applied: let ingest and writer finish there first (npm run positions -- show), or state with --offset where they begin on the new one, or give them up with --old-cluster-lost`,
    );
  }
  for (const group of [ingestGroup, facts.parts.writerGroup]) {
    const members = await admin.groupMembers(group);
    if (members > 0) {
      throw new InputError(
        `consumer group ${group} has ${members} members: stop every ingest and every writer first, and start them again afterwards`,
      );
    }
  }
  const rebase: NewTopic = {
    from: position.nextOffset,
    offset: BigInt(offset),
    acceptedOffset: BigInt(accepted.high),
    sourceTopicId,
    acceptedTopicId,
  };
  return {
    lines: [
      `${facts.name} leaves ${position.nextOffset} of the old cluster and continues at ${offset} of the new one (id ${sourceTopicId})`,
      `of the new machine topic, offsets ${machine.low} to ${offset - 1} count as applied; ingest begins at ${offset}`,
      `blocks of ${acceptedTopic} below ${accepted.high} are skipped`,
      ...(isOldLost
        ? [
            `what was published from offset ${position.nextOffset} of the old cluster on is LOST: at least ${waiting} offsets, after ${position.appendTime ?? 'its beginning'}`,
          ]
        : []),
      ...(waiting > 0n && !isOldLost
        ? [`${waiting} offsets of the old cluster are given up, except for what is stored from ${offset} on`]
        : []),
      'the ledger of the partition starts over; its old counters stay in the audit trail',
    ],
    apply: async () => {
      // Ingest first: if the database then refuses, ingest starts later than necessary, and the old position still
      // holds.
      await admin.setGroupOffsets(ingestGroup, machineTopic, new Map([[partition, offset]]));
      await database.withTransaction((transaction) => rebasePosition(transaction, { ...facts.change, ...rebase }));
      return `${facts.name} continues at ${offset}. Start writer and ingest, then let the machines publish.`;
    },
  };
}
