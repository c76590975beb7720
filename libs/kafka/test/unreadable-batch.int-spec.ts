/** Batches that cannot be read, or only with care. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldBytes, TestKafka, waitFor } from '@chip/testing';
import { describe, expect, it } from '@jest/globals';
import { KafkaProducer, type RecordBatch } from '../src/index.ts';
import { memoryLogger, numbered, useServers, values } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const start = useServers(kafka);

describe('a batch that cannot be read', () => {
  /** Three partitions; the first batch of partition 0 unfolds to 48 MiB, the reader allows 16. */
  const bombed = async (): Promise<string> => {
    const topic = await kafka.topic(3);
    const producer = new KafkaProducer(kafka.connection('test'), memoryLogger().logger);
    await producer.send(topic, 0, [{ value: Buffer.alloc(48 * 1024 * 1024) }, { value: 'beside' }], 'zstd');
    await producer.send(topic, 0, [{ value: 'behind' }]);
    await producer.send(topic, 1, numbered(10), 'gzip');
    await producer.send(topic, 2, numbered(10));
    await producer.disconnect();
    return topic;
  };
  const consumer = { maxDecompressedBytes: 16 * 1024 * 1024 };

  it('reaches its handler as a range with a reason, pauses its partition, and is skipped on demand', async () => {
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

  it('is skipped by a handler that seeks behind it', async () => {
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
    const producer = new KafkaProducer(kafka.connection('test'), memoryLogger().logger);
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
    );
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBe(12 * 1_500_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(11_500_000);
  });

  it('fetches fewer compressed bytes when they unfold to many', async () => {
    const topic = await kafka.topic(1);
    const producer = new KafkaProducer(kafka.connection('test'), memoryLogger().logger);
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
    await waitFor(() => server.partitions()[0]?.nextOffset === 40);
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    // Once the ratio is known a fetch unfolds to a quarter of the budget.
    for (const bytes of sizes.slice(1)) {
      expect(bytes).toBeLessThan(4_000_000);
    }
  });

  it('drains a large backlog in bounded memory', async () => {
    const topic = await kafka.topic(4);
    const records = Array.from({ length: 250 }, () => ({ value: Buffer.alloc(1_000, 'x') }));
    const producer = new KafkaProducer(kafka.connection('test'), memoryLogger().logger);
    for (let round = 0; round < 200; round++) {
      await producer.send(topic, round % 4, records);
    }
    await producer.disconnect();
    let handled = 0;
    let batches = 0;
    let most = 0;
    const before = heldBytes();
    await start({
      topic,
      groupId: kafka.group(),
      handle: async (batch) => {
        handled += batch.records.length;
        // Collecting garbage takes longer than handling a batch.
        if (batches++ % 16 === 0) {
          most = Math.max(most, heldBytes() - before);
        }
        await sleep(5);
      },
    });
    await waitFor(() => handled === 50_000, Boolean, { timeoutMs: 120_000 });
    // A fetch is at most 4 MiB; the topic is 48.
    expect(most).toBeLessThan(8 * 1024 * 1024);
  }, 150_000);
});
