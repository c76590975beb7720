import { setTimeout as sleep } from 'node:timers/promises';
import { STREAMS } from '@chip/contracts';
import { TopicMissingError, type TopicReader } from '@chip/kafka';
import { indexLetters } from '@chip/letters';
import { Lifecycle, type Logger } from '@chip/service';
import { LOGGER } from '@chip/service/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PrimaryDatabase } from '../primary-database.ts';

/** Reads the dead-letter topics; null without KAFKA_BROKERS. */
export const LETTER_READER = Symbol('letter reader');

/** Between two looks for new letters. Each look opens a connection to the brokers. */
const PAUSE_MS = 5_000;
/** While the brokers or the database do not answer, the pause doubles up to this. */
const LONGEST_PAUSE_MS = 30_000;

/** Longest wait at the end for what runs: brokers that are away are asked for longer. */
const END_MS = 2_000;

/** Keeps the table of dead letters up to date for as long as the service runs. */
@Injectable()
export class LetterIndexer implements OnApplicationBootstrap {
  readonly #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(
    @Inject(LETTER_READER) private readonly reader: TopicReader | null,
    private readonly database: PrimaryDatabase,
    lifecycle: Lifecycle,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    lifecycle.onDrain('intake', 'dead letters', () => {
      this.#stop.abort();
      return Promise.race([this.#work, sleep(END_MS, undefined, { ref: false })]);
    });
  }

  get isOn(): boolean {
    return this.reader !== null;
  }

  onApplicationBootstrap(): void {
    if (this.reader !== null) {
      this.#work = this.#run(this.reader);
    }
  }

  async #run(reader: TopicReader): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = PAUSE_MS;
    while (!signal.aborted) {
      let isWhole = true;
      for (const { source } of STREAMS) {
        isWhole = (await this.#index(source, reader, signal)) && isWhole;
      }
      // Once per outage: the table says itself how far it is.
      if (isWhole) {
        this.#isFailing = false;
      }
      await sleep(isWhole ? PAUSE_MS : pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = isWhole ? PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  async #index(topic: string, reader: TopicReader, signal: AbortSignal): Promise<boolean> {
    try {
      const letters = await indexLetters(topic, reader, this.database, signal);
      if (letters > 0) {
        this.logger.debug({ topic, letters }, 'dead_letters_indexed');
      }
      return true;
    } catch (error) {
      if (signal.aborted || error instanceof TopicMissingError) {
        return true;
      }
      this.logger[this.#isFailing ? 'debug' : 'warn']({ err: error, topic }, 'dead_letters_not_indexed');
      this.#isFailing = true;
      return false;
    }
  }
}
