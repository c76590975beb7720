import { heldBytes, TestKafka, waitFor } from '@chip/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { KafkaProducer, readTopic, type TopicRange, type TopicRecord } from '../src/index.ts';
import { memoryLogger } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const { logger } = memoryLogger();
const connection = () => kafka.connection('test-reader');

const producer = new KafkaProducer(connection(), logger);
afterAll(() => producer.disconnect());

async function read(topic: string, range?: TopicRange): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for await (const record of readTopic(connection(), logger, topic, range)) {
    records.push(record);
  }
  return records;
}
const offsetsOf = (records: readonly TopicRecord[]): string[] =>
  records.map(({ partition, offset }) => `${partition}/${offset}`);

describe('readTopic', () => {
  it('reads every partition in order, byte by byte, and leaves no group behind', async () => {
    const topic = await kafka.topic(3);
    const raw = Buffer.from([0, 255, 1, 254]);
    await producer.send(topic, 2, [{ key: raw, value: raw, headers: { twice: ['a', 'b'], raw } }, { value: null }]);
    await producer.send(topic, 0, [{ value: 'x' }], 'zstd');
    const records = await read(topic);
    expect(offsetsOf(records)).toEqual(['0/0', '2/0', '2/1']);
    expect(records[1]).toMatchObject({
      key: raw,
      value: raw,
      headers: { twice: [Buffer.from('a'), Buffer.from('b')], raw },
    });
    expect(records[2]!.value).toBeNull();
    const { groups } = await kafka.admin.listGroups();
    expect(groups.map(({ groupId }) => groupId)).not.toContain('none');
  });

  it('keeps within the asked range, whatever lies around it', async () => {
    const topic = await kafka.topic(2);
    for (const partition of [0, 1]) {
      await producer.send(
        topic,
        partition,
        Array.from({ length: 10 }, (_, index) => ({ value: String(index) })),
      );
    }
    const range = { from: new Map([[0, 3]]), to: new Map([[0, 5]]) };
    expect(offsetsOf(await read(topic, { ...range, partitions: [0] }))).toEqual(['0/3', '0/4']);
    expect(await read(topic, range)).toHaveLength(12);
    expect(await read(topic, { partitions: [1], from: new Map([[1, 99]]), to: new Map([[1, 200]]) })).toEqual([]);
    expect(await read(topic, { partitions: [7] })).toEqual([]);
  });

  it('ends where the topic ended when the reading began', async () => {
    const topic = await kafka.topic();
    await producer.send(topic, 0, [{ value: 'before' }]);
    const seen: string[] = [];
    for await (const record of readTopic(connection(), logger, topic)) {
      seen.push(String(record.value));
      await producer.send(topic, 0, [{ value: 'meanwhile' }]);
    }
    expect(seen).toEqual(['before']);
  });

  it('begins behind deleted records', async () => {
    const topic = await kafka.topic();
    await producer.send(
      topic,
      0,
      Array.from({ length: 10 }, (_, index) => ({ value: String(index) })),
    );
    // The plain admin client may not have heard of the new topic yet.
    await waitFor(async () => {
      await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
      return true;
    });
    expect(offsetsOf(await read(topic))).toEqual(['0/6', '0/7', '0/8', '0/9']);
  });

  it('leaves out what an aborted transaction wrote, and ends although only markers follow', async () => {
    const topic = await kafka.topic();
    const transactional = kafka.client.producer({ idempotent: true, transactionalId: topic, maxInFlightRequests: 1 });
    await transactional.connect();
    try {
      for (const isKept of [true, false]) {
        const transaction = await transactional.transaction();
        await transaction.send({ topic, messages: [{ value: isKept ? 'kept' : 'aborted' }] });
        await (isKept ? transaction.commit() : transaction.abort());
      }
    } finally {
      await transactional.disconnect();
    }
    expect((await read(topic)).map(({ value }) => String(value))).toEqual(['kept']);
  });

  it('a loop left early ends the reading; an empty topic yields nothing', async () => {
    const topic = await kafka.topic();
    expect(await read(topic)).toEqual([]);
    await producer.send(topic, 0, [{ value: 'a' }, { value: 'b' }]);
    for await (const record of readTopic(connection(), logger, topic)) {
      expect(record.offset).toBe(0);
      break;
    }
  });

  it('refuses a topic that is not there within seconds', async () => {
    const startedAt = performance.now();
    await expect(read('test.no-such-topic')).rejects.toMatchObject({ code: 'kafka_topic_missing' });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(await kafka.admin.listTopics()).not.toContain('test.no-such-topic');
  });

  it('holds one fetch in memory, not the topic', async () => {
    const topic = await kafka.topic();
    const noise = Buffer.from(Array.from({ length: 512 * 1024 }, (_, index) => (index * index) % 251));
    for (let index = 0; index < 32; index++) {
      await producer.send(topic, 0, [{ value: noise }]);
    }
    let bytes = 0;
    let most = 0;
    const before = heldBytes();
    for await (const record of readTopic(connection(), logger, topic)) {
      bytes += record.value!.length;
      if (record.offset % 8 === 0) {
        most = Math.max(most, heldBytes() - before);
      }
    }
    expect(bytes).toBe(32 * noise.length);
    // One fetch is 1 MiB; the topic is 16.
    expect(most).toBeLessThan(4 * 1024 * 1024);
  });
});
