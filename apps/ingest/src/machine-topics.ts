import { type MachineTopic, TOPICS } from '@chip/contracts';
import { type KafkaAdmin, KafkaRefusedError } from '@chip/kafka';
import type { HealthState } from '@chip/service';

/** An id is asked for again after this: so long a recreated topic can go unnoticed. */
const MAX_ID_AGE_MS = 3_000;
/** So long the answer about a topic's settings is good for. */
const MAX_CHECK_AGE_MS = 5_000;
const TIMESTAMP_TYPE = 'message.timestamp.type';

/** What ingest must know about the machine topics besides their records: which topic it is, and whose clock it has. */
export class MachineTopics {
  readonly #admin: Pick<KafkaAdmin, 'topicId' | 'checkTopics'>;
  readonly #ids = new Map<string, { id: string; at: number; asking?: Promise<string> }>();
  readonly #problems = new Map<string, string>();
  readonly #checked = new Map<string, { at: number; problem: string | null }>();

  constructor(admin: Pick<KafkaAdmin, 'topicId' | 'checkTopics'>) {
    this.#admin = admin;
  }

  /**
   * Kafka's id of the topic, at most a few seconds old.
   *
   * @throws KafkaUnavailableError, TopicMissingError: without a fresh id no block may be made
   */
  async id(topic: string): Promise<string> {
    const known = this.#ids.get(topic);
    if (known !== undefined && performance.now() - known.at <= MAX_ID_AGE_MS) {
      return known.id;
    }
    if (known?.asking !== undefined) {
      return known.asking;
    }
    const asked = performance.now();
    const asking = this.#admin.topicId(topic).then((id) => {
      this.#ids.set(topic, { id, at: asked });
      return id;
    });
    this.#ids.set(topic, { id: known?.id ?? '', at: -Infinity, asking });
    asking.catch(() => this.#ids.delete(topic));
    return asking;
  }

  /** The topic is not what it was, or may not be: the next block asks. */
  forgetId(topic: string): void {
    this.#ids.delete(topic);
  }

  /**
   * Looks whether the broker sets the timestamps of the topic.
   *
   * @param name what the topic is called on the broker
   * @returns what is wrong, with the command that repairs it; null when all is well
   * @throws KafkaUnavailableError
   */
  async timestampProblem(topic: MachineTopic, name: string = topic): Promise<string | null> {
    const checked = this.#checked.get(name);
    if (checked !== undefined && performance.now() - checked.at < MAX_CHECK_AGE_MS) {
      return checked.problem;
    }
    const problem = await this.#timestampProblem(topic, name);
    this.#checked.set(name, { at: performance.now(), problem });
    return this.#remember(name, problem);
  }

  async #timestampProblem(topic: MachineTopic, name: string): Promise<string | null> {
    const expected = TOPICS.find((spec) => spec.name === topic)!.settings[TIMESTAMP_TYPE]!;
    try {
      const problems = await this.#admin.checkTopics([
        { name, partitions: 1, settings: { [TIMESTAMP_TYPE]: expected } },
      ]);
      const problem = problems.find((sentence) => sentence.includes(TIMESTAMP_TYPE));
      return problem === undefined
        ? null
        : `${problem}; repair it: kafka-configs.sh --bootstrap-server <broker> --alter --entity-type topics --entity-name ${name} --add-config ${TIMESTAMP_TYPE}=${expected}`;
    } catch (error) {
      if (!(error instanceof KafkaRefusedError)) {
        throw error;
      }
      return `whether ${name} has ${TIMESTAMP_TYPE}=${expected} cannot be told: ingest may not describe its settings (${error.message})`;
    }
  }

  readiness(): HealthState {
    return this.#problems.size === 0
      ? { state: 'up' }
      : { state: 'down', reason: [...this.#problems.values()].join('; ') };
  }

  #remember(topic: string, problem: string | null): string | null {
    if (problem === null) {
      this.#problems.delete(topic);
    } else {
      this.#problems.set(topic, problem);
    }
    return problem;
  }
}
