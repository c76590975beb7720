/** Stores records, acknowledged by all in-sync replicas. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline, type AppError, type Logger } from '@chip/service';
import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { createKafka, type KafkaConnection } from './client.ts';
import { standInFor } from './kafkajs-patches/encoded-produce.ts';
import type { Compression } from './records/codecs.ts';
import { type BatchRecord, encodeBatch } from './records/encode-batch.ts';
import { topicOnBroker } from './names.ts';
import { KafkaUnavailableError, TopicMissingError, translateKafkaError } from './kafka.error.ts';

/** A record with a value in one piece. */
export interface OutgoingRecord extends BatchRecord {
  readonly value: Buffer | string | null;
}

export interface KafkaProducerOptions {
  /** From the call to the acknowledgement, retries included, in ms. Default 20,000. */
  readonly deadlineMs?: number;
}

/** The brokers' own limit for gathering the acknowledgements of all replicas, in ms. */
const ACK_TIMEOUT_MS = 10_000;

/**
 * kafkajs must not retry a send: it remembers which brokers have answered, and when the leader of a partition moves to
 * one of them meanwhile, it omits the records of that partition and reports success. Each of our attempts sends
 * everything.
 */
export const NO_REPETITION = { retries: 0 };

/** A dead leader is replaced once its session ends, after 9 s by default: attempts go on until the deadline. */
const PAUSE_MS = { first: 200, max: 2_000 };
/** A missing topic rarely appears; a new partition is known after the next look at the metadata. */
const ATTEMPTS_WHILE_MISSING = 4;

/** Bytes of a record beyond key, value and headers, generously: varints and its share of the batch header. */
const RECORD_OVERHEAD_BYTES = 96;

/**
 * A plain producer: acknowledged by all in-sync replicas (`acks=-1`), not idempotent. A retried send may store a record
 * twice; readers must expect that (blocks are trimmed by what they cover, dead letters are distinct by key). kafkajs's
 * idempotent producer would serialise all sends to a broker and retry them without end.
 */
export class KafkaProducer {
  readonly #producer: Producer;
  readonly #connection: KafkaConnection;
  readonly #deadlineMs: number;
  #connecting: Promise<void> | undefined;

  constructor(connection: KafkaConnection, logger: Logger, options: KafkaProducerOptions = {}) {
    this.#connection = connection;
    this.#deadlineMs = options.deadlineMs ?? 20_000;
    this.#producer = createKafka(connection, logger).producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // Within this time the producer knows grown topics; until then a send to a new partition fails as missing.
      metadataMaxAge: 15_000,
      retry: NO_REPETITION,
    });
  }

  /** Connects before the first send, which would otherwise connect itself. */
  async connect(): Promise<void> {
    await this.#guard('connect to Kafka', () => this.#connected());
  }

  /**
   * Stores `records` in one batch of one partition. Takes its copy of them before it returns.
   *
   * @returns the offset of the first record, once all in-sync replicas have the batch.
   * @throws KafkaUnavailableError, TopicMissingError (both retriable), RecordTooLargeError, KafkaRefusedError. After an
   * error the batch may or may not be stored.
   */
  async send(
    name: string,
    partition: number,
    records: readonly BatchRecord[],
    compression: Compression = 'none',
  ): Promise<number> {
    const topic = topicOnBroker(this.#connection, name);
    const context = { topic, partition, records: records.length };
    const encoded = encodeBatch(records, compression, Date.now());
    const results = await this.#guard(
      `send to ${topic}/${partition}`,
      async () => this.#send(topic, [standInFor(await encoded, partition)]),
      context,
    );
    const result = results.find((candidate) => candidate.partition === partition);
    // kafkajs omits partitions that its metadata does not list, and reports success.
    if (result?.baseOffset === undefined) {
      throw new TopicMissingError(`send to ${topic}/${partition}: partition unknown`, { context });
    }
    return Number(result.baseOffset);
  }

  /**
   * Stores `records` in the partitions of their keys, in requests of at most `maxRequestBytes` (a larger single record
   * travels alone). Resolves when all are acknowledged; after an error any part of them may be stored.
   *
   * @throws as {@link send}
   */
  async sendAll(name: string, records: readonly OutgoingRecord[], maxRequestBytes = 512 * 1024): Promise<void> {
    const topic = topicOnBroker(this.#connection, name);
    for (const request of splitByBytes(records, maxRequestBytes)) {
      const context = { topic, records: request.length };
      const results = await this.#guard(`send to ${topic}`, () => this.#send(topic, request), context);
      if (results.length === 0) {
        throw new TopicMissingError(`send to ${topic}: no partition known`, { context });
      }
    }
  }

  async disconnect(): Promise<void> {
    await withDeadline(this.#producer.disconnect(), 5_000, 'disconnect from Kafka');
  }

  async #send(
    topic: string,
    messages: readonly (OutgoingRecord & { partition?: number })[],
  ): Promise<RecordMetadata[]> {
    await this.#connected();
    return this.#producer.send({
      topic,
      acks: -1,
      timeout: ACK_TIMEOUT_MS,
      // The very objects: a stand-in is known by identity.
      messages: messages as Message[],
    });
  }

  #connected(): Promise<void> {
    this.#connecting ??= this.#producer.connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  /** Retries `call` as a whole while the failure is transient, until the deadline. */
  async #guard<T>(what: string, call: () => Promise<T>, context = {}): Promise<T> {
    const startedAt = performance.now();
    const leftMs = (): number => this.#deadlineMs - (performance.now() - startedAt);
    for (let attempt = 1; ; attempt++) {
      try {
        return await withDeadline(call(), leftMs(), what);
      } catch (error) {
        const failure = translateKafkaError(error, what, context);
        const pauseMs = Math.min(PAUSE_MS.max, PAUSE_MS.first * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
        if (!mayPass(failure, attempt) || pauseMs >= leftMs()) {
          throw failure;
        }
        await sleep(pauseMs);
      }
    }
  }
}

const mayPass = (failure: AppError, attempt: number): boolean =>
  failure instanceof KafkaUnavailableError ||
  (failure instanceof TopicMissingError && attempt < ATTEMPTS_WHILE_MISSING);

/** Groups records, in order, so that no group exceeds `maxBytes` unless it is a single record. */
export function splitByBytes<T extends OutgoingRecord>(records: readonly T[], maxBytes: number): T[][] {
  const groups: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = RECORD_OVERHEAD_BYTES + contentBytes(record);
    if (group.length > 0 && bytes + size > maxBytes) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(record);
    bytes += size;
  }
  if (group.length > 0) {
    groups.push(group);
  }
  return groups;
}

/** Bytes of key, value and headers, with the lengths of the latter. */
export function contentBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = size(key) + size(value);
  for (const [name, values] of Object.entries(headers ?? {})) {
    for (const one of Array.isArray(values) ? values : [values]) {
      bytes += Buffer.byteLength(name) + size(one) + 8;
    }
  }
  return bytes;
}

const size = (content: Buffer | string | null | undefined): number =>
  content === null || content === undefined ? 0 : Buffer.byteLength(content);
