/** One consumer of one topic in its own group: what the client fetches goes to workers, one per partition. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, retry, withDeadline, type Logger } from '@chip/service';
import kafkajs, { type Consumer, type EachBatchPayload, type PartitionAssigner } from 'kafkajs';
import { createKafka, type KafkaConnection } from '../client.ts';
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
import {
  FetchInterceptor,
  rebalanceError,
  TURN_MS,
  type FetchFacts,
  type FetchPolicy,
} from '../kafkajs-patches/fetch-interceptor.ts';
import { moveTo, newPartition, noteFetched, statusOf, type Partition, type PartitionStatus } from './assignment.ts';
import { groupOnBroker, topicOnBroker } from '../names.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { FetchedBatch } from './fetched-batch.ts';
import { Heartbeats } from './heartbeats.ts';
import { leaveGroup } from './leave.ts';
import type { RecordBatch, UndecodableRange } from './record-batch.ts';
import { Watchdog } from './watchdog.ts';
import { Workers } from './workers.ts';

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
const DISCONNECT_TIMEOUT_MS = 5_000;
/** How long handlers that were told to stop may take before the group is left without them. */
const ABORTED_GRACE_MS = 2_000;
/** A second wish to rejoin within `WINDOW` waits for `PAUSE`: two writers that meet must not keep the group rebalancing. */
const REJOIN = { windowMs: 10_000, pauseMs: 1_000 };
/** Share of `maxDecompressedBytes` that moving batches may hold when another fetch begins. */
const ROOM = 0.25;
/** Share of `maxWaitMs` that a fetch may wait while a partition at work has more to read. */
const HURRY = 0.2;

/** Numbers the assignments of all consumers of this process. */
let assignments = 0;

/**
 * One kafkajs consumer with its own group for one topic, tamed:
 *
 * 1. The position of a partition lives here, per assignment; kafkajs only proposes the first one ({@link FetchInterceptor}).
 * 2. kafkajs's fetch loop never waits for a handler. A batch goes to the worker of its partition ({@link Workers}), and
 *    the partition is paused in kafkajs until that worker has ended: the loop turns on, reads other partitions, and
 *    sends heartbeats ({@link Heartbeats}).
 * 3. A batch reaches its worker only if it was fetched in this assignment, at this position, and the partition is neither
 *    paused nor at work, be it for an earlier assignment. Everything else was overtaken and is dropped; it is fetched
 *    again if still wanted.
 * 4. As soon as the group announces the end of an assignment, or a request to join is sent, all its batches are aborted.
 *    The consumer joins without waiting for their handlers; a partition that comes back waits for its old one alone.
 * 5. Handler errors never reach kafkajs's retry loop: they are either a wish to rejoin or fatal.
 *
 * It follows that two batches of one partition never overlap within a process, and that a handler is told at once of the
 * loss of its partition; what it does after that no longer counts. It may still do it while another process has begun,
 * and a frozen process may even believe in its old assignment: whoever writes must have a fence of its own.
 */
export class GroupConsumer implements FetchPolicy {
  readonly #parts: GroupConsumerParts;
  readonly #options: ConsumerOptions;
  readonly #logger: Logger;
  readonly #consumer: Consumer;
  /** Names on the brokers; {@link topic} and {@link groupId} are those of the contract. */
  readonly names: { readonly topic: string; readonly group: string };
  readonly #interceptor: FetchInterceptor;
  readonly #closing = new AbortController();
  readonly #workers: Workers;
  readonly #heartbeats: Heartbeats;
  readonly #watchdog: Watchdog;
  /** Partitions that kafkajs was told not to fetch. */
  readonly #held = new Set<number>();
  #partitions = new Map<number, Partition>();
  #assignment = 0;
  #joined = false;
  /** Whether the present assignment counts: not between its end and the next one. */
  #isCurrent = false;
  #failed = false;
  #rejoinReason: Error | undefined;
  #lastRejoinAt = -Infinity;
  #notJoinedSince = performance.now();

