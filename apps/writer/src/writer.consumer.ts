import { hostname } from 'node:os';
import { Controller, Inject, Optional } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Stream, streamOfAccepted, STREAMS } from '@chip/contracts';
import { KafkaAdmin, type RecordBatch } from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import { Database, setHighWatermarks } from '@chip/persistence';
import { AppError, Health, type HealthState, Lifecycle, type Logger, TRACING, type Tracing } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { type DeadLetters, KafkaDeadLetters } from './dead-letters.ts';
import { LOADERS } from './loaders/loaders.ts';
import { PartitionWriter } from './partition/partition-writer.ts';
import { TopicIds } from './partition/topic-ids.ts';
import type { WriterConfig } from './writer.config.ts';
import { WriterMetrics } from './writer.metrics.ts';

/** How often the writer checks idle positions and the ends of the machine topics. */
const REVIEW_INTERVAL_MS = 5_000;
/** Liveness: lag without progress for this long. Longer than any deadline of a flush, whose end shows as a state. */
const MAX_STALL_MS = 90_000;

/** Passes batches of the accepted topics to the writers of their partitions. */
@Controller()
export class WriterConsumer {
  readonly #writers = new Map<string, PartitionWriter>();
  readonly #config: WriterConfig;
  readonly #database: Database;
  readonly #server: KafkaBatchServer;
  readonly #admin: KafkaAdmin;
  readonly #deadLetters: DeadLetters;
  readonly #metrics: WriterMetrics;
  readonly #logger: Logger;
  readonly #topicIds: TopicIds;
  readonly #tracing: Tracing | null;
  #isReviewing = false;

  constructor(
    @Inject(CONFIG) config: WriterConfig,
    @Inject(LOGGER) logger: Logger,
    database: Database,
    server: KafkaBatchServer,
    admin: KafkaAdmin,
    deadLetters: KafkaDeadLetters,
    metrics: WriterMetrics,
    health: Health,
    lifecycle: Lifecycle,
    @Optional() @Inject(TRACING) tracing: Tracing | null = null,
  ) {
    this.#config = config;
    this.#tracing = tracing;
    this.#logger = logger;
    this.#database = database;
    this.#server = server;
    this.#admin = admin;
    this.#deadLetters = deadLetters;
    this.#metrics = metrics;
    this.#topicIds = new TopicIds(admin, logger);

    health.addLive({ name: 'progress', check: () => this.#progress() });
    health.addReady({ name: 'consumer_groups', check: () => server.readiness() });
    health.addReady({ name: 'database', check: () => this.#databaseState() });
    const review = setInterval(() => void this.#review(), REVIEW_INTERVAL_MS);
    lifecycle.onDrain('intake', 'accepted topics', (signal) => {
      clearInterval(review);
      return server.drain({ signal });
    });
    lifecycle.onDrain('work', 'partition connections', async () => {
      await Promise.all([...this.#writers.values()].map((writer) => writer.release()));
    });
  }

  @EventPattern(STREAMS.map(({ accepted }) => accepted))
  onBatch(batch: RecordBatch): Promise<void> {
    return this.#writerOf(streamOfAccepted(batch.topic)!, batch.partition).handle(batch);
  }

  #writerOf({ name, source, accepted: topic }: Stream, partition: number): PartitionWriter {
    const key = `${topic}/${partition}`;
    let writer = this.#writers.get(key);
    if (writer === undefined) {
      writer = new PartitionWriter({
        topic,
        sourceTopic: source,
        partition,
        session: { url: this.#config.DATABASE_URL },
        owner: `${this.#config.INSTANCE}@${hostname()}:${process.pid}`,
        database: this.#database,
        acceptedTopicId: () => this.#topicIds.current(topic),
        loaderOf: LOADERS[name],
        deadLetters: this.#deadLetters,
        flushRows: this.#config.FLUSH_ROWS,
        metrics: this.#metrics,
        logger: this.#logger,
        tracing: this.#tracing,
      });
      this.#writers.set(key, writer);
    }
    return writer;
  }

  /** Checks what no batch shows: positions changed elsewhere, lost partitions, the ends of the machine topics. */
  async #review(): Promise<void> {
    // Do not pile up requests on a slow database.
    if (this.#isReviewing) {
      return;
    }
    this.#isReviewing = true;
    try {
      const assigned = this.#server.partitions();
      this.#server.showLag(this.#metrics.lag);
      await this.#releaseLost(new Set(assigned.map(({ topic, partition }) => `${topic}/${partition}`)));
      // Separately: a partition whose row is locked or refused must not keep the others from their review.
      await Promise.all(
        assigned.map(({ topic, partition, isHandling, nextOffset }) =>
          this.#reviewed(async () => {
            if (isHandling || nextOffset === null) {
              return;
            }
            const from = await this.#writerOf(streamOfAccepted(topic)!, partition).reviewPosition(nextOffset);
            if (from !== undefined) {
              this.#server.seek(topic, partition, from);
            }
          }),
        ),
      );
      for (const { source, accepted } of this.#config.WRITER_STREAMS) {
        const own = assigned.filter(({ topic }) => topic === accepted);
        if (own.length > 0) {
          await this.#reviewed(() => this.#reviewEnds(source, own));
        }
      }
    } finally {
      this.#isReviewing = false;
    }
  }

  async #reviewed(look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      // Broker or database are down: the next review comes soon, and readiness reports it meanwhile. Anything else,
      // such as a missing right, persists until a person acts.
      const isTransient = error instanceof AppError && error.retriable;
      this.#logger[isTransient ? 'debug' : 'warn']({ err: error }, 'review_incomplete');
    }
  }

  async #releaseLost(assigned: ReadonlySet<string>): Promise<void> {
    const lost = [...this.#writers].filter(([key]) => !assigned.has(key));
    // Before the first of them ends its connection: a partition that comes back meanwhile gets another writer.
    for (const [key] of lost) {
      this.#writers.delete(key);
    }
    await Promise.all(lost.map(([, writer]) => writer.release()));
  }

  async #reviewEnds(source: string, own: readonly { readonly partition: number }[]): Promise<void> {
    const [offsets, topicId] = [await this.#admin.topicOffsets(source), await this.#topicIds.current(source)];
    const ends = own.flatMap(({ partition }) => {
      const high = offsets.get(partition)?.high;
      return high === undefined ? [] : [[partition, BigInt(high)] as const];
    });
    await setHighWatermarks(this.#database, source, new Map(ends), topicId);
  }

  /**
   * Lag without progress and without a stated reason is a failure, but only while the database answers. A partition
   * with a stated reason would stop again after a restart, and the restart would interrupt the others.
   */
  async #progress(): Promise<HealthState> {
    const progress = this.#server.progress(
      MAX_STALL_MS,
      ({ topic, partition }) => (this.#writers.get(`${topic}/${partition}`)?.state ?? 'running') !== 'running',
    );
    return progress.state === 'up' || (await this.#databaseState()).state === 'down' ? { state: 'up' } : progress;
  }

  async #databaseState(): Promise<HealthState> {
    try {
      await this.#database.query('SELECT 1');
      return { state: 'up' };
    } catch (error) {
      return { state: 'down', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
