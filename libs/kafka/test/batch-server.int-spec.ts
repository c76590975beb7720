import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldBytes, TestKafka, waitFor } from '@chip/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { KafkaProducer, RejoinError, type KafkaRecord, type RecordBatch } from '../src/index.ts';
import { memoryLogger, startServer, type RunningServer } from './batch-server-harness.ts';

let kafka: TestKafka;
const running: RunningServer[] = [];

beforeAll(async () => {
  kafka = await TestKafka.connect();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  await kafka.close();
});

const start = async (
  ...args: Parameters<typeof startServer> extends [unknown, infer Options] ? [Options] : never
): Promise<RunningServer> => {
  const server = await startServer(kafka, ...args);
  running.push(server);
  return server;
};

const numbered = (count: number, from = 0): { value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ value: String(from + index) }));
const values = (records: Iterable<KafkaRecord>): string[] => [...records].map(({ value }) => String(value));

describe('KafkaBatchServer', () => {
  it('hands out every record once, in offset order, with the broker time, key and headers', async () => {
    const topic = await kafka.topic(1, { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    await kafka.produce(topic, [
      { key: 'k', value: 'a', headers: { one: '1', many: ['x', 'y'], constructor: 'c' } },
      { key: null, value: null },
      { value: '' },
    ]);
    await kafka.produce(topic, numbered(500));
    const batches: RecordBatch[] = [];
    const { server } = await start({ topic, groupId: kafka.group(), handle: (batch) => void batches.push(batch) });
    await waitFor(() => batches.at(-1)?.nextOffset === 503);

    const records = batches.flatMap((batch) => [...batch.records]);
    expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 503 }, (_, offset) => offset));
    expect(String(records[0]?.key)).toBe('k');
    expect(records[0]?.headers['one']).toEqual(Buffer.from('1'));
    expect(records[0]?.headers['many']).toEqual([Buffer.from('x'), Buffer.from('y')]);
    expect(records[0]?.headers['constructor']).toEqual(Buffer.from('c'));
    expect(records[1]).toMatchObject({ key: null, value: null });
    expect(records[2]?.value).toEqual(Buffer.alloc(0));
    for (const { timestamp } of records) {
      expect(timestamp).toBeGreaterThanOrEqual(before - 1_000);
      expect(timestamp).toBeLessThanOrEqual(Date.now() + 1_000);
    }
    for (const [index, batch] of batches.entries()) {
      expect(batch.fetchOffset).toBe(index === 0 ? 0 : batches[index - 1]?.nextOffset);
      expect(batch).toMatchObject({ topic, partition: 0, highWatermark: 503, logStartOffset: 0, outOfRange: null });
    }
    expect(
      await waitFor(
        () => server.partitions(),
        ([status]) => status?.lag === 0,
      ),
    ).toMatchObject([
      { topic, partition: 0, nextOffset: 503, highWatermark: 503, lag: 0, pausedReason: null, isHandling: false },
    ]);
    expect(server.readiness()).toEqual({ state: 'up' });
  });

  it('reads a record with a hundred thousand headers without holding up the process', async () => {
    const topic = await kafka.topic(1, { 'max.message.bytes': '4000000' });
    const names = Array.from({ length: 100_000 }, (_, index) => [`h${index}`, 'v'] as const);
    await kafka.produce(topic, [
      { value: 'many', headers: Object.fromEntries([...names, ['constructor', 'c'], ['twice', ['x', 'y']]]) },
    ]);
    const batches: RecordBatch[] = [];
    const startedAt = performance.now();
    await start({ topic, groupId: kafka.group(), handle: (batch) => void batches.push(batch) });
    await waitFor(() => batches.length === 1);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const [record] = batches[0]?.records ?? [];
    const headers = record?.headers ?? {};
    expect(Object.keys(headers)).toHaveLength(100_002);
    expect([headers['h99999'], headers['constructor'], headers['twice']]).toEqual([
      Buffer.from('v'),
      Buffer.from('c'),
      [Buffer.from('x'), Buffer.from('y')],
    ]);
  });

  it('starts after the committed offset of its group', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    await kafka.produce(topic, numbered(10));
    const first = await start({ topic, groupId, handle: (batch) => batch.commit(7) });
    await waitFor(
      async () => (await kafka.admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset === '7',
    );
    await first.stop();
    const seen: string[] = [];
    await start({ topic, groupId, handle: (batch) => void seen.push(...values(batch.records)) });
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual(['7', '8', '9']);
  });

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
    await waitFor(() => batches.at(-1)?.nextOffset === 10, Boolean, { timeoutMs: 25_000 });
    expect(batches.flatMap((batch) => values(batch.records))).toEqual(numbered(10).map(({ value }) => value));
    expect(new Set(batches.map(({ assignment }) => assignment)).size).toBe(1);
    expect(logLines.filter(({ msg }) => msg === 'partitions_assigned')).toHaveLength(1);
    expect(fatals).toEqual([]);
  });

  it('moves the partitions of a stopped member to the other within 15 s, aborting nothing that was committed', async () => {
    const topic = await kafka.topic(4);
    const groupId = kafka.group();
    const seen: { member: string; partition: number; value: string }[] = [];
    const member = (name: string) => async (batch: RecordBatch) => {
      for (const value of values(batch.records)) {
        seen.push({ member: name, partition: batch.partition, value });
      }
      await batch.commit(batch.nextOffset);
    };
    const a = await start({ topic, groupId, handle: member('a') });
    const b = await start({ topic, groupId, handle: member('b') });
    await waitFor(() => a.server.partitions().length === 2 && b.server.partitions().length === 2, Boolean, {
      timeoutMs: 25_000,
    });
    const publish = (from: number) =>
      kafka.produce(
        topic,
        numbered(40, from).map((message, index) => ({ ...message, partition: index % 4 })),
      );
    await publish(0);
    await waitFor(() => seen.length >= 40);
    expect(new Set(seen.map(({ member: name }) => name))).toEqual(new Set(['a', 'b']));

    const stoppedAt = performance.now();
    await b.stop();
    await publish(40);
    await waitFor(() => seen.length >= 80, Boolean, { timeoutMs: 15_000 });
    expect(performance.now() - stoppedAt).toBeLessThan(15_000);
    expect(seen.map(({ value }) => Number(value)).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 80 }, (_, index) => index),
    );
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
        await expect(batch.commit(batch.nextOffset)).rejects.toMatchObject({ code: 'kafka_partition_lost' });
      },
    });
    await waitFor(() => batches.length === 1);
    expect(batches[0]?.isCurrent()).toBe(true);
    await start({ topic, groupId, handle: (batch) => void batches.push(batch) });
    await waitFor(() => batches.length >= 3, Boolean, { timeoutMs: 25_000 });
    expect(abortReason).toMatchObject({ code: 'kafka_partition_lost' });
    expect(batches[0]?.isCurrent()).toBe(false);
    const again = batches.slice(1).find(({ partition }) => partition === batches[0]?.partition);
    expect(again?.fetchOffset).toBe(0);
    expect(again?.assignment).not.toBe(batches[0]?.assignment);
    expect(a.fatals).toEqual([]);
  });

  it('counts transaction markers: positions reach the last stable offset, aborted records are not seen', async () => {
    const topic = await kafka.topic();
    const transactional = (id: string) =>
      kafka.client.producer({ transactionalId: `${topic}-${id}`, idempotent: true, maxInFlightRequests: 1 });
    const [one, two] = [transactional('1'), transactional('2')];
    await one.connect();
    await two.connect();
    const batches: RecordBatch[] = [];
    const { server } = await start({ topic, groupId: kafka.group(), handle: (batch) => void batches.push(batch) });
    const position = async (offset: number): Promise<void> => {
      await waitFor(
        () => server.partitions(),
        ([status]) => status?.nextOffset === offset && status.lag === 0,
      );
    };

    const committed = await one.transaction();
    await committed.send({ topic, messages: numbered(3) });
    await committed.commit();
    await position(4);

    // Two aborted transactions that overlap, and a commit between them.
    const abortedOne = await one.transaction();
    await abortedOne.send({ topic, messages: [{ value: 'aborted 1' }] });
    const abortedTwo = await two.transaction();
    await abortedTwo.send({ topic, messages: [{ value: 'aborted 2' }] });
    await kafka.produce(topic, [{ value: 'plain' }]);
    await abortedTwo.send({ topic, messages: [{ value: 'aborted 2 again' }] });
    await abortedTwo.abort();
    await abortedOne.abort();
    await position(10);
    expect(batches.flatMap((batch) => values(batch.records))).toEqual(['0', '1', '2', 'plain']);

    // A transaction that is still open holds the last stable offset back: no lag, no stall.
    const open = await one.transaction();
    await open.send({ topic, messages: [{ value: 'later' }] });
    await waitFor(
      () => server.partitions(),
      ([status]) => status?.highWatermark === 11 && status.nextOffset === 10 && status.lag === 0,
    );
    await open.commit();
    await position(12);
    expect(values(batches.at(-1)?.records ?? []).concat(values(batches.at(-2)?.records ?? []))).toContain('later');
    for (const [index, batch] of batches.entries()) {
      expect(batch.fetchOffset).toBe(index === 0 ? 0 : batches[index - 1]?.nextOffset);
    }
    await Promise.all([one.disconnect(), two.disconnect()]);
  });

  it('shows a transaction that stays open for too long, and no longer once it ends', async () => {
    const topic = await kafka.topic();
    const producer = kafka.client.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { transactionLimitMs: 1_500 },
      handle: () => undefined,
    });
    const before = Date.now();
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ value: 'later' }] });
    const [early] = await waitFor(
      () => server.partitions(),
      ([status]) => status?.highWatermark === 1,
    );
    expect(early).toMatchObject({ lag: 0, nextOffset: 0 });
    const [blocked] = await waitFor(
      () => server.partitions(),
      ([status]) => status?.blockedByTransactionSince != null,
    );
    const since = blocked?.blockedByTransactionSince ?? 0;
    expect(since).toBeGreaterThanOrEqual(before - 50);
    expect(since).toBeLessThanOrEqual(Date.now() - 1_500);
    expect(blocked).toMatchObject({ lag: 0, pausedReason: null });
    await open.commit();
    await waitFor(
      () => server.partitions(),
      ([status]) => status?.blockedByTransactionSince === null && status.nextOffset === 2,
    );
    await producer.disconnect();
  });

  it('reports a fetch that holds only a marker as an empty batch', async () => {
    const topic = await kafka.topic();
    const producer = kafka.client.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const batches: RecordBatch[] = [];
    const { server } = await start({ topic, groupId: kafka.group(), handle: (batch) => void batches.push(batch) });
    await waitFor(() => server.partitions()[0]?.nextOffset === 0);
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ value: 'never' }] });
    await aborted.abort();
    await waitFor(() => server.partitions()[0]?.nextOffset === 2);
    expect(batches.map(({ records }) => records.length)).toEqual(batches.map(() => 0));
    expect(batches.at(-1)).toMatchObject({ nextOffset: 2, lastStableOffset: 2 });
    await producer.disconnect();
  });

  it('seeks: the next batch begins at the wanted offset, backwards and forwards', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(10));
    const batches: RecordBatch[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => {
        batches.push(batch);
        if (batches.length === 1) {
          batch.seek(8);
          expect(batch.isCurrent()).toBe(false);
        }
        if (batches.length === 2) {
          batch.seek(2);
        }
      },
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 10 && batches.length >= 3);
    expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 8, 2]);
    expect(values(batches[1]?.records ?? [])).toEqual(['8', '9']);
  });

  it('pauses a partition with a reason, reads others meanwhile, and repeats the batch after resume', async () => {
    const topic = await kafka.topic(2);
    await kafka.produce(
      topic,
      numbered(4).map((message, index) => ({ ...message, partition: index % 2 })),
    );
    const batches: RecordBatch[] = [];
    let isBroken = true;
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => {
        batches.push(batch);
        if (batch.partition === 0 && isBroken) {
          batch.pause('the database refuses');
        }
      },
    });
    await waitFor(() => server.partitions().find(({ partition }) => partition === 1)?.nextOffset === 2);
    await kafka.produce(topic, [{ value: 'more', partition: 1 }]);
    await waitFor(() => server.partitions().find(({ partition }) => partition === 1)?.nextOffset === 3);
    expect(server.partitions()[0]).toMatchObject({ partition: 0, nextOffset: 0, pausedReason: 'the database refuses' });
    expect(server.stalled(0)).toEqual([]);
    expect(batches.filter(({ partition }) => partition === 0)).toHaveLength(1);

    isBroken = false;
    server.resume(topic, 0);
    await waitFor(() => server.partitions()[0]?.nextOffset === 2);
    expect(batches.filter(({ partition }) => partition === 0).map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
  });

  it('shows records deleted unread as out of range instead of jumping over them', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    await kafka.produce(topic, numbered(10));
    await kafka.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] });
    await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const batches: RecordBatch[] = [];
    const { server } = await start({
      topic,
      groupId,
      handle: (batch) => {
        batches.push(batch);
        if (batch.outOfRange !== null) {
          batch.seek(batch.outOfRange.low);
        }
      },
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 10);
    expect(batches[0]).toMatchObject({ fetchOffset: 3, nextOffset: 3, records: [], outOfRange: { low: 6, high: 10 } });
    expect(values(batches[1]?.records ?? [])).toEqual(['6', '7', '8', '9']);
    // kafkajs would have committed "earliest" by now.
    expect((await kafka.admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset).toBe('3');
  });

  it('pauses a partition whose handler ignores that its offset is out of range', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    await kafka.produce(topic, numbered(2));
    await kafka.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '50' }] });
    const { server } = await start({ topic, groupId, handle: () => undefined });
    const [status] = await waitFor(
      () => server.partitions(),
      ([first]) => first?.pausedReason !== null && first !== undefined,
    );
    expect(status).toMatchObject({ nextOffset: 50, pausedReason: 'offset 50 is out of range, the broker has 0 to 2' });
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
    await waitFor(() => server.partitions()[0]?.nextOffset === 3, Boolean, { timeoutMs: 25_000 });
    expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
    expect(batches[1]?.assignment).not.toBe(batches[0]?.assignment);
    expect(fatals).toEqual([]);
  });

  it('joins again when a request to join fails and kafkajs goes on in the former assignment', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(3));
    const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker') as {
      prototype: { joinGroup: (request: unknown) => Promise<unknown> };
    };
    const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
      createErrorFromCode: (code: number) => Error;
    };
    const { joinGroup } = prototype;
    let refusals = 0;
    prototype.joinGroup = function (this: unknown, request: unknown) {
      if (refusals > 0) {
        refusals -= 1;
        // The coordinator is loading the group after a restart of its broker; the membership itself goes on to hold.
        return Promise.reject(createErrorFromCode(14));
      }
      return joinGroup.call(this as never, request);
    };
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
      await waitFor(() => server.partitions()[0]?.nextOffset === 3, Boolean, { timeoutMs: 25_000 });
      expect(refusals).toBe(0);
      expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
      expect(fatals).toEqual([]);
    } finally {
      prototype.joinGroup = joinGroup;
    }
  });

  it('waits for a topic that does not exist yet', async () => {
    const topic = `test.late.${Date.now()}.${process.pid}`;
    kafka.removeLater(topic);
    const seen: string[] = [];
    const { server, logLines, fatals } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => void seen.push(...values(batch.records)),
    });
    await waitFor(() => logLines.some(({ msg }) => msg === 'waiting_for_topic'), Boolean, { timeoutMs: 30_000 });
    expect(server.readiness()).toMatchObject({ state: 'down' });
    await kafka.createTopic(topic);
    await kafka.produce(topic, numbered(2));
    await waitFor(() => seen.length === 2, Boolean, { timeoutMs: 30_000 });
    expect(fatals).toEqual([]);
  });

  it('takes up new partitions of a grown topic from their beginning', async () => {
    const topic = await kafka.topic(1);
    const seen: string[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { metadataMaxAgeMs: 1_000 },
      handle: (batch) => void seen.push(...values(batch.records)),
    });
    await waitFor(() => server.partitions().length === 1);
    await kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    // A fresh producer each time: one that has heard of only some of the partitions leaves the others out without a word.
    await waitFor(async () => {
      const fresh = kafka.client.producer();
      await fresh.connect();
      const results = await fresh.send({
        topic,
        messages: [1, 2].map((partition) => ({ partition, value: `early ${partition}` })),
      });
      await fresh.disconnect();
      return results.length === 2;
    });
    await waitFor(() => new Set(seen).size === 2, Boolean, { timeoutMs: 30_000 });
    expect(new Set(seen)).toEqual(new Set(['early 1', 'early 2']));
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
        await batch.commit(batch.nextOffset);
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
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(reason).toMatchObject({ code: 'kafka_partition_lost', message: 'the process stops' });
  });
});

