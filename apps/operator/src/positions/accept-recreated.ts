import { recreationEvidence } from '@chip/contracts';
import { acceptOlderAppendTimes, acceptRecreation, type StreamPosition } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import { type Plan, WATCH } from './plan.ts';

/** Continues with a machine topic that was deleted and recreated. */
export async function planAcceptRecreated(facts: PartitionFacts): Promise<Plan> {
  const position = await facts.position();
  if (position?.state !== 'recreated') {
    throw new InputError(
      `${facts.name} is ${position === undefined ? 'without a position' : `"${position.state}"`}, not "recreated"; the writer notices as soon as it reads the first block of the new topic`,
    );
  }
  const { acceptedTopic } = facts.parts;
  const from = Number(position.nextOffset);
  const acceptedOffset = Number(position.acceptedOffset);
  const block = await facts.blockAt(acceptedOffset);
  const first = block?.index[0];
  const appendedMs = position.appendTime === null ? null : Date.parse(position.appendTime);
  const evidence = block === undefined ? null : recreationEvidence(block, from, appendedMs);
  const [newId, oldId] = [block?.sourceTopicId ?? null, position.sourceTopicId];
  const areIdsKnown = newId !== null && oldId !== null;
  if (block === undefined || (areIdsKnown ? newId === oldId : first === undefined || evidence === null)) {
    throw new InputError(
      `the block at offset ${acceptedOffset} of ${acceptedTopic} does not belong to a new topic: blocks of the old one still wait behind a gap; resolve that first: npm run positions -- accept-gap`,
    );
  }
  // If the topic were the old one after all, events below the position would count twice.
  if (!areIdsKnown && !evidence!.isProof) {
    return acceptOlder(facts, position);
  }
  const lost = (position.highWatermark ?? position.nextOffset) - position.nextOffset;
  // Ingest may have read the beginning while it still took the topic for the old one, whose blocks are not applied again, or
  // may have continued at its offset in the old one. What precedes the first block must not be skipped silently.
  const start = Math.min(block.coversFrom, (await facts.range(facts.parts.machineTopic)).low);
  return {
    lines: [
      `${facts.name} continues at ${start} of the new topic${newId === null ? '' : ` (id ${newId})`}, starting with block ${acceptedOffset} of ${acceptedTopic}`,
      ...(start < block.coversFrom
        ? [
            `no block of the new topic covers its offsets ${start} to ${block.coversFrom - 1}: they become a gap; to let ingest read them: npm run positions -- rewind-ingest`,
          ]
        : []),
      lost > 0n
        ? `of the old topic, ${lost} offsets from ${from} were never applied and are given up`
        : `of the old topic everything known was applied, up to ${from}`,
      'the ledger of the partition starts over; its old counters stay in the audit trail',
    ],
    apply: async () => {
      await facts.parts.database.withTransaction((transaction) =>
        acceptRecreation(transaction, {
          ...facts.change,
          from: position.nextOffset,
          offset: BigInt(start),
          acceptedOffset: position.acceptedOffset,
          ...(first === undefined ? {} : { appendTime: new Date(first.appendTime).toISOString() }),
          sourceTopicId: newId,
        }),
      );
      return `${facts.name} continues at ${start} of the new topic. ${WATCH}`;
    },
  };
}

/** The brokers' clocks disagree about the topic of the position: position and ledger stay. */
function acceptOlder(facts: PartitionFacts, position: StreamPosition): Plan {
  return {
    lines: [
      `${facts.name} continues at ${position.nextOffset}: nothing proves a new topic, the next events are only older than what is applied, as after a step of a broker's clock`,
      'events below the position stay applied',
    ],
    apply: async () => {
      await facts.parts.database.withTransaction((transaction) =>
        acceptOlderAppendTimes(transaction, { ...facts.change, from: position.nextOffset }),
      );
      return `${facts.name} continues at ${position.nextOffset}. ${WATCH}`;
    },
  };
}
