import { type MachineTopic, TOPICS } from '@chip/contracts';
import { type KafkaAdmin, KafkaRefusedError } from '@chip/kafka';
import type { HealthState } from '@chip/service';

/** Age after which an id is fetched again: a recreated topic can go unnoticed for this long. */
const MAX_ID_AGE_MS = 3_000;
/** Age after which a topic's settings are checked again. */
const MAX_CHECK_AGE_MS = 5_000;
const TIMESTAMP_TYPE = 'message.timestamp.type';

/** Facts about the machine topics beyond their records: which topic it is, and whose clock sets its timestamps. */
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
   * @throws KafkaUnavailableError, TopicMissingError: no block may be made without a fresh id
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
    // The answer is outdated if the id was forgotten meanwhile.
    const isWanted = (): boolean => this.#ids.get(topic)?.asking === asking;
    const asking = this.#admin.topicId(topic).then((id) => {
      if (isWanted()) {
        this.#ids.set(topic, { id, at: asked });
      }
      return id;
    });
    this.#ids.set(topic, { id: known?.id ?? '', at: -Infinity, asking });
    asking.catch(() => isWanted() && this.#ids.delete(topic));
    return asking;
  }

  /** The topic changed, or may have: the next block fetches its id again. */
  forgetId(topic: string): void {
    this.#ids.delete(topic);
  }

  /**
   * Checks whether the broker sets the timestamps of the topic.
   *
   * @param name the topic's name on the broker
   * @returns what is wrong, with the command that fixes it; null when all is well
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
        : `${problem}; fix it: kafka-configs.sh --bootstrap-server <broker> --alter --entity-type topics --entity-name ${name} --add-config ${TIMESTAMP_TYPE}=${expected}`;
    } catch (error) {
      if (!(error instanceof KafkaRefusedError)) {
        throw error;
      }
      return `cannot check whether ${name} has ${TIMESTAMP_TYPE}=${expected}: ingest may not describe its settings (${error.message})`;
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
