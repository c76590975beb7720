import { deadLetter, streamOf } from '@chip/contracts';
import { KafkaProducer, sendDeadLetters } from '@chip/kafka';
import { type Logger } from '@chip/service';
import { LOGGER } from '@chip/service/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { RefusedElement } from './loaders/refused-element.ts';
import { WriterMetrics } from './writer.metrics.ts';

/** Takes refused elements. Resolves once the broker has acknowledged every letter. */
export interface DeadLetters {
  send(topic: string, partition: number, refused: readonly RefusedElement[]): Promise<void>;
}

/** Letters built and sent at a time: their values are copies of the events, which may take several MiB each. */
const LETTERS_AT_ONCE = 100;

/** Dead letters of stage `writer`: the normalised event as JSON, ready to be published again. */
@Injectable()
export class KafkaDeadLetters implements DeadLetters {
  readonly #producer: KafkaProducer;
  readonly #metrics: WriterMetrics;
  readonly #logger: Logger;

  constructor(producer: KafkaProducer, metrics: WriterMetrics, @Inject(LOGGER) logger: Logger) {
    this.#producer = producer;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  async send(topic: string, partition: number, refused: readonly RefusedElement[]): Promise<void> {
    const failedAt = new Date().toISOString();
    for (let from = 0; from < refused.length; from += LETTERS_AT_ONCE) {
      const letters = refused.slice(from, from + LETTERS_AT_ONCE).map((element) =>
        deadLetter({
          topic,
          partition,
          offset: element.sourceOffset,
          place: element.place,
          refusal: element.refusal,
          stage: 'writer',
          failedAt,
          value: Buffer.from(JSON.stringify(element.normalised)),
          replay: element.replay,
        }),
      );
      const pointers = await sendDeadLetters(this.#producer, topic, letters);
      if (pointers > 0) {
        this.#logger.warn({ topic, partition, pointers }, 'dead_letters_cut_to_pointers');
      }
    }
    const fields = streamOf(topic)?.machineFields ?? [];
    for (const { refusal, normalised } of refused) {
      const machine = fields.map((field) => normalised[field]).find((name) => typeof name === 'string' && name !== '');
      this.#metrics.deadLetters.inc({ topic, code: refusal.code });
      this.#metrics.machineDeadLetters.inc({ topic, machine: this.#metrics.machines.of(String(machine ?? 'unknown')) });
    }
  }
}
