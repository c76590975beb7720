/** Nest transport that hands record batches to `@EventPattern(topic)` methods. */
import type { AppError, HealthState, Logger } from '@chip/service';
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { Gauge } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import type { KafkaConnection } from '../client.ts';
import { DEFAULT_CONSUMER_OPTIONS, type ConsumerOptions } from '../consume/consumer-options.ts';
import type { PartitionStatus } from '../consume/assignment.ts';
import { GroupConsumer } from '../consume/group-consumer.ts';
import type { RecordBatch } from '../consume/record-batch.ts';
import type { UndecodableRange } from '../records/kafka-record.ts';

export interface KafkaBatchServerOptions {
  readonly connection: KafkaConnection;
  /** Consumer group of each topic to read; handlers of other topics stay idle. */
  readonly groups: Readonly<Record<string, string>>;
  readonly consumer?: Partial<ConsumerOptions>;
  readonly logger: Logger;
  /** Ends the process: `Lifecycle.fatal`. */
  readonly fatal: (error: AppError) => void;
}

/** How long running handlers may go on after `drain` before they are aborted, in ms. */
const DRAIN_GRACE_MS = 12_000;

/**
 * Hands whole Kafka batches to `@EventPattern('<topic>')` methods:
 *
 * ```ts
 * @EventPattern<BatchEvents>(TELEMETRY.source)
 * async onSamples(batch: RecordBatch): Promise<void> { ... }
 * ```
 *
 * Each topic has its own consumer and group, so that a slow topic does not hold up another. See {@link RecordBatch} for
 * the contract of handlers and {@link GroupConsumer} for the workarounds of kafkajs. Handler errors arrive here
 * unchanged only with the service library's `RethrowFilter`, which `runService` installs.
 */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('kafka-batch');
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: KafkaBatchServerOptions;
  #consumers: GroupConsumer[] = [];

  constructor(options: KafkaBatchServerOptions) {
    super();
    this.#options = options;
  }

  /** Starts one consumer per topic, in the background: brokers and topics may appear later. */
  listen(callback: (error?: unknown) => void): void {
    try {
      this.#consumers = Object.entries(this.#options.groups).map(([topic, groupId]) => this.#consumer(topic, groupId));
    } catch (error) {
      callback(error);
      return;
    }
    for (const consumer of this.#consumers) {
      consumer.start();
    }
    callback();
  }

  /** Every assigned partition and its position. */
  partitions(): PartitionStatus[] {
    return this.#consumers.flatMap((consumer) => consumer.partitions());
  }

  /** For readiness: up once every consumer has joined its group. */
  readiness(): HealthState {
    const waiting = this.#consumers.filter(({ isJoined }) => !isJoined).map(({ groupId }) => groupId);
    if (this.#consumers.length === 0) {
      return { state: 'down', reason: 'no consumer has started' };
    }
    return waiting.length === 0
      ? { state: 'up' }
      : { state: 'down', reason: `not in consumer group ${waiting.join(', ')}` };
  }

  /**
   * For liveness: partitions with unread records whose position has not moved for `maxIdleMs`, and those that cannot begin
   * because a handler of an earlier assignment does not end. Paused ones have a stated reason and do not count.
   */
  stalled(maxIdleMs: number): PartitionStatus[] {
    return this.partitions().filter(
      ({ lag, nextOffset, isHandling, pausedReason, msSinceProgress }) =>
        ((lag ?? 0) > 0 || (nextOffset === null && isHandling)) && pausedReason === null && msSinceProgress > maxIdleMs,
    );
  }

  /**
   * The state of `progress` for liveness, from {@link stalled}.
   *
   * @param isExplained leaves out partitions whose state explains why they are stopped
   */
  progress(maxIdleMs: number, isExplained: (partition: PartitionStatus) => boolean = () => false): HealthState {
    const stalled = this.stalled(maxIdleMs).filter((partition) => !isExplained(partition));
    if (stalled.length === 0) {
      return { state: 'up' };
    }
    const names = stalled.map(({ topic, partition }) => `${topic}/${partition}`).join(', ');
    return { state: 'down', reason: `unread records and no progress for ${maxIdleMs / 1000} s: ${names}` };
  }

  /** Sets `gauge` to the lag of every assigned partition, and drops partitions of earlier assignments. */
  showLag(gauge: Gauge<'topic' | 'partition'>): void {
    gauge.reset();
    for (const { topic, partition, lag } of this.partitions()) {
      if (lag !== null) {
        gauge.set({ topic, partition: String(partition) }, lag);
      }
    }
  }

  /** Resumes a paused partition. */
  resume(topic: string, partition: number): void {
    this.#consumers.find((consumer) => consumer.topic === topic)?.resume(partition);
  }

  /** Reads an idle partition from `offset` on, even if it was paused. */
  seek(topic: string, partition: number, offset: number): void {
    this.#consumers.find((consumer) => consumer.topic === topic)?.seek(partition, offset);
  }

  /**
   * Skips exactly the record batch that stops a partition in state `undecodable_batch`, and reads on behind it. This
   * group loses its records; a caller that chains blocks must account for the returned range.
   *
   * @returns the skipped range; null when nothing is in the way or a handler is running
   */
  skipUndecodable(topic: string, partition: number): UndecodableRange | null {
    return this.#consumers.find((consumer) => consumer.topic === topic)?.skipUndecodable(partition) ?? null;
  }

  /**
   * Stops fetching. Handlers may finish within `graceMs` or until `signal`; then their batches are aborted. Leaves the
   * groups, so that others take over at once. Never throws.
   */
  async drain({ graceMs = DRAIN_GRACE_MS, signal }: { graceMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    const consumers = this.#consumers;
    await Promise.all(
      consumers.map((consumer) => consumer.drain({ graceMs, ...(signal === undefined ? {} : { signal }) })),
    );
    this.#consumers = [];
  }

  close(): Promise<void> {
    return this.drain();
  }

  /** This transport has no events of its own; {@link partitions} and {@link readiness} show its state. */
  on(): never {
    throw new Error('KafkaBatchServer has no events');
  }

  unwrap<T>(): T {
    return this.#consumers as T;
  }

  #consumer(topic: string, groupId: string): GroupConsumer {
    const handler: MessageHandler | undefined = this.messageHandlers.get(topic);
    if (handler === undefined) {
      throw new Error(`${topic} has no handler`);
    }
    if (handler.next !== undefined) {
      throw new Error(`${topic} has two handlers; its position can follow only one`);
    }
    const { connection, logger, fatal, consumer } = this.#options;
    return new GroupConsumer({
      connection,
      groupId,
      topic,
      options: { ...DEFAULT_CONSUMER_OPTIONS, ...consumer },
      logger,
      fatal,
      handle: async (batch: RecordBatch) => {
        const result: unknown = await handler(batch, new BaseRpcContext([batch]));
        if (isObservable(result)) {
          await lastValueFrom(result, { defaultValue: undefined });
        }
      },
    });
  }
}
