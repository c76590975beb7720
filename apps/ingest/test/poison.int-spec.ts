import { MAX_BLOCK_EVENTS } from '@chip/contracts';
import { KafkaProducer, type OutgoingRecord } from '@chip/kafka';
import { createLogger } from '@chip/service';
import { TestKafka, heldBytes, waitFor } from '@chip/testing';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { blocksOf, chainOf, type IngestStage, recordsOf, samples, stageTopics, startIngest } from './ingest-stage.ts';

const MIB = 1024 * 1024;
const kafka = TestKafka.forFile();
// Our own: it takes kafkajs half a minute to encode a million headers, and minutes to hash a key of 3 MiB.
const producer = new KafkaProducer(kafka.connection('test'), createLogger({ name: 'test', level: 'silent' }).logger);
afterAll(() => producer.disconnect());
let stage: IngestStage | undefined;

afterEach(async () => {
  await stage?.stop();
  expect(stage?.fatals ?? []).toEqual([]);
  stage = undefined;
});

const publish = async (topic: string, records: readonly OutgoingRecord[]): Promise<void> => {
  await producer.send(topic, 0, records, 'gzip');
};

describe('a record that Kafka accepted never stops ingest, whatever its letter would weigh', () => {
  it.each<[string, OutgoingRecord, string]>([
    ['a key of 3 MiB', { key: Buffer.alloc(3 * MIB), value: 'x' }, 'source-key'],
    ['headers of 3 MiB', { value: 'x', headers: { big: Buffer.alloc(3 * MIB) } }, 'headers'],
    ['1.5 million empty headers', { value: 'x', headers: { '': Array<string>(1_500_000).fill('') } }, 'headers'],
    ['a value of 20 MiB', { value: Buffer.alloc(20 * MIB) }, 'value'],
  ])('%s', async (_name, message, truncated) => {
    const topics = await stageTopics(kafka, { letters: { 'max.message.bytes': String(2 * MIB) } });
    await publish(topics.machine, [message]);
    await publish(topics.machine, samples(1));
    stage = await startIngest(kafka, topics, kafka.group());
    await waitFor(async () => chainOf(await blocksOf(kafka, topics.accepted))?.to === 2);
    const [letter, ...more] = await recordsOf(kafka, topics.letters);
    expect(more).toEqual([]);
    expect(letter!.key!.toString()).toBe('telemetry.samples.v1/0/0');
    expect(letter!.headers['truncated']?.toString()).toBe(truncated);
  });

  it('a dead-letter topic that takes less than it should gets a letter that points at the event', async () => {
    const topics = await stageTopics(kafka, { letters: { 'max.message.bytes': '20000' } });
    await publish(topics.machine, [{ value: 'x'.repeat(100_000) }, { value: '{"host":"etch-1"' }]);
    stage = await startIngest(kafka, topics, kafka.group());
    await waitFor(async () => chainOf(await blocksOf(kafka, topics.accepted))?.to === 2);
    const letters = new Map(
      (await recordsOf(kafka, topics.letters)).map((letter) => [letter.key!.toString(), letter] as const),
    );
    expect(letters.size).toBe(2);
    const pointer = letters.get('telemetry.samples.v1/0/0')!;
    expect(pointer.value).toHaveLength(0);
    expect(pointer.headers['truncated']?.toString()).toBe('value,source-key,headers');
    expect(pointer.headers['error-code']?.toString()).toBe('malformed_json');
    expect(letters.get('telemetry.samples.v1/0/1')!.value!.toString()).toBe('{"host":"etch-1"');
    const { values } = await stage.metrics.machineDeadLetters.get();
    expect(values.map(({ labels, value }) => [labels['machine'], value])).toEqual([
      ['unknown', 1],
      ['etch-1', 1],
    ]);
  });
});

it('refused samples that come in one large fetch hold little memory', async () => {
  const topics = await stageTopics(kafka);
  const value = JSON.stringify({ time: '2026-01-20T10:30:00Z', servce_name: 's', metric_name: 'm', metric_value: 1 });
  // A few MiB that are fetched at once; letters for all of them would hold several times as much.
  const count = 25_000;
  for (let sent = 0; sent < count; sent += 5_000) {
    await publish(topics.machine, Array<OutgoingRecord>(5_000).fill({ value }));
  }
  const held = (): number => heldBytes() + process.memoryUsage().heapUsed;
  const before = held();
  let most = 0;
  let blocks = 0;
  const onBlock = (): void => {
    // Looked at where memory is fullest: a block is about to be sent, and its letters are still held.
    if (blocks++ % 4 === 3) {
      most = Math.max(most, held() - before);
    }
  };
  stage = await startIngest(kafka, topics, kafka.group(), { onBlock });
  await waitFor(() => stage!.server.partitions()[0]?.nextOffset === count, Boolean, {
    timeoutMs: 240_000,
    intervalMs: 500,
  });
  const sent = await blocksOf(kafka, topics.accepted);
  expect(chainOf(sent)).toEqual({ from: 0, to: count });
  expect(Math.max(...sent.map(({ index }) => index.length))).toBeLessThanOrEqual(MAX_BLOCK_EVENTS);
  expect(most).toBeLessThan(12 * MIB);
}, 300_000);
