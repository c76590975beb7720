/** Dead letters, counted by cause and machine, and one by one. */
import { kafkaConnection, TopicReader } from '@chip/kafka';
import { CONFIG, LOGGER, type Logger, watchCertificate } from '@chip/service';
import { Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { type QueryConfig } from '../query.config.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { DeadLettersQuery } from './dead-letters.query.ts';
import { LetterIndexer, LETTER_READER } from './letter-indexer.ts';

@Module({
  controllers: [DeadLettersController],
  providers: [
    {
      provide: LETTER_READER,
      inject: [CONFIG, Registry, LOGGER],
      useFactory: (config: QueryConfig, registry: Registry, logger: Logger): TopicReader | null => {
        const { KAFKA_BROKERS } = config;
        if (KAFKA_BROKERS === undefined) {
          return null;
        }
        for (const name of config.KAFKA_SSL ? (['KAFKA_SSL_CA', 'KAFKA_SSL_CERT'] as const) : []) {
          const pem = config[name];
          if (pem !== undefined) {
            watchCertificate(registry, name, () => pem);
          }
        }
        const connection = kafkaConnection({ ...config, KAFKA_BROKERS, GROUP_PREFIX: '' }, `query-${config.INSTANCE}`);
        return new TopicReader(connection, logger);
      },
    },
    LetterIndexer,
    DeadLettersQuery,
  ],
})
export class DeadLettersModule {}
