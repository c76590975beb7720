import { STREAMS } from '@chip/contracts';
import { KafkaAdmin, KafkaBatchServer, kafkaConnection, KafkaProducer, readTopic } from '@chip/kafka';
import { Database } from '@chip/persistence';
import { CONFIG, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Inject, Module, type OnModuleInit, Optional } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { IngestConfig } from './ingest.config.ts';
import { IngestConsumer, READ_TOPIC, type ReadTopic } from './ingest.consumer.ts';
import { IngestMetrics } from './ingest.metrics.ts';

const connection = (config: IngestConfig) => kafkaConnection(config, `chip-ingest-${config.INSTANCE}`);

/** Composition root of ingest: the only place that names its adapters. */
@Module({
  controllers: [IngestConsumer],
  providers: [
    { provide: IngestMetrics, inject: [Registry], useFactory: (registry: Registry) => new IngestMetrics(registry) },
    {
      provide: KafkaProducer,
      inject: [CONFIG, LOGGER],
      useFactory: (config: IngestConfig, logger: Logger) => new KafkaProducer(connection(config), logger),
    },
    {
      provide: KafkaAdmin,
      inject: [CONFIG, LOGGER],
      useFactory: (config: IngestConfig, logger: Logger) => new KafkaAdmin(connection(config), logger),
    },
    {
      provide: READ_TOPIC,
      inject: [CONFIG, LOGGER],
      useFactory:
        (config: IngestConfig, logger: Logger): ReadTopic =>
        (topic, range) =>
          readTopic(connection(config), logger, topic, range),
    },
    {
      provide: Database,
      inject: [CONFIG, LOGGER],
      useFactory: (config: IngestConfig, logger: Logger) =>
        config.DATABASE_URL === undefined
          ? null
          : new Database({
              url: config.DATABASE_URL,
              applicationName: 'chip-ingest',
              max: 1,
              onIdleError: (error) => logger.warn({ err: error }, 'database_connection_lost'),
            }),
    },
    {
      provide: KafkaBatchServer,
      inject: [CONFIG, LOGGER, Lifecycle],
      useFactory: (config: IngestConfig, logger: Logger, lifecycle: Lifecycle) =>
        new KafkaBatchServer({
          connection: connection(config),
          groups: Object.fromEntries(STREAMS.map(({ source, ingestGroup }) => [source, ingestGroup])),
          consumer: { partitionsConcurrently: config.PARTITIONS_CONCURRENTLY },
          logger,
          fatal: (error) => lifecycle.fatal(error),
        }),
    },
  ],
})
export class IngestModule implements OnModuleInit {
  constructor(
    @Inject(KafkaProducer) private readonly producer: KafkaProducer,
    @Inject(KafkaAdmin) private readonly admin: KafkaAdmin,
    @Optional() @Inject(Database) private readonly database: Database | null,
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    this.lifecycle.onDrain('connections', 'kafka producer', () => this.producer.disconnect());
    this.lifecycle.onDrain('connections', 'kafka admin', () => this.admin.disconnect());
    this.lifecycle.onDrain('connections', 'database', () => this.database?.close());
  }
}
