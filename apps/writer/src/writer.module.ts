import { MAX_BLOCK_BYTES, STREAMS } from '@chip/contracts';
import { KafkaAdmin, KafkaBatchServer, kafkaConnection, KafkaProducer } from '@chip/kafka';
import { Database, schemaReady, startMaintenance } from '@chip/persistence';
import { CONFIG, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import { KafkaDeadLetters } from './dead-letters.ts';
import type { WriterConfig } from './writer.config.ts';
import { WriterConsumer } from './writer.consumer.ts';
import { WriterMetrics } from './writer.metrics.ts';

const connection = (config: WriterConfig) => kafkaConnection(config, `chip-writer-${config.INSTANCE}`);

/** Composition root of the writer: the only place that names its adapters. */
@Module({
  controllers: [WriterConsumer],
  providers: [
    { provide: WriterMetrics, inject: [Registry], useFactory: (registry: Registry) => new WriterMetrics(registry) },
    {
      provide: Database,
      inject: [CONFIG, LOGGER],
      useFactory: (config: WriterConfig, logger: Logger) =>
        new Database({
          url: config.DATABASE_URL,
          applicationName: 'chip-writer',
          // A few may wait for locked rows; health checks and the other partitions must get through.
          max: 6,
          // Above the lock time-out of the role: a statement that the server ends itself leaves no doubt.
          queryTimeoutMs: 15_000,
          onIdleError: (error) => logger.warn({ err: error }, 'database_connection_lost'),
        }),
    },
    {
      provide: KafkaProducer,
      inject: [CONFIG, LOGGER],
      useFactory: (config: WriterConfig, logger: Logger) => new KafkaProducer(connection(config), logger),
    },
    {
      provide: KafkaAdmin,
      inject: [CONFIG, LOGGER],
      useFactory: (config: WriterConfig, logger: Logger) => new KafkaAdmin(connection(config), logger),
    },
    {
      provide: KafkaDeadLetters,
      inject: [KafkaProducer, WriterMetrics, LOGGER],
      useFactory: (producer: KafkaProducer, metrics: WriterMetrics, logger: Logger) =>
        new KafkaDeadLetters(producer, metrics, logger),
    },
    {
      provide: KafkaBatchServer,
      inject: [CONFIG, LOGGER, Lifecycle],
      useFactory: (config: WriterConfig, logger: Logger, lifecycle: Lifecycle) =>
        new KafkaBatchServer({
          connection: connection(config),
          groups: Object.fromEntries(STREAMS.map(({ accepted, writerGroup }) => [accepted, writerGroup])),
          consumer: {
            // Blocks are large already: waiting for more would only add delay.
            minBytes: 1,
            partitionsConcurrently: config.PARTITIONS_CONCURRENTLY,
            maxBytesPerPartition: MAX_BLOCK_BYTES / 8,
          },
          logger,
          fatal: (error) => lifecycle.fatal(error),
        }),
    },
  ],
})
export class WriterModule implements OnModuleInit {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(KafkaProducer) private readonly producer: KafkaProducer,
    @Inject(KafkaAdmin) private readonly admin: KafkaAdmin,
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
    @Inject(CONFIG) private readonly config: WriterConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Registry) private readonly registry: Registry,
  ) {}

  async onModuleInit(): Promise<void> {
    await schemaReady(this.database);
    // Every writer offers itself for the upkeep of the database; one at a time does it.
    const maintenance = startMaintenance({
      url: this.config.DATABASE_URL,
      log: this.logger,
      registry: this.registry,
    });
    this.lifecycle.onDrain('work', 'maintenance', () => maintenance.stop());
    this.lifecycle.onDrain('connections', 'kafka producer', () => this.producer.disconnect());
    this.lifecycle.onDrain('connections', 'kafka admin', () => this.admin.disconnect());
    this.lifecycle.onDrain('connections', 'database', () => this.database.close());
  }
}
