import { DEAD_LETTER_HEADERS, deadLetterTopic, REPLAY_HEADERS } from '@chip/contracts';
import type { KafkaProducer } from '@chip/kafka';
import { keyOfRefused, type RefusedElement } from './refused-element.ts';
import type { WriterMetrics } from './writer.metrics.ts';

/** Where refused elements go. Resolves when the broker has acknowledged them all. */
export interface DeadLetters {
  send(topic: string, partition: number, refused: readonly RefusedElement[]): Promise<void>;
}

/** Dead letters of stage `writer`: the normalised event as JSON, so that it can be published again. */
export class KafkaDeadLetters implements DeadLetters {
  readonly #producer: KafkaProducer;
  readonly #metrics: WriterMetrics;

  constructor(producer: KafkaProducer, metrics: WriterMetrics) {
    this.#producer = producer;
    this.#metrics = metrics;
  }

  async send(topic: string, partition: number, refused: readonly RefusedElement[]): Promise<void> {
    const failedAt = new Date().toISOString();
    await this.#producer.sendAll(
      deadLetterTopic(topic),
      refused.map((element) => ({
        key: keyOfRefused(topic, partition, element),
        value: JSON.stringify(element.normalised),
        headers: {
          [DEAD_LETTER_HEADERS.code]: element.refusal.code,
          [DEAD_LETTER_HEADERS.detail]: element.refusal.detail,
          [DEAD_LETTER_HEADERS.topic]: topic,
          [DEAD_LETTER_HEADERS.partition]: String(partition),
          [DEAD_LETTER_HEADERS.offset]: String(element.sourceOffset),
          ...(element.place === undefined ? {} : { [DEAD_LETTER_HEADERS.index]: String(element.place) }),
          [DEAD_LETTER_HEADERS.failedAt]: failedAt,
          [DEAD_LETTER_HEADERS.stage]: 'writer',
          [DEAD_LETTER_HEADERS.content]: 'normalised',
          ...(element.replay === undefined
            ? {}
            : {
                [REPLAY_HEADERS.of]: element.replay.of,
                [REPLAY_HEADERS.count]: String(element.replay.count),
              }),
        },
      })),
    );
    for (const { refusal } of refused) this.#metrics.deadLetters.inc({ topic, code: refusal.code });
  }
}
