/** Reads a bounded part of a topic outside any group. */
import { retry, type Logger } from '@chip/service';
import type { Broker, Cluster } from 'kafkajs';
import { clusterOf, type KafkaConnection } from './client.ts';
import { DecompressionBudget } from './records/codecs.ts';
import type { Fetch } from './kafkajs-patches/fetch-interceptor.ts';
import { committedBatches, endOffset } from './records/fetch-response.ts';
import { fetchUndecoded } from './kafkajs-patches/undecoded-fetch.ts';
import { KafkaRefusedError, KafkaUnavailableError, TopicMissingError, translateKafkaError } from './kafka.error.ts';
import { topicOnBroker } from './names.ts';
import type { KafkaRecord, Records } from './records/kafka-record.ts';
import { RecordSet } from './records/record-set.ts';

/** Which part of a topic to read. Offsets outside the broker's range mean its first or last one. */
export interface TopicRange {
  /** Default: all. */
  readonly partitions?: readonly number[];
  /** First offset by partition. Default: the first one the broker still has. */
  readonly from?: ReadonlyMap<number, number>;
  /** Offset after the last one, by partition. Default: the end when reading begins. */
  readonly to?: ReadonlyMap<number, number>;
  readonly signal?: AbortSignal;
}

export interface TopicRecord extends KafkaRecord {
  readonly partition: number;
}

/** Compressed bytes per fetch; with the decompression budget it bounds the reader's memory. */
const FETCH_BYTES = 1024 * 1024;
/** The broker answers at once when there is something to read, and below the end there always is. */
const FETCH_WAIT_MS = 500;
/** Total time for one fetch with its retries: a broker may restart meanwhile. */
const FETCH_BUDGET_MS = 30_000;
/** This many answers without a record below the end of the partition mean that something is wrong with it. */
const MAX_EMPTY_FETCHES = 10;
const READ_COMMITTED = 1;

/**
 * Reads a bounded part of a topic, partition by partition, in offset order, and ends. It joins no group and commits
 * nothing, so it neither disturbs a group nor leaves anything behind. It omits records of aborted transactions and
 * records written after the start. It holds one fetch in memory, however long the topic is.
 *
 * @throws KafkaUnavailableError, TopicMissingError, KafkaRefusedError (also for a record batch that cannot be decoded)
 */
export async function* readTopic(
  connection: KafkaConnection,
  logger: Logger,
  name: string,
  range: TopicRange = {},
): AsyncGenerator<TopicRecord, void, undefined> {
  const topic = topicOnBroker(connection, name);
  const cluster = clusterOf(connection, logger);
  const reader = new PartitionReader(cluster, topic);
  try {
    for (const partition of await reader.partitions()) {
      if (range.partitions !== undefined && !range.partitions.includes(partition)) {
        continue;
      }
      const { low, high } = await reader.range(partition);
      const to = Math.min(high, range.to?.get(partition) ?? high);
      let offset = Math.max(low, range.from?.get(partition) ?? low);
      for (let empty = 0; offset < to;) {
        range.signal?.throwIfAborted();
        const { records, nextOffset } = await reader.fetch(partition, offset);
        for (const record of records) {
          if (record.offset >= to) {
            break;
          }
          const { offset: at, timestamp, key, value, headers } = record;
          yield { offset: at, timestamp, key, value, headers, partition };
        }
        if (nextOffset > offset) {
          offset = nextOffset;
          empty = 0;
          continue;
        }
        // Meanwhile deleted by retention, or the log became shorter under a new leader.
        const now = await reader.range(partition);
        if (offset >= now.high) {
          break;
        }
        offset = Math.max(offset, now.low);
        if (++empty === MAX_EMPTY_FETCHES) {
          throw new KafkaUnavailableError(
            `read ${topic}/${partition}: the broker returns nothing at offset ${offset}`,
            {
              context: { topic, partition, offset, high: now.high },
            },
          );
        }
      }
    }
  } finally {
    await cluster.disconnect().catch((error: unknown) => logger.debug({ err: error }, 'disconnect_incomplete'));
  }
}

