import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { describe, expect, it } from '@jest/globals';
import { startServer, type RunningServer } from './batch-server-harness.ts';

const PARTITIONS = 8;
/** On an idle machine no partition stands for longer than 3 s, with the usual sessions of 10 s. */
const consumer = { partitionsConcurrently: 2, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 };
const LONGEST_STAND_MS = 45_000;

const kafka = TestKafka.forFile();

describe('a rolling restart', () => {
  it('lets no partition stand until a session or a rebalance runs out, also while a handler is deaf to its signal', async () => {
    const topic = await kafka.topic(PARTITIONS);
    const groupId = kafka.group();
    const handledAt = new Map<number, number>();
    let longest = 0;
    const member = (): Promise<RunningServer> =>
      startServer(kafka, {
        topic,
        groupId,
        consumer,
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
    await waitFor(() => handledAt.size === PARTITIONS);
    longest = 0;
    for (const [index] of members.entries()) {
      await members[index]?.stop();
      const next = await member();
      members[index] = next;
      await waitFor(() => next.server.partitions().length === PARTITIONS / 2);
      // Records that come from now on are handled in each partition: none stands.
      const since = performance.now();
      await waitFor(() => [...handledAt.values()].every((at) => at > since), Boolean, { timeoutMs: 90_000 });
    }
    isPublishing = false;
    await machine;
    await Promise.all(members.map((one) => one.stop()));
    expect(longest).toBeLessThan(LONGEST_STAND_MS);
  }, 180_000);
});
