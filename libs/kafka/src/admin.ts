/** Topics, offsets and groups, for start-up checks and operator commands. */
import { setTimeout as sleep } from 'node:timers/promises';
import { retry, withDeadline, type Logger } from '@chip/service';
import type { TopicSpec } from '@chip/contracts';
import kafkajs, { type Admin, type Cluster } from 'kafkajs';
import { clusterOf, createKafka, type KafkaConnection } from './client.ts';
import {
  kafkaErrorType,
  KafkaRefusedError,
  KafkaUnavailableError,
  PartitionLostError,
  translateKafkaError,
} from './kafka.error.ts';
import { groupOnBroker, topicOnBroker } from './names.ts';
import { fetchTopicId } from './kafkajs-patches/topic-id.ts';

/** The first offset that still exists and the offset of the next record. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

/** Limit of every administrative call, retries included, in ms. */
const CALL_TIMEOUT_MS = 20_000;
/** How long brokers may take to learn of new partitions. */
const SPREAD_MS = 10_000;
/** With this many replicas a write counts once two have it: one broker may die without loss or interruption. */
const REPLICAS_FOR_TWO_IN_SYNC = 3;

/**
 * Topics, offsets and group offsets, for start-up checks and operator commands. Takes and returns names of the
 * contract; messages to people use the names on the brokers.
 *
 * All methods throw KafkaUnavailableError, TopicMissingError or KafkaRefusedError.
 */
export class KafkaAdmin {
  readonly #admin: Admin;
  readonly #connection: KafkaConnection;
  readonly #makeCluster: () => Cluster;
  #connecting: Promise<void> | undefined;
  #cluster: Cluster | undefined;

  constructor(connection: KafkaConnection, logger: Logger) {
    this.#connection = connection;
    this.#admin = createKafka(connection, logger).admin({ retry: { retries: 4 } });
    this.#makeCluster = () => clusterOf(connection, logger);
  }

  /** A topic's name on the brokers, for messages to people who look there. */
  nameOf(topic: string): string {
    return topicOnBroker(this.#connection, topic);
  }

  #onBroker(spec: TopicSpec): TopicSpec {
    return { ...spec, name: this.nameOf(spec.name) };
  }

