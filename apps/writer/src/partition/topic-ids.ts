import type { KafkaAdmin } from '@chip/kafka';
import type { Logger } from '@chip/service';

/** All partitions of a topic ask on assignment: one answer serves them all. */
const FRESH_MS = 1_000;

/** The current topic ids as the broker reports them, so that offsets of a topic and its successor are never mixed. */
export class TopicIds {
  readonly #admin: Pick<KafkaAdmin, 'topicId'>;
  readonly #logger: Logger;
  readonly #answers = new Map<string, { at: number; id: Promise<string | null> }>();
  #hasWarned = false;

  constructor(admin: Pick<KafkaAdmin, 'topicId'>, logger: Logger) {
    this.#admin = admin;
    this.#logger = logger;
  }

  /** @returns the id, or null while unknown: an unknown id contradicts nothing. Never throws. */
  current(topic: string): Promise<string | null> {
    const known = this.#answers.get(topic);
    const now = performance.now();
    if (known !== undefined && now - known.at < FRESH_MS) {
      return known.id;
    }
    const id = this.#ask(topic);
    this.#answers.set(topic, { at: now, id });
    return id;
  }

  async #ask(topic: string): Promise<string | null> {
    try {
      const id = await this.#admin.topicId(topic);
      this.#hasWarned = false;
      return id;
    } catch (error) {
      this.#logger[this.#hasWarned ? 'debug' : 'warn']({ err: error, topic }, 'topic_id_unknown');
      this.#hasWarned = true;
      return null;
    }
  }
}
