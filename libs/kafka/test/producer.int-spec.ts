import { freePort, TestKafka, waitFor } from '@chip/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { KafkaAdmin, KafkaProducer, type Compression, type RecordBatch } from '../src/index.ts';
import { memoryLogger, onRequest, startServer } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const { logger } = memoryLogger();

const producer = new KafkaProducer(kafka.connection('test'), logger);
afterAll(() => producer.disconnect());

async function read(topic: string, count: number): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  const { stop } = await startServer(kafka, {
    topic,
    groupId: kafka.group(),
    handle: (batch) => void batches.push(batch),
  });
  await waitFor(() => batches.reduce((sum, { records }) => sum + records.length, 0) >= count);
  await stop();
  return batches;
}

describe('KafkaProducer', () => {
  it('stores a batch in the partition asked for and says at which offset', async () => {
    const topic = await kafka.topic(3);
    expect(
      await producer.send(topic, 2, [
        { value: 'a' },
        { key: 'k', value: 'b', headers: { 'block-version': '1', raw: Buffer.from([0, 255]) } },
      ]),
    ).toBe(0);
    expect(await producer.send(topic, 2, [{ value: null }])).toBe(2);
    const records = (await read(topic, 3)).flatMap(({ partition, records: some }) =>
      [...some].map(({ offset, value, headers }) => ({ partition, offset, value, headers })),
    );
    expect(records.map(({ partition, offset }) => [partition, offset])).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
    expect(records[1]?.headers).toEqual({ 'block-version': Buffer.from('1'), raw: Buffer.from([0, 255]) });
    expect(records[2]?.value).toBeNull();
  });

  it.each<Compression>(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'stores %s batches that are read back byte by byte',
    async (compression) => {
      const topic = await kafka.topic();
      const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251));
      await producer.send(topic, 0, [{ value: content }, { value: '' }], compression);
      const [batch] = await read(topic, 2);
      const [first, second] = batch?.records ?? [];
      expect(first?.value?.equals(content)).toBe(true);
      expect(second?.value).toEqual(Buffer.alloc(0));
    },
  );

  it('refuses a record larger than its topic allows, by a typed error that is not retriable', async () => {
    const topic = await kafka.topic(1, { 'max.message.bytes': '10000' });
    await expect(producer.send(topic, 0, [{ value: Buffer.alloc(20_000) }])).rejects.toMatchObject({
      code: 'kafka_record_too_large',
      retriable: false,
      context: { topic, partition: 0 },
    });
  });

  it('refuses a partition that does not exist instead of storing nothing with success', async () => {
    const topic = await kafka.topic(1);
    await producer.send(topic, 0, [{ value: 'a' }]);
    await expect(producer.send(topic, 5, [{ value: 'a' }])).rejects.toMatchObject({
      code: 'kafka_topic_missing',
      retriable: true,
    });
  });

  it('refuses a topic that does not exist and does not create it', async () => {
    await expect(producer.send('test.never-created', 0, [{ value: 'a' }])).rejects.toMatchObject({
      code: 'kafka_topic_missing',
    });
    expect(await kafka.admin.listTopics()).not.toContain('test.never-created');
  });

  it('sends many records in requests below the limit, each key to one partition', async () => {
    const topic = await kafka.topic(4, { 'max.message.bytes': '60000' });
    const records = Array.from({ length: 300 }, (_, index) => ({
      key: `key ${index % 10}`,
      value: Buffer.alloc(1_000, index),
    }));
    await producer.sendAll(topic, records, 50_000);
    const batches = await read(topic, 300);
    const partitionsByKey = new Map<string, Set<number>>();
    for (const { partition, records: some } of batches) {
      for (const { key } of some) {
        partitionsByKey.set(String(key), (partitionsByKey.get(String(key)) ?? new Set()).add(partition));
      }
    }
    expect(partitionsByKey.size).toBe(10);
    expect([...partitionsByKey.values()].every((partitions) => partitions.size === 1)).toBe(true);
    await producer.sendAll(topic, []);
  });

  it('gives up within its deadline when no broker answers', async () => {
    const lonely = new KafkaProducer({ brokers: [`127.0.0.1:${await freePort()}`], clientId: 'test' }, logger, {
      deadlineMs: 1_500,
    });
    const startedAt = performance.now();
    await expect(lonely.send('any', 0, [{ value: 'a' }])).rejects.toMatchObject({
      code: 'kafka_unavailable',
      retriable: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await lonely.disconnect();
  });
});

