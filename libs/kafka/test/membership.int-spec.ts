/** A member in its group: how it keeps, gives up and takes over partitions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { describe, expect, it } from '@jest/globals';
import { RejoinError, type RecordBatch } from '../src/index.ts';
import { numbered, onRequest, useServers, values } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const start = useServers(kafka);
/** Of a session of 60 s. */
const BEFORE_SESSION_ENDS = { timeoutMs: 45_000 };

describe('KafkaBatchServer', () => {
  it('keeps its partitions while a handler works for twice the session time-out', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(5));
    const batches: RecordBatch[] = [];
    const { logLines, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 },
      handle: async (batch) => {
        batches.push(batch);
        if (batches.length === 1) {
          await sleep(12_500);
        }
      },
    });
    await waitFor(() => batches.length === 1);
    await kafka.produce(topic, numbered(5, 5));
    await waitFor(() => batches.at(-1)?.nextOffset === 10);
    expect(batches.flatMap((batch) => values(batch.records))).toEqual(numbered(10).map(({ value }) => value));
    expect(new Set(batches.map(({ assignment }) => assignment)).size).toBe(1);
    expect(logLines.filter(({ msg }) => msg === 'partitions_assigned')).toHaveLength(1);
    expect(fatals).toEqual([]);
  });

  it('moves the partitions of a stopped member to the other long before its session ends, and repeats nothing that was committed', async () => {
    const topic = await kafka.topic(4);
    const groupId = kafka.group();
    const consumer = { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 };
    const seen: { member: string; value: number }[] = [];
    const member = (name: string) => (batch: RecordBatch) => {
      seen.push(...values(batch.records).map((value) => ({ member: name, value: Number(value) })));
      batch.commit(batch.nextOffset);
    };
    const a = await start({ topic, groupId, consumer, handle: member('a') });
    const b = await start({ topic, groupId, consumer, handle: member('b') });
    await waitFor(() => a.server.partitions().length === 2 && b.server.partitions().length === 2);
    const publish = (from: number) =>
      kafka.produce(
        topic,
        numbered(40, from).map((message, index) => ({ ...message, partition: index % 4 })),
      );
    const committed = async (): Promise<string[]> =>
      (await kafka.admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions.map(({ offset }) => offset);
    const seenFrom = (from: number, to: number): number[] =>
      seen.flatMap(({ value }) => (value >= from && value < to ? [value] : [])).sort((x, y) => x - y);
    const numbers = (from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, index) => from + index);
    await publish(0);
    await waitFor(committed, (offsets) => offsets.every((offset) => offset === '10'));
    expect(new Set(seen.map(({ member: name }) => name))).toEqual(new Set(['a', 'b']));

    await b.stop();
    await publish(40);
    await waitFor(() => new Set(seenFrom(40, 80)).size === 40, Boolean, BEFORE_SESSION_ENDS);
    // What comes while the group moves on may be read again before its offsets are committed.
    expect(seenFrom(0, 40)).toEqual(numbers(0, 40));
    expect([...new Set(seenFrom(40, 80))]).toEqual(numbers(40, 80));
    expect(a.server.partitions().map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
  });

  it('aborts the running batch when the group rebalances, and reads it again afterwards', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    await kafka.produce(
      topic,
      numbered(4).map((message, index) => ({ ...message, partition: index % 2 })),
    );
    const batches: RecordBatch[] = [];
    let abortReason: unknown;
    const a = await start({
      topic,
      groupId,
      handle: async (batch) => {
        batches.push(batch);
        if (batches.length > 1) {
          return;
        }
        await sleep(60_000, undefined, { signal: batch.signal }).catch(() => undefined);
        abortReason = batch.signal.reason;
        batch.commit(batch.nextOffset);
      },
    });
    await waitFor(() => batches.length > 0);
    expect(batches[0]?.isCurrent()).toBe(true);
    await start({ topic, groupId, handle: (batch) => void batches.push(batch) });
    const again = await waitFor(() => batches.slice(1).find(({ partition }) => partition === batches[0]?.partition));
    expect(abortReason).toMatchObject({ code: 'kafka_partition_lost' });
    expect(batches[0]?.isCurrent()).toBe(false);
    expect(again?.fetchOffset).toBe(0);
    expect(again?.assignment).not.toBe(batches[0]?.assignment);
    expect(a.fatals).toEqual([]);
  });

  it('ends the process when a handler fails unexpectedly, handles nothing more and commits nothing', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    await kafka.produce(
      topic,
      numbered(10).map((message, index) => ({ ...message, partition: index % 2 })),
    );
    let calls = 0;
    const { fatals } = await start({
      topic,
      groupId,
      handle: () => {
        calls++;
        throw new TypeError('a bug');
      },
    });
    await waitFor(() => fatals.length > 0);
    await kafka.produce(
      topic,
      numbered(10).map((message, index) => ({ ...message, partition: index % 2 })),
    );
    await sleep(1_000);
    expect(calls).toBe(1);
    expect(fatals).toHaveLength(1);
    expect(fatals[0]).toMatchObject({ code: 'kafka_handler_failed', cause: { message: 'a bug' } });
    expect(
      (await kafka.admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions.map(({ offset }) => offset),
    ).toEqual(['-1', '-1']);
  });

  it('joins the group again and repeats the batch when a handler asks for it', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(3));
    const batches: RecordBatch[] = [];
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => {
        batches.push(batch);
        if (batches.length === 1) {
          throw new RejoinError('another writer was here');
        }
      },
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 3);
    expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
    expect(batches[1]?.assignment).not.toBe(batches[0]?.assignment);
    expect(fatals).toEqual([]);
  });

  it('joins again when a request to join fails and kafkajs goes on in the former assignment', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(3));
    let refusals = 0;
    // 14: the coordinator is loading the group after a restart of its broker; the membership itself goes on to hold.
    const endRefusing = onRequest('joinGroup', () => {
      if (refusals === 0) {
        return undefined;
      }
      refusals -= 1;
      return 14;
    });
    try {
      const batches: RecordBatch[] = [];
      const { server, fatals } = await start({
        topic,
        groupId: kafka.group(),
        handle: (batch) => {
          batches.push(batch);
          if (batches.length === 1) {
            refusals = 1;
            throw new RejoinError('another writer was here');
          }
        },
      });
      await waitFor(() => server.partitions()[0]?.nextOffset === 3);
      expect(refusals).toBe(0);
      expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
      expect(fatals).toEqual([]);
    } finally {
      endRefusing();
    }
  });

  it('lets the running handler end before it leaves the group, and aborts one that does not end', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    await kafka.produce(topic, numbered(3));
    let entered = false;
    const patient = await start({
      topic,
      groupId,
      handle: async (batch) => {
        entered = true;
        await sleep(1_000);
        batch.commit(batch.nextOffset);
      },
    });
    await waitFor(() => entered);
    await patient.server.drain({ graceMs: 5_000 });
    expect((await kafka.admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset).toBe('3');

    await kafka.produce(topic, numbered(3));
    let reason: unknown;
    const stubborn = await start({
      topic,
      groupId,
      handle: async (batch) => {
        await sleep(60_000, undefined, { signal: batch.signal }).catch(() => undefined);
        reason = batch.signal.reason;
      },
    });
    await waitFor(() => stubborn.server.partitions()[0]?.isHandling === true);
    const startedAt = performance.now();
    await stubborn.server.drain({ graceMs: 500 });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(reason).toMatchObject({ code: 'kafka_partition_lost', message: 'the process stops' });
  });
});

describe('a member that stops while it joins', () => {
  it('leaves the group at once, so that the others get its partitions', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    const consumer = { sessionTimeoutMs: 60_000, heartbeatIntervalMs: 1_000, rebalanceTimeoutMs: 60_000 };
    const first = await start({ topic, groupId, consumer, handle: () => undefined });
    await waitFor(() => first.server.partitions().length === 2);
    const members = async (): Promise<number> =>
      (await kafka.admin.describeGroups([groupId])).groups[0]?.members.length ?? 0;
    const second = await start({ topic, groupId, consumer, handle: () => undefined });
    await waitFor(async () => (await members()) === 2, Boolean, { intervalMs: 1 });
    await second.server.drain({ graceMs: 100 });
    await waitFor(async () => (await members()) === 1, Boolean, BEFORE_SESSION_ENDS);
    await waitFor(() => first.server.partitions().length === 2);
  });
});
