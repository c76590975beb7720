/** What a handler reads, and from where. */
import { TestKafka, waitFor } from '@chip/testing';
import kafkajs from 'kafkajs';
import { describe, expect, it } from '@jest/globals';
import type { RecordBatch } from '../src/index.ts';
import { numbered, useServers, values } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const start = useServers(kafka);

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
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const [record] = batches[0]?.records ?? [];
    const headers = record?.headers ?? {};
    expect(Object.keys(headers)).toHaveLength(100_002);
    expect([headers['h99999'], headers['constructor'], headers['twice']]).toEqual([
      Buffer.from('v'),
      Buffer.from('c'),
      [Buffer.from('x'), Buffer.from('y')],
    ]);
  });

  it('gives back the memory of a batch once its handler has released it, and the batch counts as handled', async () => {
    const topic = await kafka.topic();
    const producer = kafka.client.producer();
    await producer.connect();
    // Compressed: TLS hands over what it decrypts, which may belong to several answers.
    const compression = kafkajs.CompressionTypes.GZIP;
    await producer.send({ topic, compression, messages: [{ value: 'a'.repeat(100_000) }] });
    const seen: Buffer[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => {
        const [record] = batch.records;
        seen.push(record?.value as Buffer);
        if (seen.length === 1) {
          return;
        }
        batch.release();
        if (seen.length === 2) {
          batch.seek(batch.fetchOffset);
        }
      },
    });
    const position = (offset: number) =>
      waitFor(
        () => server.partitions(),
        ([status]) => status?.nextOffset === offset && !status.isHandling,
      );
    await position(1);
    await producer.send({ topic, compression, messages: [{ value: 'b'.repeat(100_000) }] });
    await position(2);
    await producer.disconnect();
    const text = (letter: string): string => letter.repeat(100_000);
    // Not released, not handled, and both.
    expect(seen.map(String)).toEqual([text('a'), text('b'), '']);
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

  it('seeks from outside, whatever a fetch from elsewhere that is on its way brings', async () => {
    const topic = await kafka.topic();
    await kafka.produce(topic, numbered(3));
    const seen: string[] = [];
    const { server } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => void seen.push(...values(batch.records)),
    });
    const position = (offset: number) =>
      waitFor(
        () => server.partitions(),
        ([status]) => status?.nextOffset === offset && !status.isHandling,
      );
    await position(3);
    // The fetch that waits at the broker is answered with the record behind.
    server.seek(topic, 0, 1);
    await kafka.produce(topic, numbered(1, 3));
    await position(4);
    expect(seen).toEqual(['0', '1', '2', '1', '2', '3']);
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
    // The plain admin client may not have heard of the new topic yet.
    await waitFor(async () => {
      await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
      return true;
    });
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

  it('waits for a topic that does not exist yet', async () => {
    const topic = `test.late.${Date.now()}.${process.pid}`;
    kafka.removeLater(topic);
    const seen: string[] = [];
    const { server, logLines, fatals } = await start({
      topic,
      groupId: kafka.group(),
      handle: (batch) => void seen.push(...values(batch.records)),
    });
    await waitFor(() => logLines.some(({ msg }) => msg === 'waiting_for_topic'));
    expect(server.readiness()).toMatchObject({ state: 'down' });
    await kafka.createTopic(topic);
    await kafka.produce(topic, numbered(2));
    await waitFor(() => seen.length === 2);
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
    await waitFor(() => new Set(seen).size === 2);
    expect(new Set(seen)).toEqual(new Set(['early 1', 'early 2']));
  });
});