  /**
   * Creates the topics of `catalogue` that do not exist. Leaves existing ones alone; see {@link checkTopics}.
   *
   * @param replication replicas of each partition; -1 (default) is the brokers' own default.
   * @returns the names of the topics that this call created.
   */
  async createTopics(
    catalogue: readonly TopicSpec[],
    { replication = -1 }: { replication?: number } = {},
  ): Promise<string[]> {
    const names = new Set(await this.missingTopics(catalogue));
    const missing = catalogue.filter(({ name }) => names.has(name));
    const created: string[] = [];
    // One by one: the client reports only per request whether it created the topics, and another process may create some.
    for (const { name, partitions, settings } of missing) {
      const isOurs = await this.#call('create topics', (admin) =>
        admin.createTopics({
          // kafkajs's own waiting fails while a broker does not know the topic yet.
          waitForLeaders: false,
          timeout: 10_000,
          topics: [
            {
              topic: this.nameOf(name),
              numPartitions: partitions,
              replicationFactor: replication,
              configEntries: Object.entries(
                replication >= REPLICAS_FOR_TWO_IN_SYNC ? { 'min.insync.replicas': '2', ...settings } : settings,
              ).map(([setting, value]) => ({ name: setting, value })),
            },
          ],
        }),
      );
      if (isOurs) {
        created.push(name);
      }
    }
    await this.#untilUsable([...names]);
    return created;
  }

  /** @returns the names of the topics of `catalogue` that do not exist */
  async missingTopics(catalogue: readonly TopicSpec[]): Promise<string[]> {
    const existing = new Set(await this.#call('list topics', (admin) => admin.listTopics()));
    return catalogue.map(({ name }) => name).filter((name) => !existing.has(this.nameOf(name)));
  }

  /** Returns one sentence for each difference from `catalogue`; empty when all is well. */
  async checkTopics(catalogue: readonly TopicSpec[]): Promise<string[]> {
    const missing = await this.missingTopics(catalogue);
    const differences = missing.map((name) => `topic ${this.nameOf(name)} does not exist`);
    const present = catalogue.filter(({ name }) => !missing.includes(name)).map((spec) => this.#onBroker(spec));
    if (present.length === 0) {
      return differences;
    }
    const partitions = await this.#partitionCounts(present.map(({ name }) => name));
    const { resources } = await this.#call('describe topics', (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: present.map(({ name, settings }) => ({
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configNames: Object.keys(settings),
        })),
      }),
    );
    for (const spec of present) {
      const count = partitions.get(spec.name) ?? 0;
      if (count < spec.partitions) {
        differences.push(`topic ${spec.name} has ${count} partitions, expected ${spec.partitions}`);
      }
      const actual = new Map(
        resources
          .find(({ resourceName }) => resourceName === spec.name)
          ?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      for (const [setting, expected] of Object.entries(spec.settings)) {
        const value = actual.get(setting);
        if (value !== expected) {
          differences.push(`topic ${spec.name} has ${setting}=${value ?? 'unset'}, expected ${expected}`);
        }
      }
    }
    return differences;
  }

  /** Number of partitions of a topic. */
  async partitionCount(topic: string): Promise<number> {
    const name = this.nameOf(topic);
    return (await this.#partitionCounts([name])).get(name) ?? 0;
  }

  /** Raises the number of partitions; leaves alone a topic that has as many or more. */
  async growTopic(topic: string, partitions: number): Promise<void> {
    if ((await this.partitionCount(topic)) >= partitions) {
      return;
    }
    const name = this.nameOf(topic);
    await this.#call(`grow ${name}`, (admin) =>
      admin.createPartitions({ timeout: 10_000, topicPartitions: [{ topic: name, count: partitions }] }),
    );
    // The controller answers before every broker knows about it.
    const deadline = performance.now() + SPREAD_MS;
    while ((await this.partitionCount(topic)) < partitions && performance.now() < deadline) {
      await sleep(100);
    }
  }

  /** Offsets of every partition of `topic`, by partition. */
  async topicOffsets(name: string): Promise<Map<number, OffsetRange>> {
    const topic = this.nameOf(name);
    const offsets = await this.#call(`offsets of ${topic}`, (admin) => admin.fetchTopicOffsets(topic), { topic });
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /** Per partition of `topic` the offset of its first record from `ms` (since 1970) on; the end if there is none. */
  async offsetsAt(name: string, ms: number): Promise<Map<number, number>> {
    const topic = this.nameOf(name);
    const offsets = await this.#call(
      `offsets of ${topic} at a time`,
      (admin) => admin.fetchTopicOffsetsByTimestamp(topic, ms),
      { topic },
    );
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /**
   * The UUID that Kafka gave the topic on creation, such as `c5b1e0f4-…`. A topic recreated under the same name has a
   * different one, and so has its copy on another cluster.
   */
  async topicId(name: string): Promise<string> {
    const topic = this.nameOf(name);
    return this.#onCluster(`id of topic ${topic}`, { topic }, async (cluster) =>
      fetchTopicId(await cluster.findControllerBroker(), topic),
    );
  }

  /** Committed offsets of `group` for `topic`, by partition; null where nothing is committed. */
  async groupOffsets(groupName: string, topicName: string): Promise<Map<number, number | null>> {
    const topic = this.nameOf(topicName);
    const group = groupOnBroker(this.#connection, groupName);
    const [answer] = await this.#call(
      `offsets of group ${group}`,
      (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }),
      { topic },
    );
    return new Map(
      (answer?.partitions ?? []).map(({ partition, offset }) => [
        partition,
        Number(offset) < 0 ? null : Number(offset),
      ]),
    );
  }

  /** Number of members of `group`; 0 if it is empty or unknown. A killed process counts until its session ends. */
  async groupMembers(groupName: string): Promise<number> {
    const group = groupOnBroker(this.#connection, groupName);
    const { groups } = await this.#call(`describe group ${group}`, (admin) => admin.describeGroups([group]));
    return groups[0]?.members.length ?? 0;
  }

  /** Sets committed offsets of `group`. Kafka refuses this while the group has members. */
  async setGroupOffsets(groupName: string, topicName: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const topic = this.nameOf(topicName);
    const group = groupOnBroker(this.#connection, groupName);
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    // kafkajs's own call joins the group and waits for a fetch, which takes 5 s where the topic is empty.
    const commit = (): Promise<unknown> =>
      this.#onCluster(`set offsets of group ${group}`, { topic }, async (cluster) => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        return coordinator.offsetCommit({
          groupId: group,
          groupGenerationId: -1,
          memberId: '',
          topics: [{ topic, partitions }],
        });
      }).catch((error: unknown) => {
        throw error instanceof PartitionLostError
          ? new KafkaRefusedError(`set offsets of group ${group}: it has members`, { cause: error })
          : error;
      });
    await retry(commit, { budgetMs: CALL_TIMEOUT_MS });
  }

  async disconnect(): Promise<void> {
    if (this.#cluster !== undefined) {
      await withDeadline(this.#cluster.disconnect(), 5_000, 'disconnect from Kafka');
    }
    if (this.#connecting === undefined) {
      return;
    }
    await withDeadline(this.#admin.disconnect(), 5_000, 'disconnect from Kafka');
  }

  /**
   * The metadata name a partition's leader a moment before that broker accepts records for it. A client that publishes
   * to several partitions meanwhile is refused by one of them, and if it repeats the whole request, the others store it
   * twice.
   */
  async #untilUsable(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      await retry(() => this.topicOffsets(topic), { budgetMs: CALL_TIMEOUT_MS });
    }
  }

  async #partitionCounts(topics: string[]): Promise<Map<string, number>> {
    const metadata = await this.#call('describe topics', (admin) => admin.fetchTopicMetadata({ topics }));
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  /** For requests that kafkajs's admin client does not offer. */
  #onCluster<T>(what: string, context: object, call: (cluster: Cluster) => Promise<T>): Promise<T> {
    const cluster = (this.#cluster ??= this.#makeCluster());
    return this.#call(
      what,
      async () => {
        await cluster.connect();
        await cluster.refreshMetadataIfNecessary();
        return call(cluster);
      },
      context,
    );
  }

  async #call<T>(what: string, call: (admin: Admin) => Promise<T>, context = {}): Promise<T> {
    this.#connecting ??= this.#admin.connect().catch(async (error: unknown) => {
      this.#connecting = undefined;
      // A socket that failed to authenticate stays open on both sides and keeps a command from ending.
      await this.#admin.disconnect().catch(() => undefined);
      throw error;
    });
    try {
      return await withDeadline(
        this.#connecting.then(() => call(this.#admin)),
        CALL_TIMEOUT_MS,
        what,
      );
    } catch (error) {
      // The coordinator of a group moves, also when the first group of a new cluster makes it; the next call finds it.
      throw kafkaErrorType(error) === 'NOT_COORDINATOR_FOR_GROUP'
        ? new KafkaUnavailableError(`${what}: its coordinator has moved`, { cause: error, context })
        : translateKafkaError(error, what, context);
    }
  }
}
