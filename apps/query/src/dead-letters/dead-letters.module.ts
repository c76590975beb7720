/** Dead letters, counted by cause and machine, and one by one. */
import { type KafkaVariables, serviceConnection, TopicReader } from '@chip/kafka';
import { CONFIG, LOGGER, type Logger } from '@chip/service';
import { Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { type QueryConfig } from '../query.config.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { DeadLettersQuery } from './dead-letters.query.ts';
import { LetterIndexer, LETTER_READER } from './letter-indexer.ts';

const hasBrokers = (config: QueryConfig): config is QueryConfig & Pick<KafkaVariables, 'KAFKA_BROKERS'> =>
  config.KAFKA_BROKERS !== undefined;

@Module({
  controllers: [DeadLettersController],
  providers: [
    {
      provide: LETTER_READER,
      inject: [CONFIG, Registry, LOGGER],
      useFactory: (config: QueryConfig, registry: Registry, logger: Logger): TopicReader | null =>
        hasBrokers(config) ? new TopicReader(serviceConnection(config, 'query', registry), logger) : null,
    },
    LetterIndexer,
    DeadLettersQuery,
  ],
})
export class DeadLettersModule {}
