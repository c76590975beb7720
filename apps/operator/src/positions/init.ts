import { startPosition } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import { type Plan, WATCH } from './plan.ts';

/** Gives a partition its first position. */
export async function planInit(
  facts: PartitionFacts,
  offset: number,
  givenAccepted: number | undefined,
): Promise<Plan> {
  const existing = await facts.position();
  if (existing !== undefined) {
    throw new InputError(
      `${facts.name} already has a position, ${existing.nextOffset} (${existing.state}); "init" is for partitions without one`,
    );
  }
  const machine = await facts.range(facts.parts.machineTopic);
  if (offset > machine.high) {
    throw new InputError(`--offset ${offset} is beyond the end of ${facts.name}, which is ${machine.high}`);
  }
  const accepted = await facts.range(facts.parts.acceptedTopic);
  const acceptedOffset = givenAccepted ?? accepted.low;
  if (acceptedOffset < accepted.low || acceptedOffset > accepted.high) {
    throw new InputError(
      `--accepted-offset ${acceptedOffset} is not in ${facts.parts.acceptedTopic}, which has ${accepted.low} to ${accepted.high}`,
    );
  }
  const lines = [`${facts.name} begins at ${offset}, reading ${facts.parts.acceptedTopic} from ${acceptedOffset}`];
  const next = await facts.nextBlock(acceptedOffset, offset);
  if (next !== undefined && next.coversFrom > offset) {
    lines.push(
      `the first block there begins at ${next.coversFrom}, so offsets ${offset} to ${next.coversFrom - 1} become a gap; to begin after it: --offset ${next.coversFrom}`,
    );
  }
  return {
    lines,
    apply: async () => {
      await facts.parts.database.withTransaction((transaction) =>
        startPosition(transaction, {
          ...facts.change,
          offset: BigInt(offset),
          acceptedOffset: BigInt(acceptedOffset),
        }),
      );
      return `${facts.name} begins at ${offset}. ${WATCH}`;
    },
  };
}