describe('a member that stops while it joins', () => {
  it('leaves the group at once, so that the others get its partitions', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    const consumer = { sessionTimeoutMs: 30_000, heartbeatIntervalMs: 1_000, rebalanceTimeoutMs: 30_000 };
    const first = await start({ topic, groupId, consumer, handle: () => undefined });
    await waitFor(() => first.server.partitions().length === 2);
    const members = async (): Promise<number> =>
      (await kafka.admin.describeGroups([groupId])).groups[0]?.members.length ?? 0;
    const second = await start({ topic, groupId, consumer, handle: () => undefined });
    await waitFor(async () => (await members()) === 2, Boolean, { intervalMs: 1 });
    await second.server.drain({ graceMs: 100 });
    await waitFor(async () => (await members()) === 1, Boolean, { timeoutMs: 5_000 });
    await waitFor(() => first.server.partitions().length === 2, Boolean, { timeoutMs: 15_000 });
  });
});

describe('a batch that cannot be read', () => {
  /** Three partitions; the first batch of partition 0 unfolds to 48 MiB, the reader allows 16. */
  const bombed = async (): Promise<string> => {
    const topic = await kafka.topic(3);
    const producer = new KafkaProducer({ brokers: kafka.brokers, clientId: 'test' }, memoryLogger().logger);
    await producer.send(topic, 0, [{ value: Buffer.alloc(48 * 1024 * 1024) }, { value: 'beside' }], 'zstd');
    await producer.send(topic, 0, [{ value: 'behind' }]);
    await producer.send(topic, 1, numbered(10), 'gzip');
    await producer.send(topic, 2, numbered(10));
    await producer.disconnect();
    return topic;
  };
  const consumer = { maxDecompressedBytes: 16 * 1024 * 1024 };

  it('reaches its handler as a range with a reason, pauses its partition, and is passed over on demand', async () => {
    const topic = await bombed();
    const seen: RecordBatch[] = [];
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer,
      handle: (batch) => void seen.push(batch),
    });
    const range = { from: 0, to: 2, reason: 'the batch decompresses to more than 16777216 bytes' };
    await waitFor(
      () => server.partitions(),
      (all) =>
        all.length === 3 && all[0]?.pausedReason !== null && all[1]?.nextOffset === 10 && all[2]?.nextOffset === 10,
    );
    expect(server.partitions()[0]).toMatchObject({
      nextOffset: 0,
      pausedReason:
        'undecodable_batch: the record batch at offset 0 cannot be read: the batch decompresses to more than 16777216 bytes',
      undecodable: range,
    });
    expect(seen.filter(({ partition }) => partition === 0)).toMatchObject([
      { records: { length: 0 }, fetchOffset: 0, nextOffset: 0, outOfRange: null, undecodable: range },
    ]);
    expect(seen.filter(({ partition, undecodable }) => partition !== 0 && undecodable !== null)).toEqual([]);

    expect(server.skipUndecodable(topic, 1)).toBeNull();
    expect(server.skipUndecodable(topic, 0)).toEqual(range);
    await waitFor(() => server.partitions()[0]?.nextOffset === 3);
    expect(server.partitions()[0]).toMatchObject({ pausedReason: null, undecodable: null });
    expect(values(seen.at(-1)?.records ?? [])).toEqual(['behind']);
    expect(server.skipUndecodable(topic, 0)).toBeNull();
    expect(fatals).toEqual([]);
  });

  it('is passed over by a handler that seeks behind it', async () => {
    const topic = await bombed();
    const seen: string[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      consumer,
      handle: (batch) => {
        if (batch.undecodable !== null) {
          batch.seek(batch.undecodable.to);
        }
        if (batch.partition === 0) {
          seen.push(...values(batch.records));
        }
      },
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 3);
    expect(seen).toEqual(['behind']);
  });

  it('reads batches one by one when only together they exceed the bound', async () => {
    const topic = await kafka.topic(2);
    const producer = new KafkaProducer({ brokers: kafka.brokers, clientId: 'test' }, memoryLogger().logger);
    for (let index = 0; index < 12; index++) {
      await producer.send(topic, index % 2, [{ value: Buffer.alloc(1_500_000, index) }], 'zstd');
    }
    await producer.disconnect();
    const sizes: number[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { maxDecompressedBytes: 11_500_000 },
      handle: (batch) => void sizes.push([...batch.records].reduce((sum, { value }) => sum + (value?.length ?? 0), 0)),
    });
    await waitFor(
      () => server.partitions(),
      (all) => all.length === 2 && all.every(({ nextOffset }) => nextOffset === 6),
      { timeoutMs: 30_000 },
    );
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBe(12 * 1_500_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(11_500_000);
  });

  it('fetches fewer compressed bytes when they unfold to many', async () => {
    const topic = await kafka.topic(1);
    const producer = new KafkaProducer({ brokers: kafka.brokers, clientId: 'test' }, memoryLogger().logger);
    // Each batch is about 40 kB on the wire and 400 kB unfolded; a fetch of the usual size would hold them all.
    const value = Buffer.concat(
      Array.from({ length: 10 }, () => randomBytes(40_000)).map((_, __, [first]) => first as Buffer),
    );
    for (let index = 0; index < 40; index++) {
      await producer.send(topic, 0, [{ value }], 'zstd');
    }
    await producer.disconnect();
    const sizes: number[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { maxBytes: 4 * 1024 * 1024, maxBytesPerPartition: 4 * 1024 * 1024, maxDecompressedBytes: 13_000_000 },
      handle: (batch) => void sizes.push([...batch.records].reduce((sum, { value }) => sum + (value?.length ?? 0), 0)),
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 40, Boolean, { timeoutMs: 30_000 });
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    // Once the ratio is known a fetch unfolds to a quarter of the budget.
    for (const bytes of sizes.slice(1)) {
      expect(bytes).toBeLessThan(4_000_000);
    }
  });

  it('drains a large backlog in bounded memory', async () => {
    const topic = await kafka.topic(4);
    const value = Buffer.alloc(1_000, 'x');
    for (let round = 0; round < 50; round++) {
      await kafka.produce(
        topic,
        Array.from({ length: 1_000 }, (_, index) => ({ value, partition: (round + index) % 4 })),
      );
    }
    let records = 0;
    let most = 0;
    const before = heldBytes();
    await start({
      topic,
      groupId: kafka.group(),
      handle: async (batch) => {
        records += batch.records.length;
        most = Math.max(most, heldBytes() - before);
        await sleep(5);
      },
    });
    await waitFor(() => records === 50_000, Boolean, { timeoutMs: 120_000 });
    // A fetch is at most 4 MiB; the topic is 48.
    expect(most).toBeLessThan(8 * 1024 * 1024);
  }, 150_000);
});

