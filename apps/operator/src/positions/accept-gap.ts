import { giveUpGap } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import { type Plan, WATCH } from './plan.ts';

/** Gives up offsets that no block contains. */
export async function planAcceptGap(facts: PartitionFacts, to: number): Promise<Plan> {
  const position = await facts.stopped('accept-gap');
  const from = Number(position.nextOffset);
  if (to <= from) {
    throw new InputError(`--to ${to} is not above the position of ${facts.name}, which is ${from}`);
  }
  const { high } = await facts.range(facts.parts.machineTopic);
  if (to > high) {
    throw new InputError(
      `--to ${to} is beyond the end of ${facts.name}, which is ${high}: it would give up events that do not exist yet`,
    );
  }
  const lines = [
    `${facts.name} continues at ${to}: offsets ${from} to ${to - 1} (${to - from}) are skipped; this cannot be undone`,
  ];
  const next = await facts.nextBlock(Number(position.acceptedOffset), from);
  if (next !== undefined && next.coversFrom < to) {
    lines.push(
      `of these, ${Math.max(from, next.coversFrom)} to ${to - 1} are in waiting blocks and could be applied; the gap ends at ${Math.max(from, next.coversFrom)}`,
    );
  }
  return {
    lines,
    apply: async () => {
      await facts.parts.database.withTransaction((transaction) =>
        giveUpGap(transaction, { ...facts.change, from: BigInt(from), to: BigInt(to) }),
      );
      return `${facts.name} continues at ${to}; the gap is recorded. ${WATCH}`;
    },
  };
}
