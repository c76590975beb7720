import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { describe, expect, it } from '@jest/globals';
import type { RecordBatch } from '../src/index.ts';
import { useServers } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const start = useServers(kafka);

/** A group that waited for stuck handlers would move on only then. */
const REBALANCE_TIMEOUT_MS = 120_000;
const BEFORE_REBALANCE_ENDS = { timeoutMs: 90_000 };

const publish = (topic: string, partitions: number, round: number): Promise<void> =>
  kafka.produce(
    topic,
    Array.from({ length: partitions }, (_, partition) => ({ partition, value: `${partition}:${round}` })),
  );

describe('a handler that does not return', () => {
  it('holds up its own partition alone, with fewer places than stuck partitions', async () => {
    const topic = await kafka.topic(8);
    const seen = new Map<number, number>();
    const stuck = Promise.withResolvers<void>();
    const { server, fatals, logLines } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { partitionsConcurrently: 2, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 },
      handle: async ({ partition, records }) => {
        seen.set(partition, (seen.get(partition) ?? 0) + records.length);
        if (partition < 3) {
          await stuck.promise;
        }
      },
    });
    for (let round = 0; round < 4; round++) {
      await publish(topic, 8, round);
      await waitFor(() => [3, 4, 5, 6, 7].every((partition) => seen.get(partition) === round + 1));
    }
    // Longer than the session: the membership does not depend on handlers either.
    await sleep(7_000);
    await publish(topic, 8, 4);
    await waitFor(() => [3, 4, 5, 6, 7].every((partition) => seen.get(partition) === 5));
    expect(logLines.filter(({ msg }) => msg === 'partitions_assigned')).toHaveLength(1);
    const statuses = server.partitions();
    expect(statuses.map(({ isHandling }) => isHandling)).toEqual([true, true, true, false, false, false, false, false]);
    expect(statuses.map(({ nextOffset }) => nextOffset)).toEqual([0, 0, 0, 5, 5, 5, 5, 5]);
    stuck.resolve();
    await waitFor(() => server.partitions().every(({ nextOffset }) => nextOffset === 5));
    expect([...seen.values()]).toEqual([5, 5, 5, 5, 5, 5, 5, 5]);
    expect(fatals).toEqual([]);
  });

  it('keeps its place while it gets on, so that no more handlers than places compute', async () => {
    const topic = await kafka.topic(2);
    let atWork = 0;
    let most = 0;
    let done = 0;
    await publish(topic, 2, 0);
    await start({
      topic,
      groupId: kafka.group(),
      consumer: { partitionsConcurrently: 1 },
      handle: async (batch) => {
        most = Math.max(most, ++atWork);
        // Longer than a handler without progress keeps its place.
        for (let i = 0; i < 12; i++) {
          await sleep(500);
          batch.progress();
        }
        atWork--;
        done++;
      },
    });
    await waitFor(() => done === 2);
    expect(most).toBe(1);
  });

  it('does not keep the group from moving on, and its partition waits for it alone', async () => {
    const topic = await kafka.topic(4);
    const groupId = kafka.group();
    const consumer = { rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, partitionsConcurrently: 4 };
    const stuck = Promise.withResolvers<void>();
    const first: RecordBatch[] = [];
    const open = new Map<number, number>();
    let overlaps = 0;
    const a = await start({
      topic,
      groupId,
      consumer,
      handle: async (batch) => {
        first.push(batch);
        open.set(batch.partition, (open.get(batch.partition) ?? 0) + 1);
        overlaps += (open.get(batch.partition) ?? 0) > 1 ? 1 : 0;
        // Deaf to the signal, as a driver may be that cannot be cut.
        if (first.filter(({ partition }) => partition === batch.partition).length === 1) {
          await stuck.promise;
        }
        open.set(batch.partition, (open.get(batch.partition) ?? 0) - 1);
      },
    });
    await publish(topic, 4, 0);
    await waitFor(() => first.length === 4);
    const second: RecordBatch[] = [];
    const b = await start({ topic, groupId, consumer, handle: (batch) => void second.push(batch) });
    await waitFor(
      () => a.server.partitions().length === 2 && b.server.partitions().length === 2,
      Boolean,
      BEFORE_REBALANCE_ENDS,
    );
    // The other member reads on while every handler of this one is still at work.
    await waitFor(() => b.server.partitions().every(({ nextOffset }) => nextOffset === 1));
    expect(first).toHaveLength(4);
    for (const batch of first) {
      expect(batch.signal.reason).toMatchObject({ code: 'kafka_partition_lost' });
      expect(batch.isCurrent()).toBe(false);
    }
    expect(a.server.partitions()).toMatchObject([
      { nextOffset: null, isHandling: true },
      { nextOffset: null, isHandling: true },
    ]);
    expect(a.server.stalled(0)).toHaveLength(2);
    stuck.resolve();
    await waitFor(() => a.server.partitions().every(({ nextOffset }) => nextOffset === 1));
    const again = first.slice(4).toSorted((x, y) => x.partition - y.partition);
    expect(again.map(({ partition, fetchOffset }) => [partition, fetchOffset])).toEqual(
      a.server.partitions().map(({ partition }) => [partition, 0]),
    );
    expect(overlaps).toBe(0);
    expect([...a.fatals, ...b.fatals]).toEqual([]);
  });

  it('is left behind when the process stops, after the others have ended and committed', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    const stuck = Promise.withResolvers<void>();
    let entered = 0;
    const { server } = await start({
      topic,
      groupId,
      consumer: { partitionsConcurrently: 2 },
      handle: async (batch) => {
        entered++;
        await (batch.partition === 0 ? stuck.promise : sleep(1_000));
        batch.commit(batch.nextOffset);
      },
    });
    await publish(topic, 2, 0);
    await waitFor(() => entered === 2);
    await server.drain({ graceMs: 3_000 });
    const [offsets] = await kafka.admin.fetchOffsets({ groupId, topics: [topic] });
    expect(offsets?.partitions.map(({ offset }) => offset).sort()).toEqual(['-1', '1']);
    const { groups } = await kafka.admin.describeGroups([groupId]);
    expect(groups[0]?.members).toEqual([]);
    stuck.resolve();
  });
});