describe('the watchdog', () => {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as {
    prototype: { fetch: (request: unknown) => Promise<unknown> };
  };
  const { fetch } = Broker.prototype;
  afterEach(() => {
    Broker.prototype.fetch = fetch;
  });

  it('ends the process when the client stops fetching although the broker answers', async () => {
    const topic = await kafka.topic();
    let isHanging = false;
    const hanging = Promise.withResolvers<never>();
    Broker.prototype.fetch = function (this: unknown, request: unknown) {
      return isHanging ? hanging.promise : fetch.call(this as never, request);
    };
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { stallTimeoutMs: 2_000 },
      handle: () => undefined,
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 0);
    isHanging = true;
    await waitFor(() => fatals.length > 0);
    expect(fatals).toHaveLength(1);
    expect(fatals[0]).toMatchObject({ code: 'kafka_consumer_stalled', retriable: false });
    const startedAt = performance.now();
    await server.drain({ graceMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(7_000);
    // Lets the client close its connections, so that the test process can end.
    hanging.reject(new Error('the connection is closed'));
  });

  it('believes the broker, not the client, about each partition', async () => {
    const topic = await kafka.topic(2);
    await kafka.produce(topic, [{ value: 'a', partition: 1 }]);
    let isLying = false;
    Broker.prototype.fetch = async function (this: unknown, request: unknown) {
      const response = (await fetch.call(this as never, request)) as {
        responses: { partitions: { partition: number; batches: unknown[]; highWatermark: string }[] }[];
      };
      for (const answer of response.responses.flatMap(({ partitions }) => partitions)) {
        if (isLying && answer.partition === 1) {
          // No records, and an end of the log as it was: the client has no lag of its own.
          Object.assign(answer, { batches: [], highWatermark: '1', lastStableOffset: 1 });
        }
      }
      return response;
    };
    let handled = 0;
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { stallTimeoutMs: 3_000 },
      handle: () => void handled++,
    });
    await waitFor(() => server.partitions()[1]?.nextOffset === 1);
    isLying = true;
    await kafka.produce(topic, [{ value: 'b', partition: 1 }]);
    // The other partition is read all the while.
    await waitFor(
      async () => {
        await kafka.produce(topic, [{ value: 'c', partition: 0 }]);
        return fatals.length > 0;
      },
      Boolean,
      { timeoutMs: 40_000, intervalMs: 100 },
    );
    expect(fatals[0]?.code).toBe('kafka_consumer_stalled');
    expect(fatals[0]?.message).toContain('partition 1 has unread records from 1 to 2 and delivers none');
    expect(server.partitions()[1]).toMatchObject({ lag: 0 });
    expect(handled).toBeGreaterThan(5);
  });

  it('leaves an idle, a paused, a busy and a held-back consumer alone', async () => {
    const idle = await kafka.topic();
    const paused = await kafka.topic();
    const busy = await kafka.topic();
    const heldBack = await kafka.topic();
    const options = { stallTimeoutMs: 1_000 };
    await kafka.produce(paused, numbered(3));
    await kafka.produce(busy, numbered(3));
    const producer = kafka.client.producer({ transactionalId: heldBack, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: heldBack, messages: numbered(3) });

    const servers = [
      await start({ topic: idle, groupId: kafka.group(), consumer: options, handle: () => undefined }),
      await start({
        topic: paused,
        groupId: kafka.group(),
        consumer: options,
        handle: (batch) => batch.pause('a reason'),
      }),
      await start({
        topic: busy,
        groupId: kafka.group(),
        consumer: options,
        handle: (batch) => sleep(5_000, undefined, { signal: batch.signal }).catch(() => undefined),
      }),
      await start({ topic: heldBack, groupId: kafka.group(), consumer: options, handle: () => undefined }),
    ];
    await waitFor(() => servers.every(({ server }) => server.readiness().state === 'up'));
    // Nothing to wait for: the point is that nothing happens for several times the limit.
    await sleep(4_000);
    expect(servers.flatMap(({ fatals }) => fatals)).toEqual([]);
    await transaction.abort();
    await producer.disconnect();
  });
});
