/** Publishes the generated streams at a steady rate, and logs what the broker has acknowledged. */
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { AcknowledgementLog } from './acknowledgements.ts';
import {
  recordAt,
  streamName,
  topicOf,
  type GeneratedRecord,
  type Mood,
  type Origin,
  type Stream,
} from './generator.ts';
import { Random } from './random.ts';

export interface PublisherOptions {
  readonly brokers: string;
  readonly origin: Origin;
  readonly log: AcknowledgementLog;
  /** Elements per second, all streams together. */
  readonly rate: number;
}

/** Every send is repeated until it is acknowledged; the idempotent producer makes that one record. */
const retry = { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Of the rate. An inspection costs as much as dozens of samples. */
const shares = { telemetry: 0.9, inspection: 0.1 };

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #kafka: Kafka;
  readonly #producers: Producer[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #sequences = new Map<string, number>();
  readonly #inFlight = new Set<Promise<void>>();
  #streams: Stream[] = [];
  #mood: Mood = 'ordinary';
  #isPaused = true;
  #isEnding = false;
  #failure: unknown;
  #elements = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#kafka = new kafkajs.Kafka({
      clientId: 'faults-generator',
      brokers: options.brokers.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      retry,
    });
  }

  /** Acknowledged so far. */
  get elements(): number {
    return this.#elements;
  }

  /** One stream for each partition of both topics up to this number. */
  async ensurePartitions(count: number): Promise<void> {
    for (const kind of ['telemetry', 'inspection'] as const) {
      const missing = Array.from({ length: count }, (_, partition) => ({ kind, partition })).filter(
        ({ partition }) => !this.#streams.some((known) => known.kind === kind && known.partition === partition),
      );
      if (missing.length === 0) {
        continue;
      }
      // New partitions need a new producer: kafkajs drops, without a word, what is for a partition it has not heard of.
      const producer = this.#kafka.producer({
        idempotent: true,
        retry,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      this.#producers.push(producer);
      for (const stream of missing) {
        this.#streams.push(stream);
        this.#loops.push(this.#run(stream, producer).catch((error: unknown) => void (this.#failure ??= error)));
      }
    }
  }

  set mood(mood: Mood) {
    this.#mood = mood;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Resolves when nothing is under way: everything sent is acknowledged and in the log. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.allSettled(this.#inFlight);
    this.throwFailure();
  }

  /** A generator that cannot publish proves nothing. */
  throwFailure(): void {
    if (this.#failure !== undefined) {
      throw new Error('the generator failed', { cause: this.#failure });
    }
  }

  async close(): Promise<void> {
    this.#isPaused = true;
    this.#isEnding = true;
    await Promise.race([Promise.allSettled(this.#loops), sleep(3_000, undefined, { ref: false })]);
    await Promise.race([
      Promise.allSettled(this.#producers.map((producer) => producer.disconnect())),
      sleep(3_000, undefined, { ref: false }),
    ]);
  }

  async #run(stream: Stream, producer: Producer): Promise<void> {
    // Streams do not begin in step.
    await sleep(new Random(this.#options.origin.seed, streamName(stream, 'ordinary')).integer(0, 500));
    while (!this.#isEnding) {
      if (this.#isPaused) {
        await sleep(20);
        continue;
      }
      const began = performance.now();
      const sending = this.#sendBatch(stream, producer, this.#mood);
      const settled = sending.then(
        () => undefined,
        () => undefined,
      );
      this.#inFlight.add(settled);
      const elements = await sending.finally(() => this.#inFlight.delete(settled));
      const sharedBy = this.#streams.filter(({ kind }) => kind === stream.kind).length;
      const dueMs = (elements * sharedBy * 1000) / (this.#options.rate * shares[stream.kind]);
      await sleep(Math.max(5, dueMs - (performance.now() - began)));
    }
  }

  async #sendBatch(stream: Stream, producer: Producer, mood: Mood): Promise<number> {
    const { origin, log } = this.#options;
    const name = streamName(stream, mood);
    const sequence = this.#sequences.get(name) ?? 0;
    const most = mood === 'huge' ? 1 : new Random(origin.seed, name, 'batch', sequence).integer(1, 24);
    const records = Array.from({ length: most }, (_, i) => recordAt(origin, stream, sequence + i, mood));
    const [sent] = await producer.send({
      topic: topicOf[stream.kind],
      acks: -1,
      compression: records[0]?.isGzipped ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
      messages: records.map(({ value }) => ({ partition: stream.partition, value })),
    });
    if (sent?.baseOffset === undefined) {
      throw new Error(`the producer answered without an offset for ${topicOf[stream.kind]}/${stream.partition}`);
    }
    this.#sequences.set(name, sequence + records.length);
    await log.append({
      acknowledged: {
        ...stream,
        mood,
        sequence,
        count: records.length,
        offset: Number(sent.baseOffset),
        digest: digestOf(records),
      },
    });
    const elements = records.reduce((sum, record) => sum + record.elements.length, 0);
    this.#elements += elements;
    return elements;
  }
}

/** Over the values of a batch, so that a generator which makes something else the second time is noticed. */
export const digestOf = (records: readonly GeneratedRecord[]): string =>
  hash('md5', Buffer.concat(records.map(({ value }) => value ?? Buffer.from('null'))), 'hex');