/** {@link readTopic} on the connection of a service. */
export class TopicReader {
  readonly #connection: KafkaConnection;
  readonly #logger: Logger;

  constructor(connection: KafkaConnection, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
  }

  read(topic: string, range?: TopicRange): AsyncIterable<TopicRecord> {
    return readTopic(this.#connection, this.#logger, topic, range);
  }

  /** @returns the offset behind the last record, by partition */
  async ends(name: string): Promise<Map<number, number>> {
    const cluster = clusterOf(this.#connection, this.#logger);
    const reader = new PartitionReader(cluster, topicOnBroker(this.#connection, name));
    try {
      const ends = new Map<number, number>();
      for (const partition of await reader.partitions()) {
        ends.set(partition, (await reader.range(partition)).high);
      }
      return ends;
    } finally {
      await cluster.disconnect().catch((error: unknown) => this.#logger.debug({ err: error }, 'disconnect_incomplete'));
    }
  }
}

class PartitionReader {
  constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
  ) {}

  partitions(): Promise<number[]> {
    return this.#call(`read ${this.topic}`, async () => {
      await this.cluster.connect();
      await this.cluster.addTargetTopic(this.topic);
      return this.cluster
        .findTopicPartitionMetadata(this.topic)
        .map(({ partitionId }) => partitionId)
        .sort((a, b) => a - b);
    });
  }

  async range(partition: number): Promise<{ low: number; high: number }> {
    const end = (fromBeginning: boolean): Promise<number> =>
      this.#call(`offsets of ${this.topic}/${partition}`, async () => {
        const [answer] = await this.cluster.fetchTopicsOffset([
          { topic: this.topic, partitions: [{ partition }], fromBeginning },
        ]);
        return Number(answer?.partitions[0]?.offset);
      });
    const [low, high] = await Promise.all([end(true), end(false)]);
    return { low, high };
  }

  /** The records from `offset` on, as many as one answer holds; none if the broker has no such offset. */
  fetch(partition: number, offset: number): Promise<{ records: Records; nextOffset: number }> {
    return this.#call(`read ${this.topic}/${partition} at offset ${offset}`, async () => {
      const leaders = this.cluster.findLeaderForPartitions(this.topic, [partition]);
      const [nodeId] = Object.keys(leaders);
      if (nodeId === undefined) {
        throw new TopicMissingError(`${this.topic}/${partition} has no leader`);
      }
      const broker: Broker = await this.cluster.findBroker({ nodeId });
      const fetch = broker.fetch.bind(broker) as unknown as Fetch;
      const { responses } = await fetchUndecoded(new DecompressionBudget(), () =>
        fetch({
          isolationLevel: READ_COMMITTED,
          minBytes: 1,
          maxBytes: FETCH_BYTES,
          maxWaitTime: FETCH_WAIT_MS,
          topics: [
            { topic: this.topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] },
          ],
        }),
      );
      const answer = responses[0]?.partitions[0];
      if (answer === undefined || answer.isOutOfRange) {
        return { records: [], nextOffset: offset };
      }
      if (answer.undecodable !== null) {
        throw new KafkaRefusedError(
          `the record batch of ${this.topic}/${partition} at ${offset} cannot be read: ${answer.undecodable.reason}`,
          { context: { topic: this.topic, partition, offset } },
        );
      }
      return { records: new RecordSet(committedBatches(answer), offset), nextOffset: endOffset(answer, offset) };
    });
  }

  #call<T>(what: string, call: () => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => {
      try {
        return await call();
      } catch (error) {
        throw translateKafkaError(error, what, { topic: this.topic });
      }
    };
    return retry(attempt, {
      budgetMs: FETCH_BUDGET_MS,
      firstDelayMs: 200,
      maxDelayMs: 2_000,
      // A missing topic stays missing: a misspelt name should fail at once.
      isRetriable: (error) => error instanceof KafkaUnavailableError,
      onRetry: () => void this.cluster.refreshMetadata().catch(() => undefined),
    });
  }
}
