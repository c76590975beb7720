/** Publishes the generated streams at a steady rate, and logs what the broker acknowledged. */
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import '../../devstack/kafkajs-timers.ts';
import type { AcknowledgementLog } from './acknowledgements.ts';
import { recordAt } from './generator.ts';
import {
  kindsOf,
  streamName,
  onBroker,
  topicOf,
  type GeneratedRecord,
  type Kind,
  type Mood,
  type Origin,
  type Stream,
} from './stream.ts';
import { Random } from './random.ts';

export interface PublisherOptions {
  readonly brokers: string;
  readonly origin: Origin;
  readonly log: AcknowledgementLog;
  /** Elements per second, for all streams together. */
  readonly rate: number;
}

/** Every send is retried until acknowledged; the idempotent producer makes that one record. */
const retry = { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Shares of the rate. An inspection costs as much as dozens of samples. */
const shares = { telemetry: 0.9, inspection: 0.1 };

const KINDS = ['telemetry', 'inspection'] as const;
const isFor = (mood: Mood, kind: Kind): boolean => kindsOf[mood]?.includes(kind) ?? true;

const clientOf = (brokers: string): Kafka =>
  new kafkajs.Kafka({
    clientId: 'faults-generator',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry,
  });

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #producers = new Map<Kind, Producer>();
  readonly #closing: Producer[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #sequences = new Map<string, number>();
  readonly #inFlight = new Set<Promise<void>>();
  #streams: Stream[] = [];
  #mood: Mood = 'ordinary';
  #isPaused = true;
  #isEnding = false;
  #failure: unknown;
  #elements = 0;
  #kafka: Kafka;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#kafka = clientOf(options.brokers);
  }

  /** End of each partition according to the last acknowledgement, by `<topic>/<partition>`. */
  readonly ends = new Map<string, number>();

  /** Acknowledged so far. */
  get elements(): number {
    return this.#elements;
  }

  /** Ensures one stream per partition of both topics, up to this number. */
  async ensurePartitions(count: number): Promise<void> {
    for (const kind of KINDS) {
      const missing = Array.from({ length: count }, (_, partition) => ({ kind, partition })).filter(
        ({ partition }) => !this.#streams.some((known) => known.kind === kind && known.partition === partition),
      );
      if (missing.length === 0) {
        continue;
      }
      // New partitions need a new producer: kafkajs silently drops records for a partition it does not know.
      await this.#connect(kind);
      for (const stream of missing) {
        this.#streams.push(stream);
        this.#loops.push(this.#run(stream).catch((error: unknown) => void (this.#failure ??= error)));
      }
    }
  }

  async #connect(kind: Kind): Promise<void> {
    const producer = this.#kafka.producer({
      idempotent: true,
      retry,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    // The former one may still have a send in flight.
    const former = this.#producers.get(kind);
    if (former !== undefined) {
      this.#closing.push(former);
    }
    this.#producers.set(kind, producer);
  }

  /** From now on the machines publish to another cluster. Call only while paused. */
  async moveTo(brokers: string): Promise<void> {
    this.#kafka = clientOf(brokers);
    for (const kind of KINDS) {
      await this.#connect(kind);
    }
  }

  /** The offsets of a topic start over. Resolves once that is in the log. */
  async startOver(kind: Kind): Promise<void> {
    await this.#options.log.append({ recreated: kind });
    for (const key of [...this.ends.keys()].filter((name) => name.startsWith(`${topicOf[kind]}/`))) {
      this.ends.set(key, 0);
    }
  }

  /** Publishes this many records of one mood on top of everything else, as fast as possible. Call only while paused. */
  async flood(mood: Mood, records: number, perBatch: number): Promise<void> {
    const streams = this.#streams.filter(({ kind }) => isFor(mood, kind));
    const batches = Math.ceil(records / perBatch / streams.length);
    await Promise.all(
      streams.map(async (stream) => {
        for (let i = 0; i < batches; i += 1) {
          await this.#send(stream, mood, perBatch);
        }
      }),
    );
  }

  set mood(mood: Mood) {
    this.#mood = mood;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Resolves when nothing is in flight: everything sent is acknowledged and logged. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.allSettled(this.#inFlight);
    this.throwFailure();
  }

  /** Throws, because a generator that cannot publish proves nothing. */
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
      Promise.allSettled([...this.#producers.values(), ...this.#closing].map((producer) => producer.disconnect())),
      sleep(3_000, undefined, { ref: false }),
    ]);
  }

  async #run(stream: Stream): Promise<void> {
    // Streams start out of step.
    await sleep(new Random(this.#options.origin.seed, streamName(stream, 'ordinary')).integer(0, 500));
    while (!this.#isEnding) {
      if (this.#isPaused) {
        await sleep(20);
        continue;
      }
      const began = performance.now();
      const mood = isFor(this.#mood, stream.kind) ? this.#mood : 'ordinary';
      const sending = this.#send(stream, mood, this.#batchSize(stream, mood));
      const settled = sending.then(
        () => undefined,
        () => undefined,
      );
      this.#inFlight.add(settled);
      const elements = await sending.finally(() => this.#inFlight.delete(settled));
      const sharedBy = this.#streams.filter(({ kind }) => kind === stream.kind).length;
      const dueMs = (elements * sharedBy * 1000) / (this.#options.rate * shares[stream.kind]);
      const pauseMs = mood === 'beyond' ? 500 : 5;
      await sleep(Math.max(pauseMs, dueMs - (performance.now() - began)));
    }
  }

  /** A function of the seed and the place in the stream, like everything else. */
  #batchSize(stream: Stream, mood: Mood): number {
    if (mood === 'huge' || mood === 'beyond') {
      return 1;
    }
    const name = streamName(stream, mood);
    return new Random(this.#options.origin.seed, name, 'batch', this.#sequences.get(name) ?? 0).integer(1, 24);
  }

  async #send(stream: Stream, mood: Mood, count: number): Promise<number> {
    const { origin, log } = this.#options;
    const name = streamName(stream, mood);
    const sequence = this.#sequences.get(name) ?? 0;
    const records = Array.from({ length: count }, (_, i) => recordAt(origin, stream, sequence + i, mood));
    const [sent] = await (this.#producers.get(stream.kind) as Producer).send({
      topic: onBroker(topicOf[stream.kind]),
      acks: -1,
      compression: records[0]?.isGzipped ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
      messages: records.map(({ key = null, value }) => ({ partition: stream.partition, key, value })),
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
    this.ends.set(`${topicOf[stream.kind]}/${stream.partition}`, Number(sent.baseOffset) + records.length);
    const elements = records.reduce((sum, record) => sum + record.elements.length, 0);
    this.#elements += elements;
    return elements;
  }
}

/** A digest of a batch's values, so that a generator that yields something else the second time is noticed. */
export const digestOf = (records: readonly GeneratedRecord[]): string =>
  hash('md5', Buffer.concat(records.map(({ value }) => value ?? Buffer.from('null'))), 'hex');
