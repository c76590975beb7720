import 'reflect-metadata';
import { type Block, decodeBlock, STREAMS, TELEMETRY } from '@chip/contracts';
import {
  type BatchEvents,
  type ConsumerOptions,
  KafkaAdmin,
  KafkaProducer,
  readTopic,
  TopicReader,
  type RecordBatch,
  type TopicRecord,
} from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import type { Database } from '@chip/persistence';
import { createLogger, Health, Lifecycle } from '@chip/service';
import { RethrowFilter } from '@chip/service/nest';
import type { TestKafka } from '@chip/testing';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import type { IngestConfig } from '../src/ingest.config.ts';
import { IngestConsumer } from '../src/ingest.consumer.ts';
import { IngestMetrics } from '../src/ingest.metrics.ts';

const { logger } = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });

/** Topics of one stage, under random names. */
export interface StageTopics {
  readonly machine: string;
  readonly accepted: string;
  readonly letters: string;
}

/** A running ingest of one random telemetry topic. */
export interface IngestStage {
  /** Errors that would have ended the process. */
  readonly fatals: readonly unknown[];
  readonly health: Health;
  readonly server: KafkaBatchServer;
  readonly metrics: IngestMetrics;
  stop(): Promise<void>;
}

const LOG_APPEND_TIME = { 'message.timestamp.type': 'LogAppendTime' };

export async function stageTopics(
  kafka: TestKafka,
  settings: { machine?: Record<string, string>; letters?: Record<string, string> } = {},
): Promise<StageTopics> {
  return {
    machine: await kafka.topic(1, { ...LOG_APPEND_TIME, ...settings.machine }),
    accepted: await kafka.topic(),
    letters: await kafka.topic(1, settings.letters),
  };
}

/** Ingest as the service runs it, but for its topics: those of the contract lead to the random ones. */
export async function startIngest(
  kafka: TestKafka,
  { machine, accepted, letters }: StageTopics,
  group: string,
  {
    consumer,
    database,
    onBlock,
  }: { consumer?: Partial<ConsumerOptions>; database?: Database; onBlock?: () => void } = {},
): Promise<IngestStage> {
  const connection = kafka.connection('test-ingest');
  const there = (topic: string): string =>
    ({ [TELEMETRY.accepted]: accepted, [TELEMETRY.deadLetters]: letters })[topic] ?? topic;
  const fatals: unknown[] = [];
  const server = new KafkaBatchServer({
    connection,
    groups: { [machine]: group },
    consumer: { minBytes: 1, metadataMaxAgeMs: 1_000, ...consumer },
    logger,
    fatal: (error) => fatals.push(error),
  });
  const producer = new KafkaProducer(connection, logger);
  const admin = new KafkaAdmin(connection, logger);
  const redirected = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') {
          return member;
        }
        return (topic: unknown, ...rest: unknown[]): unknown => {
          if (name === 'send') {
            onBlock?.();
          }
          return Reflect.apply(member, target, [typeof topic === 'string' ? there(topic) : topic, ...rest]);
        };
      },
    });
  const lifecycle = new Lifecycle(logger, () => undefined);
  const health = new Health();
  const metrics = new IngestMetrics(new Registry());
  const ingest = new IngestConsumer(
    { INSTANCE: 'test', INGEST_STREAMS: STREAMS } as Partial<IngestConfig> as IngestConfig,
    logger,
    server,
    redirected(producer),
    redirected(admin),
    new TopicReader(connection, logger),
    database ?? null,
    metrics,
    health,
    lifecycle,
  );
  @Controller()
  class Consumer {
    @EventPattern<BatchEvents>(machine)
    handle(batch: RecordBatch): Promise<void> {
      return ingest.handle('telemetry', batch);
    }
  }
  @Module({ controllers: [Consumer] })
  class IngestApp {}
  const app = await NestFactory.createMicroservice(IngestApp, { strategy: server, logger: false });
  app.useGlobalFilters(new RethrowFilter());
  await app.listen();
  return {
    fatals,
    health,
    server,
    metrics,
    stop: async () => {
      lifecycle.begin();
      await lifecycle.run('intake', AbortSignal.timeout(5_000), () => 5_000);
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}

export async function blocksOf(kafka: TestKafka, accepted: string): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const { headers, value } of readTopic(kafka.connection('test'), logger, accepted)) {
    blocks.push(decodeBlock(headers, value));
  }
  return blocks;
}

export async function recordsOf(kafka: TestKafka, topic: string): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for await (const record of readTopic(kafka.connection('test'), logger, topic)) {
    records.push(record);
  }
  return records;
}

/** Where the chain of blocks begins, and up to where it goes without a hole. */
export const chainOf = (blocks: readonly Block[]): { from: number; to: number } | undefined => {
  const [first] = blocks;
  if (first === undefined) {
    return undefined;
  }
  let to = first.coversFrom;
  for (const block of blocks) {
    if (block.coversFrom <= to) {
      to = Math.max(to, block.coversTo);
    }
  }
  return { from: first.coversFrom, to };
};

export const samples = (count: number, fields: object = {}): { value: string }[] =>
  Array.from({ length: count }, (_, index) => ({
    value: JSON.stringify({
      time: new Date().toISOString(),
      service_name: 's',
      metric_name: 'm',
      metric_value: index,
      ...fields,
    }),
  }));
