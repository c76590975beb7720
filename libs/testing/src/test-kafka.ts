import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import kafkajs, { type Admin, type Kafka, type Message, type Producer } from 'kafkajs';
import { kafkaAccess, type KafkaAccess } from './kafka-access.ts';
import { waitFor } from './wait-for.ts';

/** The value of an environment variable that a test requires: a missing server is a failure, not a skip. */
export function requiredEnv(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set; the integration tests need the local servers (see the README)`);
  }
  return value;
}

/**
 * Topics under random names on the broker of `KAFKA_BROKERS`, removed by {@link close}, and plain clients next to our
 * own.
 */
export class TestKafka {
  readonly brokers: string[];
  readonly #access = kafkaAccess();
  readonly client: Kafka;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #topics: string[] = [];
  readonly #groups: string[] = [];

  private constructor(brokers: string[]) {
    this.brokers = brokers;
    this.client = new kafkajs.Kafka({
      brokers,
      ...this.#access,
      clientId: 'test',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 8 },
    });
    this.#admin = this.client.admin();
    this.#producer = this.client.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  /** @throws when `KAFKA_BROKERS` is unset or no broker answers. */
  static async connect(): Promise<TestKafka> {
    const kafka = new TestKafka(requiredEnv('KAFKA_BROKERS').split(','));
    await kafka.#connect();
    return kafka;
  }

  async #connect(): Promise<void> {
    await this.#admin.connect();
    await this.#producer.connect();
  }

  /** For the tests of one file: connected before the first of them, closed after the last. */
  static forFile(): TestKafka {
    const kafka = new TestKafka(requiredEnv('KAFKA_BROKERS').split(','));
    beforeAll(() => kafka.#connect());
    afterAll(() => kafka.close());
    return kafka;
  }

  /** For a client of our own. */
  connection(clientId: string): { brokers: string[]; clientId: string } & KafkaAccess {
    return { brokers: this.brokers, clientId, ...this.#access };
  }

  get admin(): Admin {
    return this.#admin;
  }

  /** A new topic with a random name. */
  async topic(partitions = 1, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = `test.${randomUUID()}`;
    await this.createTopic(topic, partitions, settings);
    this.#topics.push(topic);
    return topic;
  }

  /**
   * Creates a topic and waits until it is usable; kafkajs's own waiting fails while a broker does not know it yet. The
   * metadata name a leader a moment before it accepts records: a request to several partitions, refused by one of them,
   * would be repeated whole, and the others would store its records twice.
   */
  async createTopic(topic: string, partitions = 1, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    await waitFor(
      () => this.#admin.fetchTopicOffsets(topic),
      (found) => found.length === partitions,
    );
  }

  /** Removes a topic that other code created under `name`. */
  removeLater(topic: string): void {
    this.#topics.push(topic);
  }

  /** A random consumer group name, removed with its offsets at the end. */
  group(): string {
    const group = `test-${randomUUID()}`;
    this.#groups.push(group);
    return group;
  }

  /** Publishes with a plain client; resolves once acknowledged. */
  async produce(topic: string, messages: Message[]): Promise<void> {
    await this.#producer.send({ topic, messages, acks: -1 });
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** Removes topics and groups and disconnects. */
  async close(): Promise<void> {
    const existing = new Set(await this.#admin.listTopics());
    const topics = this.#topics.filter((topic) => existing.has(topic));
    if (topics.length > 0) {
      await this.#admin.deleteTopics({ topics });
    }
    // A group that still has a member expires on its own: the test that left it behind has failed anyway.
    if (this.#groups.length > 0) {
      await this.#admin.deleteGroups(this.#groups).catch(() => undefined);
    }
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect()]);
  }
}

/** A TCP port without a listener right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
