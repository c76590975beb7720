import { randomUUID } from 'node:crypto';
import { type Block, encodeBlock } from '@chip/contracts';
import { type BatchEvents, type ConsumerOptions, KafkaAdmin, KafkaProducer, type RecordBatch } from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import { loadPosition, type StreamPosition } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { RethrowFilter } from '@chip/service/nest';
import { TestKafka, waitFor } from '@chip/testing';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import type { DeadLetters } from '../src/dead-letters.ts';
import { PartitionWriter } from '../src/partition/partition-writer.ts';
import type { PartitionWriterParts } from '../src/partition/partition-writer.parts.ts';
import type { RefusedElement } from '../src/loaders/refused-element.ts';
import { TelemetryLoader } from '../src/loaders/telemetry-loader.ts';
import { WriterMetrics } from '../src/writer.metrics.ts';
import { telemetryBlock } from './telemetry-block.ts';

const { logger } = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });

/** Kafka and the database of a test file, kept for all of its tests. */
export class WriterServers {
  private constructor(
    readonly kafka: TestKafka,
    readonly db: TestDatabase,
    readonly producer: KafkaProducer,
    readonly admin: KafkaAdmin,
  ) {}

  static async connect(): Promise<WriterServers> {
    const kafka = await TestKafka.connect();
    const connection = kafka.connection('test');
    return new WriterServers(
      kafka,
      await createTestDatabase(),
      new KafkaProducer(connection, logger),
      new KafkaAdmin(connection, logger),
    );
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
    await this.admin.disconnect();
    await this.kafka.close();
    await this.db.drop();
  }
}

/** One live writer of the partitions of a random accepted topic, reviewed several times a second. */
export class WriterStage {
  readonly machine = `test.${randomUUID()}`;
  readonly group: string;
  letters: RefusedElement[] = [];
  /** Replaced where a test wants letters refused. */
  sendLetters: DeadLetters['send'] = async (_topic, _partition, refused) => void this.letters.push(...refused);
  /** Errors that would have ended the process. */
  readonly fatals: unknown[] = [];
  readonly writers = new Map<number, PartitionWriter>();
  readonly metrics = new WriterMetrics(new Registry());
  #stop: () => Promise<void> = async () => undefined;

  private constructor(
    readonly servers: WriterServers,
    readonly accepted: string,
    private readonly parts: Partial<PartitionWriterParts>,
  ) {
    this.group = servers.kafka.group();
  }

  /** Empties the tables and creates the accepted topic. */
  static async make(
    servers: WriterServers,
    parts: Partial<PartitionWriterParts> = {},
    partitions = 1,
  ): Promise<WriterStage> {
    await servers.db.database.query('TRUNCATE system_metrics, metrics_delta');
    return new WriterStage(servers, await servers.kafka.topic(partitions), parts);
  }

  writerOf(partition: number): PartitionWriter {
    const { servers, accepted, writers } = this;
    const writer =
      writers.get(partition) ??
      new PartitionWriter({
        topic: accepted,
        sourceTopic: this.machine,
        partition,
        session: { url: servers.db.url },
        owner: 'test',
        database: servers.db.database,
        acceptedTopicId: () => servers.admin.topicId(accepted).catch(() => null),
        loaderOf: (blocks) => new TelemetryLoader(blocks),
        deadLetters: { send: (topic, part, refused) => this.sendLetters(topic, part, refused) },
        flushRows: 20_000,
        metrics: this.metrics,
        logger,
        tracing: null,
        ...this.parts,
      });
    writers.set(partition, writer);
    return writer;
  }

  async start(consumer: Partial<ConsumerOptions> = {}): Promise<void> {
    const { servers, accepted, writers } = this;
    const writerOf = (partition: number): PartitionWriter => this.writerOf(partition);
    @Controller()
    class Consumer {
      @EventPattern<BatchEvents>(accepted)
      handle(batch: RecordBatch): Promise<void> {
        return writerOf(batch.partition).handle(batch);
      }
    }
    @Module({ controllers: [Consumer] })
    class StageModule {}
    const server = new KafkaBatchServer({
      connection: servers.kafka.connection('test-writer'),
      groups: { [accepted]: this.group },
      consumer: { minBytes: 1, ...consumer },
      logger,
      fatal: (error) => this.fatals.push(error),
    });
    const app = await NestFactory.createMicroservice(StageModule, { strategy: server, logger: false });
    app.useGlobalFilters(new RethrowFilter());
    await app.listen();
    // As the writer's consumer does every few seconds.
    let isReviewing = false;
    const review = setInterval(() => {
      if (isReviewing) {
        return;
      }
      isReviewing = true;
      void (async () => {
        for (const { topic, partition, isHandling, nextOffset } of server.partitions()) {
          if (isHandling || nextOffset === null) {
            continue;
          }
          const from = await writerOf(partition).reviewPosition(nextOffset);
          if (from !== undefined) {
            server.seek(topic, partition, from);
          }
        }
      })()
        .catch((error: unknown) => logger.debug({ err: error }, 'review_incomplete'))
        .finally(() => (isReviewing = false));
    }, 200);
    this.#stop = async () => {
      clearInterval(review);
      await server.drain({ graceMs: 2_000 });
      await Promise.all([...writers.values()].map((writer) => writer.release()));
      writers.clear();
    };
  }

  async stop(): Promise<void> {
    await this.#stop();
    this.#stop = async () => undefined;
  }

  block(from: number, to: number, appendTime: number, value?: number): Block {
    return telemetryBlock(this.machine, from, to, appendTime, value);
  }

  async publish(...blocks: Block[]): Promise<void> {
    for (const one of blocks) {
      await this.servers.producer.send(this.accepted, one.sourcePartition, [{ key: null, ...encodeBlock(one) }]);
    }
  }

  /** Deletes the accepted topic and creates it again under the same name. */
  async recreateAccepted(partitions = 1): Promise<void> {
    const { kafka, admin } = this.servers;
    await kafka.deleteTopic(this.accepted);
    await waitFor(
      () =>
        admin.topicId(this.accepted).then(
          () => 'there',
          (error: { code: string }) => error.code,
        ),
      (found) => found === 'kafka_topic_missing',
    );
    await kafka.createTopic(this.accepted, partitions);
  }

  position(partition = 0): Promise<StreamPosition | undefined> {
    return loadPosition(this.servers.db.database, this.machine, partition);
  }

  isAt(next: number, state = 'running', partition = 0): Promise<StreamPosition | undefined> {
    return waitFor(
      () => this.position(partition),
      (row) => row?.nextOffset === BigInt(next) && row.state === state,
    );
  }

  /** Values in the table, in order: of a block without a value of its own, the offsets of its events. */
  async values(): Promise<number[]> {
    const rows = await this.servers.db.database.query<{ value: number }>(
      'SELECT metric_value AS value FROM system_metrics ORDER BY 1',
    );
    return rows.map((row) => row.value);
  }

  who(partition = 0): { topic: string; partition: number; by: string; reason: string } {
    return { topic: this.machine, partition, by: 'jo', reason: 'test' };
  }
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
