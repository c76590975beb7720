/** The client behind one consumer: kafkajs's consumer with its interceptor. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline, type Logger } from '@chip/service';
import kafkajs, { type Consumer, type EachBatchPayload, type PartitionAssigner } from 'kafkajs';
import { createKafka, type KafkaConnection } from '../client.ts';
import { KafkaRefusedError, translateKafkaError } from '../kafka.error.ts';
import { FetchInterceptor, TURN_MS, type FetchFacts, type FetchPolicy } from '../kafkajs-patches/fetch-interceptor.ts';
import { repeatSearchForCoordinator } from '../kafkajs-patches/group-coordinator.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { leaveGroup } from './leave.ts';

export interface GroupClientParts {
  readonly connection: KafkaConnection;
  readonly options: ConsumerOptions;
  readonly logger: Logger;
  readonly policy: FetchPolicy;
  /** Aborted when the consumer stops permanently. */
  readonly closing: AbortSignal;
  /** A new assignment, with nothing held. */
  readonly onJoin: (partitions: readonly number[]) => void;
  /** The client left its group after an error; with `restart` it rejoins automatically. */
  readonly onCrash: (error: Error, restart: boolean) => void;
  /** Records fetched for one partition; must return at once. */
  readonly onBatch: (payload: EachBatchPayload, facts: FetchFacts | undefined) => void;
}

const START_RETRY_MS = { first: 500, max: 5_000 };
const DISCONNECT_TIMEOUT_MS = 5_000;

export class GroupClient {
  readonly #parts: GroupClientParts;
  readonly #consumer: Consumer;
  readonly #interceptor: FetchInterceptor;
  /** Partitions that kafkajs must not fetch. */
  readonly #held = new Set<number>();
  #joined = false;

  constructor(parts: GroupClientParts) {
    this.#parts = parts;
    const { connection, logger, options, policy, closing } = parts;
    this.#interceptor = new FetchInterceptor(policy, options.maxDecompressedBytes);
    this.#consumer = createKafka(connection, logger).consumer({
      groupId: policy.names.group,
      partitionAssigners: [this.#attachingAssigner()],
      metadataMaxAge: options.metadataMaxAgeMs,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      minBytes: options.minBytes,
      maxBytes: options.maxBytes,
      // Sleep of the loop while it may read nothing; a fetch has its own waiting time.
      maxWaitTimeInMs: TURN_MS,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      retry: {
        retries: 8,
        initialRetryTime: 200,
        maxRetryTime: 2_000,
        // Without this kafkajs would restart while the process ends.
        restartOnFailure: async () => !closing.aborted,
      },
    });
    const { GROUP_JOIN, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberAssignment[policy.names.topic] ?? []));
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#joined = false;
      parts.onCrash(payload.error, payload.restart);
    });
  }

  get isJoined(): boolean {
    return this.#joined;
  }

  /** Waits for brokers and topic as long as needed, then starts the fetch loop. */
  async run(): Promise<void> {
    const { closing, logger, policy } = this.#parts;
    const { topic } = policy.names;
    let delayMs = START_RETRY_MS.first;
    while (!closing.aborted) {
      try {
        await this.#consumer.connect();
        await this.#consumer.subscribe({ topics: [topic], fromBeginning: true });
        break;
      } catch (error) {
        const failure = translateKafkaError(error, `subscribe to ${topic}`);
        if (failure instanceof KafkaRefusedError) {
          throw failure;
        }
        logger.warn({ code: failure.code, reason: failure.message, retryMs: delayMs }, 'waiting_for_topic');
        await sleep(delayMs, undefined, { signal: closing }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, START_RETRY_MS.max);
      }
    }
    if (closing.aborted) {
      return;
    }
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        const { rawMessages } = payload.batch as unknown as { rawMessages: unknown[] };
        this.#parts.onBatch(payload, this.#interceptor.factsOf(rawMessages));
      },
    });
  }

  /** Stops or resumes fetching a partition. @returns whether that is a change */
  hold(partition: number, isHeld: boolean): boolean {
    if (!this.#joined || isHeld === this.#held.has(partition)) {
      return false;
    }
    const change = [{ topic: this.#parts.policy.names.topic, partitions: [partition] }];
    if (isHeld) {
      this.#held.add(partition);
      this.#tell(() => this.#consumer.pause(change));
    } else {
      this.#held.delete(partition);
      this.#tell(() => this.#consumer.resume(change));
    }
    return true;
  }

  /** Stops fetching permanently; heartbeats go on. */
  holdAll(): void {
    if (this.#joined) {
      this.#tell(() => this.#consumer.pause([{ topic: this.#parts.policy.names.topic }]));
    }
  }

  /** Leaves the group and disconnects. Never throws: abandons what hangs. */
  async leave(): Promise<void> {
    const { connection, logger, policy } = this.#parts;
    let hasLeft = this.#joined;
    try {
      await withDeadline(this.#consumer.disconnect(), DISCONNECT_TIMEOUT_MS, `disconnect of ${policy.names.group}`);
    } catch (error) {
      hasLeft = false;
      logger.warn({ err: error }, 'disconnect_incomplete');
    }
    this.#joined = false;
    if (!hasLeft) {
      await leaveGroup(connection, logger, policy.names.group, this.#interceptor.memberId);
    }
  }

  #onJoin(partitions: readonly number[]): void {
    const paused = this.#consumer.paused();
    if (paused.length > 0) {
      this.#consumer.resume(paused);
    }
    this.#held.clear();
    this.#joined = true;
    this.#parts.onJoin(partitions);
  }

  /** Ignores the refusal of a crashed consumer that kafkajs restarts: its next join starts with nothing held. */
  #tell(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#parts.logger.debug({ err: error }, 'client_between_groups');
    }
  }

  /** An assigner that changes nothing: its factory is where kafkajs hands out the cluster. */
  #attachingAssigner(): PartitionAssigner {
    return (config) => {
      this.#interceptor.attach(config.cluster);
      repeatSearchForCoordinator(config.cluster);
      return kafkajs.PartitionAssigners.roundRobin(config);
    };
  }
}
