import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, retry, withDeadline, type Logger } from '@chip/service';
import kafkajs, { type Broker, type Consumer, type EachBatchPayload, type PartitionAssigner } from 'kafkajs';
import { KafkaAdmin } from '../admin.ts';
import { clusterOf, createKafka, type KafkaConnection } from '../client.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { FetchedBatch } from './fetched-batch.ts';
import {
  FetchInterceptor,
  rebalanceError,
  type FetchFacts,
  type FetchPolicy,
} from '../kafkajs-patches/fetch-interceptor.ts';
import {
  ConsumerCrashedError,
  ConsumerStalledError,
  HandlerFailedError,
  isGroupLost,
  KafkaRefusedError,
  KafkaUnavailableError,
  PartitionLostError,
  RejoinError,
  translateKafkaError,
} from '../kafka.error.ts';
import type { RecordBatch, UndecodableRange } from './record-batch.ts';

/** Where a consumer stands in one of its partitions. */
export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly groupId: string;
  readonly assignment: number;
  /** Offset of the next record to handle; null before the first fetch of this assignment. */
  readonly nextOffset: number | null;
  readonly highWatermark: number | null;
  /** Readable offsets that are not handled yet; null before the first fetch. */
  readonly lag: number | null;
  readonly pausedReason: string | null;
  /** Set while the partition stands before a record batch that can never be read: state `undecodable_batch`. */
  readonly undecodable: UndecodableRange | null;
  readonly isHandling: boolean;
  /** Time since the position moved or there was nothing left to read, on the monotonic clock. */
  readonly msSinceProgress: number;
  /** The same as wall-clock time, ms since 1970. */
  readonly lastProgressAt: number;
}

/** One partition during one assignment. Replaced as a whole by the next one. */
interface Partition {
  readonly assignment: number;
  readonly partition: number;
  position: number | null;
  highWatermark: number | null;
  lastStableOffset: number | null;
  pausedReason: string | null;
  undecodable: UndecodableRange | null;
  running: AbortController | null;
  progressAt: number;
}

export interface GroupConsumerParts {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  readonly options: ConsumerOptions;
  readonly logger: Logger;
  readonly handle: (batch: RecordBatch) => Promise<void>;
  readonly fatal: (error: AppError) => void;
}

const COMMIT_BUDGET_MS = 10_000;
const START_RETRY_MS = { first: 500, max: 5_000 };
const WATCH_INTERVAL_MS = 5_000;
const DISCONNECT_TIMEOUT_MS = 5_000;
const LEAVE_TIMEOUT_MS = 3_000;
/** A second wish to rejoin within `WINDOW` waits for `PAUSE`: two writers that meet must not keep the group rebalancing. */
const REJOIN = { windowMs: 10_000, pauseMs: 1_000 };

/** Numbers the assignments of all consumers of this process. */
let assignments = 0;

/**
 * One kafkajs consumer with its own group for one topic, tamed:
 *
 * 1. The position of a partition lives here, per assignment; kafkajs only proposes the first one ({@link FetchInterceptor}).
 * 2. A batch reaches the handler only if it was fetched in this assignment, at this position, and the partition is
 *    neither paused nor at work. Everything else was overtaken and is dropped; it is fetched again if still wanted.
 * 3. While any handler runs, a timer sends heartbeats. As soon as one is answered by "rebalance", every running batch
 *    of this consumer is aborted, and when the handlers have returned the error goes to kafkajs, which rejoins.
 * 4. Handler errors never reach kafkajs's retry loop: they are either a wish to rejoin or fatal.
 *
 * It follows that a handler never works for a partition whose loss is known, and that two batches of one partition
 * never overlap within a process. Between processes a frozen one may still believe in its old assignment: whoever
 * writes must have a fence of its own.
 */
