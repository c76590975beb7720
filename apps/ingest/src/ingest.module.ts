import { KafkaModule } from '@chip/kafka/nest';
import { DatabaseModule } from '@chip/persistence/nest';
import { Module } from '@nestjs/common';
import type { IngestConfig } from './ingest.config.ts';
import { IngestConsumer } from './ingest.consumer.ts';
import { IngestMetrics } from './ingest.metrics.ts';

/** Composition root of ingest: the only place that names its adapters. */
@Module({
  imports: [
    KafkaModule.forRoot<IngestConfig>({
      clientId: 'chip-ingest',
      groups: (config) =>
        Object.fromEntries(config.INGEST_STREAMS.map(({ source, ingestGroup }) => [source, ingestGroup])),
      consumer: (config) => ({ partitionsConcurrently: config.PARTITIONS_CONCURRENTLY }),
    }),
    DatabaseModule.forRoot<IngestConfig>({
      applicationName: 'chip-ingest',
      url: (config) => config.DATABASE_URL,
      pool: () => ({ max: 1 }),
    }),
  ],
  controllers: [IngestConsumer],
  providers: [IngestMetrics],
})
export class IngestModule {}
