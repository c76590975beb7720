import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { describe, expect, it } from '@jest/globals';
import { startServer, type RunningServer } from './batch-server-harness.ts';

const PARTITIONS = 8;
/** The promise. Nothing in it depends on the machine: with one that is idle it is a quarter of this. */
const LONGEST_STAND_MS = 12_000;

const kafka = TestKafka.forFile();

describe('a rolling restart', () => {
  it('lets no partition stand for longer than 12 s, also while a handler is deaf to its signal', async () => {
    const topic = await kafka.topic(PARTITIONS);
    const groupId = kafka.group();
    const handledAt = new Map<number, number>();
    let longest = 0;
    const member = (): Promise<RunningServer> =>
      startServer(kafka, {
        topic,
        groupId,
        consumer: { partitionsConcurrently: 2 },
        handle: async (batch) => {
          if (batch.records.length === 0) {
            return;
          }
          // Takes its time whatever happens, as a flush does that cannot be cut.
          await sleep(batch.partition === 0 ? 1_500 : 5);
          batch.commit(batch.nextOffset);
          const now = performance.now();
          longest = Math.max(longest, now - (handledAt.get(batch.partition) ?? now));
          handledAt.set(batch.partition, now);
        },
      });
    let isPublishing = true;
    const machine = (async () => {
      for (let round = 0; isPublishing; round++) {
        await kafka.produce(
          topic,
          Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: String(round) })),
        );
        await sleep(100);
      }
    })();
    const members = [await member(), await member()];
    await waitFor(() => handledAt.size === PARTITIONS, Boolean, { timeoutMs: 60_000 });
    longest = 0;
    for (const [index] of members.entries()) {
      await members[index]?.stop();
      const next = await member();
      members[index] = next;
      await waitFor(() => next.server.partitions().length === PARTITIONS / 2, Boolean, { timeoutMs: 60_000 });
      await sleep(3_000);
    }
    // A partition that never came back has no end of its stand yet.
    const now = performance.now();
    longest = Math.max(longest, ...[...handledAt.values()].map((at) => now - at));
    isPublishing = false;
    await machine;
    await Promise.all(members.map((one) => one.stop()));
    expect(longest).toBeLessThan(LONGEST_STAND_MS);
  }, 180_000);
});
