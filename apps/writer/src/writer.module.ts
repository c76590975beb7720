import { MAX_BLOCK_BYTES } from '@chip/contracts';
import { KafkaModule } from '@chip/kafka/nest';
import { Database, schemaReady, startMaintenance } from '@chip/persistence';
import { DatabaseModule } from '@chip/persistence/nest';
import { Lifecycle, type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { type DynamicModule, Inject, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { Registry } from 'prom-client';
import { KafkaDeadLetters } from './dead-letters.ts';
import type { WriterConfig } from './writer.config.ts';
import { WriterMetrics } from './writer.metrics.ts';

/** Composition root of the writer: the only place that names its adapters. */
@Module({
  imports: [
    KafkaModule.forRoot<WriterConfig>({
      clientId: 'chip-writer',
      groups: (config) =>
        Object.fromEntries(config.WRITER_STREAMS.map(({ accepted, writerGroup }) => [accepted, writerGroup])),
      consumer: (config) => ({
        // Blocks are already large: waiting for more would only add delay.
        minBytes: 1,
        partitionsConcurrently: config.PARTITIONS_CONCURRENTLY,
        maxBytesPerPartition: MAX_BLOCK_BYTES / 8,
      }),
    }),
    DatabaseModule.forRoot<WriterConfig>({
      applicationName: 'chip-writer',
      url: (config) => config.DATABASE_URL,
      pool: () => ({
        // A few may wait for locked rows; health checks and other partitions still need connections.
        max: 6,
        // Above the role's lock timeout: when the server itself ends a statement, the outcome is certain.
        queryTimeoutMs: 15_000,
      }),
    }),
  ],
  providers: [WriterMetrics, KafkaDeadLetters],
})
export class WriterModule implements OnModuleInit {
  readonly #database: Database;
  readonly #lifecycle: Lifecycle;
  readonly #config: WriterConfig;
  readonly #logger: Logger;
  readonly #registry: Registry;

  constructor(
    @Inject(CONFIG) config: WriterConfig,
    @Inject(LOGGER) logger: Logger,
    database: Database,
    lifecycle: Lifecycle,
    registry: Registry,
  ) {
    this.#database = database;
    this.#lifecycle = lifecycle;
    this.#config = config;
    this.#logger = logger;
    this.#registry = registry;
  }

  /** The writer with `consumer` as the controller that handles batches. */
  static forConsumer(consumer: Type<unknown>): DynamicModule {
    return { module: WriterModule, controllers: [consumer] };
  }

  async onModuleInit(): Promise<void> {
    await schemaReady(this.#database);
    // Every writer offers to do the database upkeep; one at a time does it.
    const maintenance = startMaintenance({
      url: this.#config.DATABASE_URL,
      log: this.#logger,
      registry: this.#registry,
      topics: this.#config.WRITER_STREAMS.map(({ source }) => source),
    });
    this.#lifecycle.onDrain('work', 'maintenance', () => maintenance.stop());
  }
}
