import 'reflect-metadata';
import { type Block, decodeBlock, TELEMETRY_ACCEPTED } from '@chip/contracts';
import {
  type BatchEvents,
  KafkaAdmin,
  KafkaBatchServer,
  KafkaProducer,
  readTopic,
  type RecordBatch,
} from '@chip/kafka';
import { createLogger, Health, Lifecycle, RethrowFilter } from '@chip/service';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import type { IngestConfig } from '../src/ingest.config.ts';
import { IngestConsumer } from '../src/ingest.consumer.ts';
import { IngestMetrics } from '../src/ingest.metrics.ts';

const { logger } = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });
let kafka: TestKafka;
let connection: { brokers: string[]; clientId: string };
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  kafka = await TestKafka.connect();
  connection = { brokers: kafka.brokers, clientId: 'test-ingest' };
});
afterEach(() => stop());
afterAll(() => kafka.close());

/** Ingest of one random machine topic into a random accepted topic. */
async function startIngest(machine: string, accepted: string, group: string): Promise<void> {
  const fatals: unknown[] = [];
  const server = new KafkaBatchServer({
    connection,
    groups: { [machine]: group },
    consumer: { minBytes: 1, metadataMaxAgeMs: 1_000 },
    logger,
    fatal: (error) => fatals.push(error),
  });
  const producer = new KafkaProducer(connection, logger);
  const admin = new KafkaAdmin(connection, logger);
  // The consumer's topics are those of the contract; these two lead them to the random ones.
  const producerThere = {
    send: (topic: string, ...rest: [never, never, never]) =>
      producer.send(topic === TELEMETRY_ACCEPTED ? accepted : topic, ...rest),
  } as unknown as KafkaProducer;
  const adminThere = { partitionCount: () => admin.partitionCount(accepted) } as unknown as KafkaAdmin;
  const lifecycle = new Lifecycle(logger, () => undefined);
  const ingest = new IngestConsumer(
    { TELEMETRY_RETENTION_DAYS: 0 } as IngestConfig,
    logger,
    server,
    producerThere,
    adminThere,
    new IngestMetrics(new Registry()),
    new Health(),
    lifecycle,
  );
  @Controller()
  class Consumer {
    @EventPattern<BatchEvents>(machine)
    handle(batch: RecordBatch): Promise<void> {
      return ingest.onTelemetry(batch);
    }
  }
  @Module({ controllers: [Consumer] })
  class IngestStage {}
  const app = await NestFactory.createMicroservice(IngestStage, { strategy: server, logger: false });
  app.useGlobalFilters(new RethrowFilter());
  await app.listen();
  stop = async () => {
    lifecycle.begin();
    await lifecycle.run('intake', AbortSignal.timeout(5_000), () => 5_000);
    await producer.disconnect();
    await admin.disconnect();
    expect(fatals).toEqual([]);
  };
}

const samples = (count: number): { value: string }[] =>
  Array.from({ length: count }, (_, index) => ({
    value: JSON.stringify({ time: new Date().toISOString(), service_name: 's', metric_name: 'm', metric_value: index }),
  }));

async function blocksOf(accepted: string): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const { headers, value } of readTopic(connection, logger, accepted))
    blocks.push(decodeBlock(headers, value));
  return blocks;
}

/** Where the chain of blocks begins, and up to where it goes without a hole. */
const chain = (blocks: readonly Block[]): { from: number; to: number } | undefined => {
  const [first] = blocks;
  if (first === undefined) return undefined;
  let to = first.coversFrom;
  for (const block of blocks) if (block.coversFrom <= to) to = Math.max(to, block.coversTo);
  return { from: first.coversFrom, to };
};

async function recreate(machine: string): Promise<void> {
  await kafka.deleteTopic(machine);
  await waitFor(async () => !(await kafka.admin.listTopics()).includes(machine));
  // A name is free some time after its topic has left the list.
  await waitFor(() => kafka.createTopic(machine, 1, { 'message.timestamp.type': 'LogAppendTime' }).then(() => true));
}

it.each([
  ['shorter than the old one', 4],
  ['longer than the old one', 25],
])('a machine topic that was deleted and created anew, %s, is read from its beginning', async (_name, count) => {
  const machine = await kafka.topic(1, { 'message.timestamp.type': 'LogAppendTime' });
  const accepted = await kafka.topic();
  await startIngest(machine, accepted, kafka.group());
  await kafka.produce(machine, samples(10));
  await waitFor(async () => chain(await blocksOf(accepted))?.to === 10);
  const old = (await blocksOf(accepted)).length;

  await recreate(machine);
  await waitFor(() => kafka.produce(machine, samples(count)).then(() => true));
  const blocks = await waitFor(
    async () => (await blocksOf(accepted)).slice(old),
    (found) => chain(found)?.to === count,
    { timeoutMs: 45_000, intervalMs: 500 },
  );
  expect(chain(blocks)).toEqual({ from: 0, to: count });
});

it('a topic that is created anew while ingest is away is read from its beginning', async () => {
  const machine = await kafka.topic(1, { 'message.timestamp.type': 'LogAppendTime' });
  const accepted = await kafka.topic();
  const group = kafka.group();
  await startIngest(machine, accepted, group);
  await kafka.produce(machine, samples(10));
  await waitFor(async () => chain(await blocksOf(accepted))?.to === 10);
  const old = (await blocksOf(accepted)).length;
  await stop();

  await recreate(machine);
  await waitFor(() => kafka.produce(machine, samples(15)).then(() => true));
  await startIngest(machine, accepted, group);
  const blocks = await waitFor(
    async () => (await blocksOf(accepted)).slice(old),
    (found) => chain(found)?.to === 15,
    { timeoutMs: 30_000, intervalMs: 500 },
  );
  expect(chain(blocks)).toEqual({ from: 0, to: 15 });
});