  constructor(parts: GroupConsumerParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.names = {
      topic: topicOnBroker(parts.connection, parts.topic),
      group: groupOnBroker(parts.connection, parts.groupId),
    };
    this.#logger = parts.logger.child(this.names);
    this.#interceptor = new FetchInterceptor(this, parts.options.maxDecompressedBytes);
    const { options } = parts;
    this.#consumer = createKafka(parts.connection, parts.logger).consumer({
      groupId: this.names.group,
      partitionAssigners: [this.#attachingAssigner()],
      metadataMaxAge: options.metadataMaxAgeMs,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      minBytes: options.minBytes,
      maxBytes: options.maxBytes,
      // How long the loop sleeps while it may read nothing; a fetch gets its own time to wait.
      maxWaitTimeInMs: TURN_MS,
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
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberAssignment[this.names.topic] ?? []));
    this.#consumer.on(CRASH, ({ payload }) => this.#onCrash(payload.error, payload.restart));
    this.#workers = new Workers(options.partitionsConcurrently, (partition) => this.#settle(partition));
    this.#heartbeats = new Heartbeats({
      intervalMs: options.heartbeatIntervalMs,
      sessionTimeoutMs: options.sessionTimeoutMs,
      isMember: () => this.#joined && this.#isCurrent,
      onSilence: (silentMs) => this.onLost(rebalanceError(`no heartbeat answered for ${Math.round(silentMs)} ms`)),
    });
    this.#watchdog = new Watchdog({
      connection: parts.connection,
      logger: this.#logger,
      topic: parts.topic,
      stallTimeoutMs: options.stallTimeoutMs,
      // Before the first join the topic may be missing for as long as it has not been created.
      outsideSince: () => (this.#joined || this.#assignment === 0 ? null : this.#notJoinedSince),
      readable: () => this.#readable(),
      onStall: (reason) =>
        this.#fail(
          new ConsumerStalledError(
            `the consumer of ${this.names.topic} stands still although the broker answers: ${reason}`,
            {
              context: this.names,
            },
          ),
        ),
    });
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
    this.#watchdog.start();
    this.#run().catch((error: unknown) => this.#fail(translateKafkaError(error, `consume ${this.names.topic}`)));
  }

  partitions(): PartitionStatus[] {
    const consumer = { topic: this.topic, groupId: this.groupId, transactionLimitMs: this.#options.transactionLimitMs };
    return [...this.#partitions.values()].map((state) =>
      statusOf(state, consumer, this.#workers.isBusy(state.partition)),
    );
  }

  /** Reads a paused partition again, from where its last handled batch ended. */
  resume(partition: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.pausedReason === null) {
      return;
    }
    state.pausedReason = null;
    state.progressAt = state.movedAt = performance.now();
    this.#settle(partition);
    this.#logger.info({ partition }, 'partition_resumed');
  }

  /** The next batch of an idle partition begins at `offset`; a paused one is read again. A running handler has `RecordBatch.seek`. */
  seek(partition: number, offset: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.running !== null) {
      return;
    }
    moveTo(state, offset);
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
   * Begins no more work, lets running handlers end for `graceMs` (or until `signal`), aborts them then, leaves the group
   * and disconnects. The membership is kept up meanwhile, so that handlers can commit. Never throws: what hangs is left
   * behind, the process ends.
   */
  async drain({ graceMs, signal }: { graceMs: number; signal?: AbortSignal }): Promise<void> {
    this.#closing.abort();
    this.#holdAll();
    const probeStopped = this.#watchdog.stop();
    probeStopped.catch(() => undefined);
    const grace = AbortSignal.timeout(graceMs);
    await this.#untilWorkersEnd(signal === undefined ? grace : AbortSignal.any([signal, grace]));
    this.#abortRunning(new PartitionLostError('the process stops', { context: { topic: this.names.topic } }));
    await this.#untilWorkersEnd(AbortSignal.timeout(ABORTED_GRACE_MS));
    this.#heartbeats.stop();
    const [left] = await Promise.allSettled(
      [this.#consumer.disconnect(), probeStopped].map((closing) =>
        withDeadline(closing, DISCONNECT_TIMEOUT_MS, `disconnect of ${this.names.group}`),
      ),
    );
    if (left?.status === 'rejected') {
      this.#logger.warn({ err: left.reason as unknown }, 'disconnect_incomplete');
    }
    if (!this.#joined || left?.status === 'rejected') {
      await leaveGroup(this.#parts.connection, this.#logger, this.names.group, this.#interceptor.memberId);
    }
    this.#partitions.clear();
    this.#joined = false;
  }

  /** Ends early when `signal` is aborted, or as soon as nothing is at work. */
  async #untilWorkersEnd(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const patience = sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, done.signal]) });
    await Promise.race([this.#workers.ended(), patience.catch(() => undefined)]);
    done.abort();
  }

  // What the interceptor asks and tells.

  get assignment(): number {
    return this.#assignment;
  }

  get rejoinReason(): Error | undefined {
    return this.#rejoinReason;
  }

  get hasRoom(): boolean {
    const { maxDecompressedBytes } = this.#options;
    return this.#workers.movingBytes < maxDecompressedBytes * ROOM && this.#workers.bytes < maxDecompressedBytes;
  }

  /**
   * Partitions that are at work are not part of a fetch. While one of them has more to read, the fetch of the others
   * does not wait long: it would hold up the next one for that partition.
   */
  get fetchWaitMs(): number {
    const { maxWaitMs } = this.#options;
    const isHurried = [...this.#partitions.values()].some(
      (state) =>
        state.running !== null && state.handledTo !== null && state.handledTo < (state.lastStableOffset ?? Infinity),
    );
    return isHurried ? Math.ceil(maxWaitMs * HURRY) : maxWaitMs;
  }

  offsetFor(topic: string, partition: number, proposed: number): number {
    const state = this.#partitions.get(partition);
    if (topic !== this.names.topic || state === undefined) {
      return proposed;
    }
    return (state.position ??= proposed);
  }

  onFetched(_topic: string, partition: number, facts: FetchFacts): void {
    const state = this.#partitions.get(partition);
    if (state !== undefined && state.assignment === facts.assignment) {
      noteFetched(state, facts);
    }
  }

  onConfirmed(): void {
    this.#heartbeats.confirm();
  }

  onJoining(): void {
    this.#isCurrent = false;
    this.#rejoinReason = undefined;
    this.#abortRunning(
      new PartitionLostError('the consumer group is rebalanced', { context: { topic: this.names.topic } }),
    );
  }

  /** The group moves on without the present assignment. */
  onLost(error: Error): void {
    if (!this.#isCurrent) {
      return;
    }
    this.#isCurrent = false;
    this.#rejoinReason = error;
    this.#abortRunning(
      new PartitionLostError(`the partitions of ${this.names.topic} are being reassigned`, {
        cause: error,
        context: { topic: this.names.topic },
      }),
    );
    // The next turn of the fetch loop fetches, and takes the error.
    this.#settleAll();
  }

  // Start, join, end.

  async #run(): Promise<void> {
    let delayMs = START_RETRY_MS.first;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#consumer.connect();
        await this.#consumer.subscribe({ topics: [this.names.topic], fromBeginning: true });
        break;
      } catch (error) {
        const failure = translateKafkaError(error, `subscribe to ${this.names.topic}`);
        if (failure instanceof KafkaRefusedError) {
          throw failure;
        }
        this.#logger.warn({ code: failure.code, reason: failure.message, retryMs: delayMs }, 'waiting_for_topic');
        await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, START_RETRY_MS.max);
      }
    }
    if (this.#closing.signal.aborted) {
      return;
    }
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => this.#take(payload),
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
    const assignment = (this.#assignment = ++assignments);
    this.#partitions = new Map(
      [...partitions].sort((a, b) => a - b).map((partition) => [partition, newPartition(assignment, partition)]),
    );
    this.#joined = true;
    this.#isCurrent = true;
    this.#rejoinReason = undefined;
    const paused = this.#consumer.paused();
    if (paused.length > 0) {
      this.#consumer.resume(paused);
    }
    this.#held.clear();
    this.#settleAll();
    this.#logger.info({ partitions: [...this.#partitions.keys()], assignment }, 'partitions_assigned');
  }

  #onCrash(error: Error, restart: boolean): void {
    this.#joined = false;
    this.#isCurrent = false;
    this.#notJoinedSince = performance.now();
    this.#heartbeats.stop();
    this.#abortRunning(
      new PartitionLostError('the consumer has left its group', { context: { topic: this.names.topic } }),
    );
    this.#partitions.clear();
    if (restart || this.#closing.signal.aborted) {
      return;
    }
    const cause = translateKafkaError(error, `consume ${this.names.topic}`);
    this.#fail(
      new ConsumerCrashedError(`the consumer of ${this.names.topic} crashed: ${cause.message}`, {
        cause,
        context: this.names,
      }),
    );
  }

  #fail(error: AppError): void {
    if (this.#failed || this.#closing.signal.aborted) {
      return;
    }
    this.#failed = true;
    this.#abortRunning(new PartitionLostError('the process ends', { context: { topic: this.names.topic } }));
    // Until the process has ended nothing more may be handled, and fetching in vain would burn the time to end.
    this.#holdAll();
    this.#parts.fatal(error);
  }

  // Which partitions kafkajs may fetch.

  /** Tells kafkajs whether to fetch a partition, where that has changed. */
  #settle(partition: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || !this.#joined || this.#failed || this.#closing.signal.aborted) {
      return;
    }
    const isHeld = this.#rejoinReason === undefined && (state.pausedReason !== null || this.#workers.isBusy(partition));
    if (isHeld === this.#held.has(partition)) {
      return;
    }
    const change = [{ topic: this.names.topic, partitions: [partition] }];
    if (isHeld) {
      this.#held.add(partition);
      this.#tellClient(() => this.#consumer.pause(change));
    } else {
      this.#held.delete(partition);
      state.movedAt = performance.now();
      this.#tellClient(() => this.#consumer.resume(change));
    }
  }

  #settleAll(): void {
    for (const partition of this.#partitions.keys()) {
      this.#settle(partition);
    }
  }

  #holdAll(): void {
    if (this.#joined) {
      this.#tellClient(() => this.#consumer.pause([{ topic: this.names.topic }]));
    }
  }

  /** While kafkajs starts a crashed consumer anew it has nothing to pause and refuses; the next join begins with nothing paused. */
  #tellClient(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#logger.debug({ err: error }, 'client_between_groups');
    }
  }

  #readable(): Partition[] {
    return this.#joined && this.#isCurrent && this.hasRoom && !this.#closing.signal.aborted
      ? [...this.#partitions.values()].filter(
          ({ partition, pausedReason }) => pausedReason === null && !this.#workers.isBusy(partition),
        )
      : [];
  }

  // Batches.

  /** Hands what was fetched to the worker of its partition; kafkajs goes on at once. */
  #take(payload: EachBatchPayload): void {
    const { batch } = payload;
    const facts = this.#interceptor.factsOf((batch as unknown as { rawMessages: unknown[] }).rawMessages);
    const state = this.#partitions.get(batch.partition);
    if (
      facts === undefined ||
      state === undefined ||
      !this.#isCurrent ||
      this.#failed ||
      this.#closing.signal.aborted ||
      facts.assignment !== state.assignment ||
      facts.fetchOffset !== state.position ||
      state.pausedReason !== null ||
      this.#workers.isBusy(state.partition)
    ) {
      this.#logger.debug({ partition: batch.partition, offset: facts?.fetchOffset }, 'batch_overtaken');
      return;
    }
    this.#heartbeats.follow(payload);
    const abort = (state.running = new AbortController());
    state.handledTo = facts.nextOffset;
    this.#workers.start({
      partition: state.partition,
      bytes: facts.bytes,
      signal: abort.signal,
      run: () => this.#handle(payload, facts, state, abort.signal),
    });
    this.#settle(state.partition);
  }

  async #handle(payload: EachBatchPayload, facts: FetchFacts, state: Partition, signal: AbortSignal): Promise<void> {
    const batch = new FetchedBatch(this.topic, facts, state.partition, signal, {
      heartbeat: () => this.#beat(payload, signal),
      isAssigned: () => this.#isOwner(state),
      pause: (reason) => this.#pause(state, reason),
      commit: (offset) => this.#commit(payload, state, signal, offset),
    });
    try {
      await this.#parts.handle(batch);
    } catch (error) {
      await this.#onHandlerError(error, signal, state);
      return;
    } finally {
      state.running = null;
    }
    if (!signal.aborted) {
      this.#moveOn(batch, facts, state);
    }
  }

  #moveOn(batch: FetchedBatch, facts: FetchFacts, state: Partition): void {
    if (batch.soughtTo !== null) {
      moveTo(state, batch.soughtTo);
      return;
    }
    if (state.pausedReason !== null) {
      return;
    }
    if (facts.outOfRange !== null) {
      const { low, high } = facts.outOfRange;
      this.#pause(state, `offset ${facts.fetchOffset} is out of range, the broker has ${low} to ${high}`);
    } else if (facts.undecodable !== null) {
      const { from, reason } = facts.undecodable;
      this.#pause(state, `undecodable_batch: the record batch at offset ${from} cannot be read: ${reason}`);
    } else {
      moveTo(state, facts.nextOffset);
      state.progressAt = performance.now();
    }
  }

  async #onHandlerError(error: unknown, signal: AbortSignal, state: Partition): Promise<void> {
    const context = { topic: this.names.topic, partition: state.partition };
    if (signal.aborted) {
      // The handler was told to stop and did: that is all its error can mean, whatever it is.
      this.#logger.debug({ ...context, err: error }, 'batch_aborted');
      return;
    }
    if (error instanceof RejoinError || error instanceof PartitionLostError) {
      this.#logger.warn({ ...context, code: error.code, reason: error.message }, 'consumer_rejoining');
      const now = performance.now();
      if (now - this.#lastRejoinAt < REJOIN.windowMs) {
        await sleep(REJOIN.pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
      this.#lastRejoinAt = performance.now();
      if (this.#isOwner(state) && !this.#closing.signal.aborted) {
        this.onLost(rebalanceError(error.message));
      }
      return;
    }
    this.#fail(
      error instanceof AppError
        ? error
        : new HandlerFailedError(`the handler of ${this.names.topic}/${state.partition} failed: ${messageOf(error)}`, {
            cause: error,
            context,
          }),
    );
  }

  #isOwner(state: Partition): boolean {
    return this.#isCurrent && this.#partitions.get(state.partition) === state;
  }

  #pause(state: Partition, reason: string): void {
    if (!this.#isOwner(state) || state.pausedReason !== null) {
      return;
    }
    state.pausedReason = reason;
    this.#settle(state.partition);
    this.#logger.error({ partition: state.partition, offset: state.position, reason }, 'partition_paused');
  }

  async #commit(payload: EachBatchPayload, state: Partition, signal: AbortSignal, offset: number): Promise<void> {
    const context = { topic: this.names.topic, partition: state.partition, offset };
    const commitOnce = async (): Promise<void> => {
      if (!this.#isOwner(state)) {
        throw new PartitionLostError('commit after the partition was lost', { context });
      }
      try {
        await payload.commitOffsetsIfNecessary({
          topics: [{ topic: this.names.topic, partitions: [{ partition: state.partition, offset: String(offset) }] }],
        });
      } catch (error) {
        if (isGroupLost(error) && this.#isOwner(state)) {
          this.onLost(error as Error);
        }
        throw translateKafkaError(error, `commit ${this.names.topic}/${state.partition}`, context);
      }
    };
    await retry(commitOnce, {
      budgetMs: COMMIT_BUDGET_MS,
      signal,
      isRetriable: (error) => error instanceof KafkaUnavailableError,
    });
  }

  /** A heartbeat on behalf of a handler. That none is answered is for the membership to judge, not for it. */
  async #beat(payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
    await payload.heartbeat().catch(() => undefined);
    signal.throwIfAborted();
  }

  #abortRunning(reason: PartitionLostError): void {
    for (const { running } of this.#partitions.values()) {
      running?.abort(reason);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