describe('KafkaAdmin', () => {
  it('asks again for the coordinator of a group when it has just moved', async () => {
    const topic = await kafka.topic();
    const group = kafka.group();
    const admin = new KafkaAdmin(kafka.connection('test'), logger);
    let refusals = 1;
    // 16: the brokers have just made the group's coordinator, or chosen another one, and not all of them know.
    const endRefusing = onRequest('offsetCommit', () => {
      if (refusals === 0) {
        return undefined;
      }
      refusals -= 1;
      return 16;
    });
    try {
      await admin.setGroupOffsets(group, topic, new Map([[0, 7]]));
      expect(refusals).toBe(0);
      expect((await admin.groupOffsets(group, topic)).get(0)).toBe(7);
    } finally {
      endRefusing();
      await admin.disconnect();
    }
  });

  it('creates what is missing, finds what differs, grows, and tells offsets', async () => {
    const admin = new KafkaAdmin(kafka.connection('test'), logger);
    const name = `test.admin.${process.pid}.${Date.now()}`;
    kafka.removeLater(name);
    const spec = {
      name,
      partitions: 2,
      settings: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '86400000' },
    };
    expect(await admin.checkTopics([spec])).toEqual([`topic ${name} does not exist`]);
    // Both find that it is missing; one of them creates it.
    const created = await Promise.all([admin.createTopics([spec]), admin.createTopics([spec])]);
    expect(created.flat()).toEqual([name]);
    expect(await admin.createTopics([spec])).toEqual([]);
    expect(
      await waitFor(
        () => admin.checkTopics([spec]),
        (differences) => differences.length === 0,
      ),
    ).toEqual([]);
    expect(
      await admin.checkTopics([{ ...spec, partitions: 3, settings: { 'message.timestamp.type': 'CreateTime' } }]),
    ).toEqual([
      `topic ${name} has 2 partitions, expected 3`,
      `topic ${name} has message.timestamp.type=LogAppendTime, expected CreateTime`,
    ]);

    await kafka.produce(name, [
      { partition: 1, value: 'a' },
      { partition: 1, value: 'b' },
    ]);
    expect(await admin.topicOffsets(name)).toEqual(
      new Map([
        [0, { low: 0, high: 0 }],
        [1, { low: 0, high: 2 }],
      ]),
    );
    const group = kafka.group();
    expect(await admin.groupOffsets(group, name)).toEqual(
      new Map([
        [0, null],
        [1, null],
      ]),
    );
    await admin.setGroupOffsets(group, name, new Map([[1, 1]]));
    expect((await admin.groupOffsets(group, name)).get(1)).toBe(1);
    const reader = await startServer(kafka, { topic: name, groupId: group, handle: () => undefined });
    await waitFor(
      () => admin.groupMembers(group),
      (members) => members === 1,
    );
    await expect(admin.setGroupOffsets(group, name, new Map([[1, 0]]))).rejects.toMatchObject({
      code: 'kafka_refused',
      message: expect.stringContaining('it has members'),
    });
    await reader.stop();

    await admin.growTopic(name, 3);
    await admin.growTopic(name, 2);
    expect(
      await waitFor(
        () => admin.partitionCount(name),
        (count) => count === 3,
      ),
    ).toBe(3);
    await admin.disconnect();
  });
});
