import { hostname } from 'node:os';
import { Controller, Inject, Optional } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type StreamName, streamOf, STREAMS } from '@chip/contracts';
import { KafkaAdmin, KafkaProducer, type PartitionStatus, type RecordBatch, TopicReader } from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import { Database } from '@chip/persistence';
import { Health, Lifecycle, type Logger, TRACING, type Tracing } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import type { IngestConfig } from './ingest.config.ts';
import { IngestMetrics } from './ingest.metrics.ts';
import { MachineStream } from './machine-stream/machine-stream.ts';
import { MachineTopics } from './machine-topics.ts';
import { READERS } from './machine-stream/readers.ts';
import { RetentionSetting } from './retention-setting.ts';
import { Standstills } from './standstills.ts';

/** Liveness: lag without a committed offset for this long. */
const MAX_STALL_MS = 60_000;
const MEASURE_INTERVAL_MS = 2_000;
const SYNC_INTERVAL_MS = 5_000;
const RETENTION_INTERVAL_MS = 60_000;

/** Passes batches of the machine topics to their streams, and shows the state of ingest. */
@Controller()
export class IngestConsumer {
  readonly #server: KafkaBatchServer;
  readonly #metrics: IngestMetrics;
  readonly #topics: MachineTopics;
  readonly #standstills: Standstills;
  readonly #streams: ReadonlyMap<string, MachineStream>;
  readonly #logger: Logger;

  constructor(
    @Inject(CONFIG) config: IngestConfig,
    @Inject(LOGGER) logger: Logger,
    server: KafkaBatchServer,
    producer: KafkaProducer,
    admin: KafkaAdmin,
    topicReader: TopicReader,
    @Optional() @Inject(Database) database: Database | null,
    metrics: IngestMetrics,
    health: Health,
    lifecycle: Lifecycle,
    @Optional() @Inject(TRACING) tracing: Tracing | null = null,
  ) {
    this.#server = server;
    this.#metrics = metrics;
    this.#logger = logger;
    const topics = (this.#topics = new MachineTopics(admin));
    const retention = new RetentionSetting(database ?? undefined, logger);
    this.#standstills = new Standstills(
      database ?? undefined,
      `${config.INSTANCE}@${hostname()}:${process.pid}`,
      logger,
    );
    const parts = {
      server,
      producer,
      admin,
      topicReader,
      topics,
      standstills: this.#standstills,
      retention,
      metrics,
      logger,
      tracing,
    };
    const streams = config.INGEST_STREAMS;
    this.#streams = new Map(
      streams.map((stream) => [stream.name, new MachineStream({ ...parts, stream, reader: READERS[stream.name]() })]),
    );
    if (database === null) {
      logger.warn('DATABASE_URL is not set: no sample is too old, and stopped partitions show in the metrics only');
    }

    void retention.whyUnknown();

    health.addLive({ name: 'progress', check: () => server.progress(MAX_STALL_MS) });
    health.addReady({ name: 'consumer_groups', check: () => server.readiness() });
    health.addReady({ name: 'retention', check: () => retention.readiness() });
    health.addReady({ name: 'machine_topics', check: () => topics.readiness() });
    const checkTopics = (): void => {
      for (const { source: topic } of streams) {
        topics
          .timestampProblem(topic)
          .then((problem) => problem === null || logger.error({ topic, problem }, 'machine_topic_wrong'))
          .catch((error: unknown) => logger.debug({ err: error, topic }, 'machine_topic_not_checked'));
      }
    };
    checkTopics();
    const timers = [
      setInterval(() => this.#measure(), MEASURE_INTERVAL_MS),
      setInterval(() => {
        void this.#sync();
        void this.#lookForRecreated();
      }, SYNC_INTERVAL_MS),
      setInterval(() => {
        void retention.refresh();
        checkTopics();
      }, RETENTION_INTERVAL_MS),
    ];
    lifecycle.onDrain('intake', 'machine topics', (signal) => {
      timers.forEach((timer) => clearInterval(timer));
      return server.drain({ signal });
    });
  }

  @EventPattern(STREAMS.map(({ source }) => source))
  onBatch(batch: RecordBatch): Promise<void> {
    return this.handle(streamOf(batch.topic)!.name, batch);
  }

  /** Handles a batch of a stream, whatever its topic is called. */
  handle(name: StreamName, batch: RecordBatch): Promise<void> {
    return this.#streams.get(name)!.handle(batch);
  }

  /** Shows which partitions this process has stopped, and resumes those that a person has decided on. */
  async #sync(): Promise<void> {
    this.#standstills.keepOnly(this.#server.partitions());
    await this.#standstills.sync();
    for (const { topic, partition, atOffset } of this.#standstills.all()) {
      // Without the brokers' answer nobody knows whether a decision is about this topic; the next round asks again.
      const id = await this.#topics.id(topic).catch(() => undefined);
      const isDecided = (['skip_batch', 'resume'] as const).some(
        (kind) => this.#standstills.decision(topic, partition, atOffset, kind, id) !== undefined,
      );
      if (isDecided) {
        this.#server.resume(topic, partition);
      }
    }
  }

  async #lookForRecreated(): Promise<void> {
    for (const stream of this.#streams.values()) {
      try {
        await stream.lookForRecreated(this.#server.partitions());
      } catch (error) {
        // The brokers are away, or the topic is deleted.
        this.#logger.debug({ err: error }, 'topic_ids_unknown');
      }
    }
  }

  #measure(): void {
    this.#server.showLag(this.#metrics.lag);
    this.#metrics.stopped.reset();
    for (const status of this.#server.partitions()) {
      this.#watchTransaction(status);
    }
    for (const { topic, partition, state } of this.#standstills.all()) {
      this.#metrics.stopped.set({ topic, partition: String(partition), state }, 1);
    }
  }

  /** An open transaction hides everything behind it, while the lag of what can be read is 0. */
  #watchTransaction({ topic, partition, nextOffset, highWatermark, blockedByTransactionSince }: PartitionStatus): void {
    if (blockedByTransactionSince === null) {
      if (this.#standstills.get(topic, partition)?.state === 'open_transaction') {
        this.#standstills.run(topic, partition);
      }
      return;
    }
    this.#standstills.stop({
      topic,
      partition,
      state: 'open_transaction',
      stateReason: `a machine's transaction has been open since ${new Date(blockedByTransactionSince).toISOString()} at offset ${nextOffset ?? 0}; nothing up to ${highWatermark ?? 0} can be read`,
      atOffset: nextOffset ?? 0,
      toOffset: highWatermark,
    });
  }
}