export class GroupConsumer implements FetchPolicy {
  readonly #parts: GroupConsumerParts;
  readonly #options: ConsumerOptions;
  readonly #logger: Logger;
  readonly #consumer: Consumer;
  readonly #interceptor: FetchInterceptor;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #partitions = new Map<number, Partition>();
  #assignment = 0;
  #joined = false;
  #failed = false;
  #lost: Error | undefined;
  #lastRejoinAt = -Infinity;
  #heartbeat: NodeJS.Timeout | undefined;
  #heartbeatOkAt = 0;
  #lastResponseAt = performance.now();
  #notJoinedSince = performance.now();
  #watch: NodeJS.Timeout | undefined;
  #probe: KafkaAdmin | undefined;
  #answersSince: number | undefined;

  constructor(parts: GroupConsumerParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#logger = parts.logger.child({ topic: parts.topic, group: parts.groupId });
    this.#interceptor = new FetchInterceptor(this, parts.options.maxDecompressedBytes);
    const { options } = parts;
    this.#consumer = createKafka(parts.connection, parts.logger).consumer({
      groupId: parts.groupId,
      partitionAssigners: [this.#attachingAssigner()],
      metadataMaxAge: options.metadataMaxAgeMs,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      minBytes: options.minBytes,
      maxBytes: options.maxBytes,
      maxWaitTimeInMs: options.maxWaitMs,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      retry: {
        retries: 8,
        initialRetryTime: 200,
        maxRetryTime: 2_000,
        // Without this kafkajs would start anew while the process ends.
        restartOnFailure: async () => !this.#closing.signal.aborted,
      },
    });
    const { GROUP_JOIN, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberAssignment[parts.topic] ?? []));
    this.#consumer.on(CRASH, ({ payload }) => this.#onCrash(payload.error, payload.restart));
  }

  get topic(): string {
    return this.#parts.topic;
  }

  get groupId(): string {
    return this.#parts.groupId;
  }

  get isJoined(): boolean {
    return this.#joined;
  }

  /** Starts in the background: waits for brokers and topic as long as it takes, then consumes. */
  start(): void {
    this.#watch = setInterval(
      () => void this.#watchdog(),
      Math.min(WATCH_INTERVAL_MS, this.#options.stallTimeoutMs / 4),
    );
    this.#run().catch((error: unknown) => this.#fail(translateKafkaError(error, `consume ${this.topic}`)));
  }

  partitions(): PartitionStatus[] {
    const now = performance.now();
    return [...this.#partitions.values()].map((partition) => ({
      topic: this.topic,
      partition: partition.partition,
      groupId: this.groupId,
      assignment: partition.assignment,
      nextOffset: partition.position,
      highWatermark: partition.highWatermark,
      lag: lagOf(partition),
      pausedReason: partition.pausedReason,
      undecodable: partition.undecodable,
      isHandling: partition.running !== null,
      msSinceProgress: now - partition.progressAt,
      lastProgressAt: Math.round(performance.timeOrigin + partition.progressAt),
    }));
  }

  /** Reads a paused partition again, from where its last handled batch ended. */
  resume(partition: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.pausedReason === null) return;
    state.pausedReason = null;
    state.progressAt = performance.now();
    this.#consumer.resume([{ topic: this.topic, partitions: [partition] }]);
    this.#logger.info({ partition }, 'partition_resumed');
  }

  /** The next batch of an idle partition begins at `offset`; a paused one is read again. A running handler has `RecordBatch.seek`. */
  seek(partition: number, offset: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.running !== null) return;
    state.position = offset;
    state.undecodable = null;
    this.resume(partition);
  }

  /** Passes over the record batch that stops a partition. @returns what was passed over, null when nothing is in the way */
  skipUndecodable(partition: number): UndecodableRange | null {
    const state = this.#partitions.get(partition);
    const undecodable = state?.running === null ? state.undecodable : null;
    if (undecodable !== null) {
      this.#logger.warn({ partition, ...undecodable }, 'undecodable_batch_skipped');
      this.seek(partition, undecodable.to);
    }
    return undecodable;
  }

  /**
   * Stops fetching, lets running handlers end for `graceMs` (or until `signal`), aborts them then, leaves the group and
   * disconnects. Never throws: what hangs is left behind, the process ends.
   */
  async drain({ graceMs, signal }: { graceMs: number; signal?: AbortSignal }): Promise<void> {
    clearInterval(this.#watch);
    this.#closing.abort();
    const wasJoined = this.#joined;
    // kafkajs waits here for the handlers; called from inside one it would wait for itself (issue 1168).
    const stopped = this.#consumer.disconnect();
    stopped.catch(() => undefined);
    const waiting = new AbortController();
    const patience = sleep(graceMs, undefined, {
      signal: signal === undefined ? waiting.signal : AbortSignal.any([signal, waiting.signal]),
    }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#running), patience]);
    waiting.abort();
    this.#abortRunning(new PartitionLostError('the process stops', { context: { topic: this.topic } }));
    let hasLeft = wasJoined;
    for (const closing of [stopped, this.#probe?.disconnect()]) {
      try {
        if (closing !== undefined) await withDeadline(closing, DISCONNECT_TIMEOUT_MS, `disconnect of ${this.groupId}`);
      } catch (error) {
        hasLeft = false;
        this.#logger.warn({ err: error }, 'disconnect_incomplete');
      }
    }
    if (!hasLeft) await this.#leave();
    clearInterval(this.#heartbeat);
    this.#partitions.clear();
    this.#joined = false;
  }

  /**
   * kafkajs leaves a group only after it has joined. A member that is joining would keep its share of the partitions
   * from the others until the session ends. It says so on a connection of its own: on the other one the broker does not
   * read on before the join is answered.
   */
  async #leave(): Promise<void> {
    const { memberId } = this.#interceptor;
    if (memberId === '') return;
    const cluster = clusterOf(this.#parts.connection, this.#logger);
    const leave = async (): Promise<void> => {
      await cluster.connect();
      const coordinator = (await cluster.findGroupCoordinator({ groupId: this.groupId })) as Broker & {
        leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
      };
      await coordinator.leaveGroup({ groupId: this.groupId, memberId });
    };
    try {
      await withDeadline(leave(), LEAVE_TIMEOUT_MS, `leaving ${this.groupId}`);
    } catch (error) {
      // Nobody is kept waiting longer than the session time-out.
      this.#logger.debug({ err: error }, 'group_not_left');
    } finally {
      cluster.disconnect().catch((error: unknown) => this.#logger.debug({ err: error }, 'disconnect_incomplete'));
    }
  }

  // --- FetchPolicy ---------------------------------------------------------------------------------------------

  get assignment(): number {
    return this.#assignment;
  }

  offsetFor(topic: string, partition: number, proposed: number): number {
    const state = this.#partitions.get(partition);
    if (topic !== this.topic || state === undefined) return proposed;
    return (state.position ??= proposed);
  }

  onFetched(_topic: string, partition: number, facts: FetchFacts): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.assignment !== facts.assignment) return;
    state.highWatermark = facts.highWatermark;
    state.lastStableOffset = facts.lastStableOffset;
    state.undecodable = facts.undecodable;
    if (lagOf(state) === 0) state.progressAt = performance.now();
  }

  onResponse(): void {
    this.#lastResponseAt = performance.now();
  }

  // --- start, join, end ----------------------------------------------------------------------------------------

  async #run(): Promise<void> {
    let delayMs = START_RETRY_MS.first;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#consumer.connect();
        await this.#consumer.subscribe({ topics: [this.topic], fromBeginning: true });
        break;
      } catch (error) {
        const failure = translateKafkaError(error, `subscribe to ${this.topic}`);
        if (failure instanceof KafkaRefusedError) throw failure;
        this.#logger.warn({ code: failure.code, reason: failure.message, retryMs: delayMs }, 'waiting_for_topic');
        await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, START_RETRY_MS.max);
      }
    }
    if (this.#closing.signal.aborted) return;
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#options.partitionsConcurrently,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  /** An assigner that changes nothing about assignments: its factory is where kafkajs hands out the cluster. */
  #attachingAssigner(): PartitionAssigner {
    return (config) => {
      this.#interceptor.attach(config.cluster);
      return kafkajs.PartitionAssigners.roundRobin(config);
    };
  }

  #onJoin(partitions: readonly number[]): void {
    // Another broker's fetcher may have rejoined while handlers run here: their assignment is over.
    this.#abortRunning(new PartitionLostError('the consumer group was rebalanced', { context: { topic: this.topic } }));
    const paused = this.#consumer.paused();
    if (paused.length > 0) this.#consumer.resume(paused);
    const assignment = (this.#assignment = ++assignments);
    const now = performance.now();
    this.#partitions = new Map(
      [...partitions]
        .sort((a, b) => a - b)
        .map((partition) => [
          partition,
          {
            assignment,
            partition,
            position: null,
            highWatermark: null,
            lastStableOffset: null,
            pausedReason: null,
            undecodable: null,
            running: null,
            progressAt: now,
          },
        ]),
    );
    this.#joined = true;
    this.#lost = undefined;
    this.#lastResponseAt = now;
    this.#logger.info({ partitions: [...this.#partitions.keys()], assignment }, 'partitions_assigned');
  }

  #onCrash(error: Error, restart: boolean): void {
    this.#joined = false;
    this.#notJoinedSince = performance.now();
    this.#partitions.clear();
    if (restart || this.#closing.signal.aborted) return;
    const cause = translateKafkaError(error, `consume ${this.topic}`);
    this.#fail(
      new ConsumerCrashedError(`the consumer of ${this.topic} crashed: ${cause.message}`, {
        cause,
        context: { topic: this.topic, group: this.groupId },
      }),
    );
  }

  #fail(error: AppError): void {
    if (this.#failed || this.#closing.signal.aborted) return;
    this.#failed = true;
    this.#abortRunning(new PartitionLostError('the process ends', { context: { topic: this.topic } }));
    // Until the process has ended nothing more may be handled, and fetching in vain would burn the time to end.
    if (this.#joined) this.#consumer.pause([{ topic: this.topic }]);
    this.#parts.fatal(error);
  }

  // --- batches -------------------------------------------------------------------------------------------------

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const facts = this.#interceptor.factsOf((batch as unknown as { rawMessages: unknown[] }).rawMessages);
    const state = this.#partitions.get(batch.partition);
    // The rest of a fetch whose first batches met a rebalance: straight back to kafkajs, which rejoins.
    if (this.#lost !== undefined) throw this.#lost;
    if (
      facts === undefined ||
      state === undefined ||
      this.#failed ||
      this.#closing.signal.aborted ||
      facts.assignment !== state.assignment ||
      facts.fetchOffset !== state.position ||
      state.pausedReason !== null ||
      state.running !== null
    ) {
      this.#logger.debug({ partition: batch.partition, offset: facts?.fetchOffset }, 'batch_overtaken');
      return;
    }
    const work = this.#handle(payload, facts, state);
    const settled = work.catch(() => undefined);
    this.#running.add(settled);
    try {
      await work;
    } finally {
      this.#running.delete(settled);
      if (this.#running.size === 0) this.#stopHeartbeats();
    }
  }

  async #handle(payload: EachBatchPayload, facts: FetchFacts, state: Partition): Promise<void> {
    const abort = (state.running = new AbortController());
    this.#startHeartbeats(payload);
    const batch = new FetchedBatch(this.topic, facts, state.partition, abort.signal, {
      heartbeat: () => this.#beat(payload),
      isAssigned: () => this.#partitions.get(state.partition) === state,
      pause: (reason) => this.#pause(state, reason),
      commit: (offset) => this.#commit(payload, state, abort.signal, offset),
    });
    try {
      await this.#parts.handle(batch);
    } catch (error) {
      await this.#onHandlerError(error, abort.signal, state);
    } finally {
      state.running = null;
    }
    if (this.#lost !== undefined) throw this.#lost;
    if (abort.signal.aborted) return;
    if (batch.soughtTo !== null) {
      state.position = batch.soughtTo;
      state.undecodable = null;
    } else if (state.pausedReason === null) {
      if (facts.outOfRange !== null) {
        this.#pause(
          state,
          `offset ${facts.fetchOffset} is out of range, the broker has ${facts.outOfRange.low} to ${facts.outOfRange.high}`,
        );
        return;
      }
      if (facts.undecodable !== null) {
        const { from, reason } = facts.undecodable;
        this.#pause(state, `undecodable_batch: the record batch at offset ${from} cannot be read: ${reason}`);
        return;
      }
      state.position = facts.nextOffset;
      state.progressAt = performance.now();
    }
  }

  async #onHandlerError(error: unknown, signal: AbortSignal, state: Partition): Promise<void> {
    const context = { topic: this.topic, partition: state.partition };
    if (signal.aborted) {
      // The handler was told to stop and did: that is all its error can mean, whatever it is.
      this.#logger.debug({ ...context, err: error }, 'batch_aborted');
      return;
    }
    if (error instanceof RejoinError || error instanceof PartitionLostError) {
      this.#logger.warn({ ...context, code: error.code, reason: error.message }, 'consumer_rejoining');
      const now = performance.now();
      if (now - this.#lastRejoinAt < REJOIN.windowMs)
        await sleep(REJOIN.pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      this.#lastRejoinAt = performance.now();
      if (!this.#closing.signal.aborted) this.#lose(rebalanceError(error.message));
      return;
    }
    const failure =
      error instanceof AppError
        ? error
        : new HandlerFailedError(`the handler of ${this.topic}/${state.partition} failed: ${messageOf(error)}`, {
            cause: error,
            context,
          });
    this.#fail(failure);
  }

  #pause(state: Partition, reason: string): void {
    if (this.#partitions.get(state.partition) !== state || state.pausedReason !== null) return;
    state.pausedReason = reason;
    this.#consumer.pause([{ topic: this.topic, partitions: [state.partition] }]);
    this.#logger.error({ partition: state.partition, offset: state.position, reason }, 'partition_paused');
  }

  async #commit(payload: EachBatchPayload, state: Partition, signal: AbortSignal, offset: number): Promise<void> {
    const context = { topic: this.topic, partition: state.partition, offset };
    const commitOnce = async (): Promise<void> => {
      if (this.#partitions.get(state.partition) !== state || this.#lost !== undefined)
        throw new PartitionLostError('commit after the partition was lost', { context });
      try {
        await payload.commitOffsetsIfNecessary({
          topics: [{ topic: this.topic, partitions: [{ partition: state.partition, offset: String(offset) }] }],
        });
      } catch (error) {
        if (isGroupLost(error)) this.#lose(error as Error);
        throw translateKafkaError(error, `commit ${this.topic}/${state.partition}`, context);
      }
    };
    await retry(commitOnce, {
      budgetMs: COMMIT_BUDGET_MS,
      signal,
      isRetriable: (error) => error instanceof KafkaUnavailableError,
    });
  }

  // --- heartbeats ----------------------------------------------------------------------------------------------

  #startHeartbeats(payload: EachBatchPayload): void {
    if (this.#heartbeat !== undefined) return;
    this.#heartbeatOkAt = performance.now();
    // kafkajs sends one only when its interval is over; asking twice as often keeps the real interval close to it.
    this.#heartbeat = setInterval(
      () => void this.#beat(payload).catch(() => undefined),
      this.#options.heartbeatIntervalMs / 2,
    );
  }

  #stopHeartbeats(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  async #beat(payload: EachBatchPayload): Promise<void> {
    try {
      await payload.heartbeat();
      this.#heartbeatOkAt = performance.now();
    } catch (error) {
      const silentMs = performance.now() - this.#heartbeatOkAt;
      if (isGroupLost(error)) this.#lose(error as Error);
      // Nobody confirmed for a whole session that we are a member: by now the partitions may be somebody else's.
      else if (silentMs > this.#options.sessionTimeoutMs)
        this.#lose(rebalanceError(`no heartbeat answered for ${Math.round(silentMs)} ms`));
    }
    if (this.#lost !== undefined)
      throw new PartitionLostError(`the consumer of ${this.topic} must rejoin its group`, {
        cause: this.#lost,
        context: { topic: this.topic },
      });
  }

  /** The group moves on without our present assignment. */
  #lose(error: Error): void {
    this.#lost ??= error;
    this.#abortRunning(
      new PartitionLostError(`the partitions of ${this.topic} are being reassigned`, {
        cause: error,
        context: { topic: this.topic },
      }),
    );
  }

  #abortRunning(reason: PartitionLostError): void {
    for (const { running } of this.#partitions.values()) running?.abort(reason);
  }

  // --- watchdog ------------------------------------------------------------------------------------------------

  /**
   * kafkajs can stop fetching without a word (issues 1441, 660, 1732). Suspicion: no response, no join, or no batch for
   * a partition with unread records for `stallTimeoutMs` while no handler runs. Proof: meanwhile a separate connection
   * has been answered by the broker for half that time, so that the silence is ours.
   */
  async #watchdog(): Promise<void> {
    const { stallTimeoutMs } = this.#options;
    const suspicion = this.#suspicion();
    if (suspicion === undefined || this.#failed || this.#closing.signal.aborted) {
      this.#answersSince = undefined;
      return;
    }
    try {
      this.#probe ??= new KafkaAdmin(this.#parts.connection, this.#parts.logger);
      await this.#probe.topicOffsets(this.topic);
    } catch (error) {
      this.#answersSince = undefined;
      this.#logger.debug({ err: error }, 'broker_probe_failed');
      return;
    }
    const now = performance.now();
    this.#answersSince ??= now;
    const stillSuspicious = this.#suspicion();
    if (stillSuspicious !== undefined && now - this.#answersSince >= stallTimeoutMs / 2) {
      this.#fail(
        new ConsumerStalledError(
          `the consumer of ${this.topic} stands still although the broker answers: ${stillSuspicious}`,
          { context: { topic: this.topic, group: this.groupId } },
        ),
      );
    }
  }

  #suspicion(): string | undefined {
    const { stallTimeoutMs } = this.#options;
    const now = performance.now();
    if (this.#running.size > 0) return undefined;
    if (!this.#joined)
      return now - this.#notJoinedSince > 2 * stallTimeoutMs && !this.#isStarting()
        ? 'it does not join its group'
        : undefined;
    const active = [...this.#partitions.values()].filter(({ pausedReason }) => pausedReason === null);
    if (active.length === 0) return undefined;
    if (now - this.#lastResponseAt > stallTimeoutMs) return 'no fetch is answered';
    const behind = active.find(
      (partition) => (lagOf(partition) ?? 0) > 0 && now - partition.progressAt > stallTimeoutMs,
    );
    return behind === undefined ? undefined : `partition ${behind.partition} has unread records and delivers none`;
  }

  /** Before the first join the topic may be missing for as long as nobody creates it. */
  #isStarting(): boolean {
    return this.#assignment === 0;
  }
}

function lagOf({ position, lastStableOffset }: Partition): number | null {
  return position === null || lastStableOffset === null ? null : Math.max(0, lastStableOffset - position);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
