/** Dead letters: counted by cause and machine, one by one, patched and replayed. */
import { KafkaProducer, type KafkaVariables, serviceConnection, TopicReader } from '@chip/kafka';
import { type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { type QueryConfig } from '../query.config.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { DeadLettersQuery } from './dead-letters.query.ts';
import { LetterIndexer, LETTER_READER } from './letter-indexer.ts';
import { OneLetterQuery } from './one-letter.query.ts';
import { LETTER_PRODUCER, ReplayRunner } from './replays/replay-runner.ts';
import { ReplaysController } from './replays/replays.controller.ts';
import { ReplaysQuery } from './replays/replays.query.ts';

const hasBrokers = (config: QueryConfig): config is QueryConfig & Pick<KafkaVariables, 'KAFKA_BROKERS'> =>
  config.KAFKA_BROKERS !== undefined;

@Module({
  controllers: [DeadLettersController, ReplaysController],
  providers: [
    {
      provide: LETTER_READER,
      inject: [CONFIG, Registry, LOGGER],
      useFactory: (config: QueryConfig, registry: Registry, logger: Logger): TopicReader | null =>
        hasBrokers(config) ? new TopicReader(serviceConnection(config, 'query', registry), logger) : null,
    },
    {
      provide: LETTER_PRODUCER,
      inject: [CONFIG, Registry, LOGGER],
      useFactory: (config: QueryConfig, registry: Registry, logger: Logger): KafkaProducer | null =>
        config.LETTER_REPLAY && hasBrokers(config)
          ? new KafkaProducer(serviceConnection(config, 'query-replay', registry), logger)
          : null,
    },
    LetterIndexer,
    DeadLettersQuery,
    OneLetterQuery,
    ReplayRunner,
    ReplaysQuery,
  ],
})
export class DeadLettersModule {}
