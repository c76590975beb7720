import { resumePartition } from '@chip/persistence';
import { InputError } from '@chip/service';
import type { PartitionFacts } from './partition-facts.ts';
import { type Plan, WATCH } from './plan.ts';

/** Retries a stopped partition. */
export async function planResume(facts: PartitionFacts, skipsBlock: boolean): Promise<Plan> {
  const position = await facts.stopped('resume');
  const at = position.acceptedOffset;
  if (skipsBlock && position.state !== 'malformed_block' && position.state !== 'unsupported_block') {
    throw new InputError(
      `--skip-block is for "malformed_block" and "unsupported_block"; ${facts.name} is "${position.state}"`,
    );
  }
  return {
    lines: [
      `${facts.name}, "${position.state}" since ${position.stateSince}, retries from ${position.nextOffset}`,
      ...(skipsBlock
        ? [
            `block ${at} of ${facts.parts.acceptedTopic} is skipped; its content is a gap until ingest has read it again: npm run positions -- rewind-ingest ${facts.change.topic} ${facts.change.partition} --to ${position.nextOffset}`,
          ]
        : []),
    ],
    apply: async () => {
      await facts.parts.database.withTransaction((transaction) =>
        resumePartition(transaction, {
          ...facts.change,
          from: position.nextOffset,
          ...(skipsBlock ? { skippedBlock: at } : {}),
        }),
      );
      return `${facts.name} retries. ${WATCH}`;
    },
  };
}
