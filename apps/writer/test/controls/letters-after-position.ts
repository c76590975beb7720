/**
 * Negative control of the fault suite, never shipped: a writer that says a dead letter is sent and sends it a second
 * later, when the position has moved. A crash in between loses it, and the checker must notice.
 */
import { KafkaProducer } from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import { type Logger } from '@chip/service';
import { LOGGER, runService } from '@chip/service/nest';
import { type DeadLetters, KafkaDeadLetters } from '../../src/dead-letters.ts';
import { writerSchema } from '../../src/writer.config.ts';
import { WriterConsumer } from '../../src/writer.consumer.ts';
import { WriterMetrics } from '../../src/writer.metrics.ts';
import { WriterModule } from '../../src/writer.module.ts';

class LateDeadLetters implements DeadLetters {
  readonly #later: DeadLetters;
  readonly #logger: Logger;

  constructor(later: DeadLetters, logger: Logger) {
    this.#later = later;
    this.#logger = logger;
  }

  send(...letters: Parameters<DeadLetters['send']>): Promise<void> {
    setTimeout(() => {
      this.#later.send(...letters).catch((error: unknown) => this.#logger.error({ err: error }, 'letters_lost'));
    }, 1_000);
    return Promise.resolve();
  }
}

await runService({
  name: 'writer',
  schema: writerSchema,
  module: () => ({
    ...WriterModule.forConsumer(WriterConsumer),
    providers: [
      {
        provide: KafkaDeadLetters,
        inject: [KafkaProducer, WriterMetrics, LOGGER],
        useFactory: (producer: KafkaProducer, metrics: WriterMetrics, logger: Logger) =>
          new LateDeadLetters(new KafkaDeadLetters(producer, metrics, logger), logger),
      },
    ],
  }),
  strategies: [KafkaBatchServer],
});
