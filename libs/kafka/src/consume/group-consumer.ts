/**
 * One consumer of one topic in its own group: hands fetched batches to workers, one per partition.
 *
 * Longer than 350 lines: fetching, handing over and aborting follow one state machine, that of an assignment.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppError, Logger } from '@chip/service';
import type { EachBatchPayload } from 'kafkajs';
import type { KafkaConnection } from '../client.ts';
import { ConsumerCrashedError, ConsumerStalledError, PartitionLostError, translateKafkaError } from '../kafka.error.ts';
import { rebalanceError, type FetchFacts, type FetchPolicy } from '../kafkajs-patches/fetch-interceptor.ts';
import { groupOnBroker, topicOnBroker } from '../names.ts';
import { moveTo, newPartition, noteFetched, statusOf, type Partition, type PartitionStatus } from './assignment.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { GroupClient } from './group-client.ts';
import { Handling } from './handling.ts';
import { Heartbeats } from './heartbeats.ts';
import { OffsetCommits } from './offset-commits.ts';
import type { RecordBatch } from './record-batch.ts';
import type { UndecodableRange } from '../records/kafka-record.ts';
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

/** How long aborted handlers may take before the consumer leaves the group without them. */
const ABORTED_GRACE_MS = 2_000;
/** Share of `maxDecompressedBytes` that progressing batches may hold when another fetch begins. */
const ROOM = 0.25;
/** Share of `maxWaitMs` that a fetch may wait while a busy partition has more to read. */
const HURRY = 0.2;
/** After this long without anything to read, a fetch waits longer, but no longer than for the first byte. Times in ms. */
const IDLE = { afterMs: 1_000, maxWaitMs: 500 };

/** Numbers the assignments of all consumers of this process. */
let assignments = 0;

/**
 * One kafkajs consumer with its own group for one topic, tamed:
 *
 * 1. The position of a partition lives here, per assignment; kafkajs only proposes the first one ({@link FetchInterceptor}).
 * 2. kafkajs's fetch loop never waits for a handler. A batch goes to the worker of its partition ({@link Workers}), and
 *    the partition is paused in kafkajs until that worker ends: the loop keeps running, reads other partitions, and
 *    sends heartbeats ({@link Heartbeats}).
 * 3. A batch reaches its worker only if it was fetched in this assignment, at this position, and the partition is neither
 *    paused nor busy, even for an earlier assignment. Everything else is stale and dropped; it is fetched again if
 *    still wanted.
 * 4. As soon as the group announces the end of an assignment, or a request to join is sent, all batches are aborted.
 *    The consumer joins without waiting for their handlers; a partition that returns waits only for its own old
 * handler.
 * 5. Handler errors never reach kafkajs's retry loop: they are either a wish to rejoin or fatal.
 *
 * As a result, two batches of one partition never overlap within a process, and a handler learns at once that it lost
 * its partition; what it does after that no longer counts. It may still act after another process has begun, and a
 * frozen process may even believe in its old assignment: a handler that writes needs its own fence.
 */
export class GroupConsumer implements FetchPolicy {
  readonly #parts: GroupConsumerParts;
  readonly #options: ConsumerOptions;
  readonly #logger: Logger;
  readonly #client: GroupClient;
  readonly #handling: Handling;
  readonly #commits: OffsetCommits;
  /** Names on the brokers; {@link topic} and {@link groupId} are those of the contract. */
  readonly names: { readonly topic: string; readonly group: string };
  readonly #closing = new AbortController();
  readonly #workers: Workers;
  readonly #heartbeats: Heartbeats;
  readonly #watchdog: Watchdog;
  #partitions = new Map<number, Partition>();
  #assignment = 0;
  /** Whether the current assignment counts: false between its end and the next one. */
  #isCurrent = false;
  #failed = false;
  #rejoinReason: Error | undefined;
  #notJoinedSince = performance.now();

  constructor(parts: GroupConsumerParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.names = {
      topic: topicOnBroker(parts.connection, parts.topic),
      group: groupOnBroker(parts.connection, parts.groupId),
    };
    this.#logger = parts.logger.child(this.names);
    const { connection, options, topic } = parts;
    this.#client = new GroupClient({
      connection,
      options,
      logger: this.#logger,
      policy: this,
      closing: this.#closing.signal,
      onJoin: (partitions) => this.#onJoin(partitions),
      onCrash: (error, restart) => this.#onCrash(error, restart),
      onBatch: (payload, facts) => this.#take(payload, facts),
    });
    const ofPartitions = {
      topicOnBroker: this.names.topic,
      logger: this.#logger,
      isOwner: (state: Partition) => this.#isOwner(state),
      lose: (error: Error) => this.onLost(error),
      fail: (error: AppError) => this.#fail(error),
    };
    this.#commits = new OffsetCommits(ofPartitions);
    this.#handling = new Handling({
      ...ofPartitions,
      topic,
      handle: parts.handle,
      closing: this.#closing.signal,
      pause: (state, reason) => this.#pause(state, reason),
      commit: (payload, state, offset) => this.#commits.note(payload, state, offset),
    });
    this.#workers = new Workers(options.partitionsConcurrently, (partition) => this.#settle(partition));
    this.#heartbeats = new Heartbeats({
      intervalMs: options.heartbeatIntervalMs,
      sessionTimeoutMs: options.sessionTimeoutMs,
      isMember: () => this.isJoined && this.#isCurrent,
      onSilence: (silentMs) => this.onLost(rebalanceError(`no heartbeat answered for ${Math.round(silentMs)} ms`)),
    });
    this.#watchdog = new Watchdog({
      connection: parts.connection,
      logger: this.#logger,
      topic: parts.topic,
      stallTimeoutMs: options.stallTimeoutMs,
      // Before the first join the topic may not exist yet.
      outsideSince: () => (this.#isCurrent || this.#assignment === 0 ? null : this.#notJoinedSince),
      readable: () => this.#readable(),
      onStall: (reason) =>
        this.#fail(
          new ConsumerStalledError(
            `the consumer of ${this.names.topic} has stalled although the broker answers: ${reason}`,
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
    return this.#client.isJoined;
  }

  /** Starts in the background: waits for brokers and topic as long as needed, then consumes. */
  start(): void {
    this.#watchdog.start();
    this.#client.run().catch((error: unknown) => this.#fail(translateKafkaError(error, `consume ${this.names.topic}`)));
  }

  partitions(): PartitionStatus[] {
    const consumer = { topic: this.topic, groupId: this.groupId, transactionLimitMs: this.#options.transactionLimitMs };
    return [...this.#partitions.values()].map((state) =>
      statusOf(state, consumer, this.#workers.isBusy(state.partition)),
    );
  }

  /** Resumes a paused partition from the end of its last handled batch. */
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

  /**
   * The next batch of an idle partition begins at `offset`; a paused one resumes. A running handler uses
   * `RecordBatch.seek`.
   */
  seek(partition: number, offset: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || state.running !== null) {
      return;
    }
    moveTo(state, offset);
    this.resume(partition);
  }

  /** Skips the record batch that stops a partition. @returns the skipped range; null when nothing is in the way */
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
   * Begins no more work, lets running handlers finish for `graceMs` (or until `signal`), then aborts them, leaves the
   * group and disconnects. Keeps up the membership meanwhile, so that handlers can commit. Never throws: abandons what
   * hangs, since the process ends.
   */
  async drain({ graceMs, signal }: { graceMs: number; signal?: AbortSignal }): Promise<void> {
    this.#closing.abort();
    this.#client.holdAll();
    const probeStopped = this.#watchdog.stop();
    const grace = AbortSignal.timeout(graceMs);
    await this.#untilWorkersEnd(signal === undefined ? grace : AbortSignal.any([signal, grace]));
    this.#abortRunning(new PartitionLostError('the process stops', { context: { topic: this.names.topic } }));
    await this.#untilWorkersEnd(AbortSignal.timeout(ABORTED_GRACE_MS));
    await this.#commits.end();
    this.#heartbeats.stop();
    await Promise.all([this.#client.leave(), probeStopped]);
    this.#partitions.clear();
  }

  /** Ends early when `signal` is aborted, or as soon as no worker is running. */
  async #untilWorkersEnd(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const patience = sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, done.signal]) });
    await Promise.race([this.#workers.ended(), patience.catch(() => undefined)]);
    done.abort();
  }

  // What the interceptor asks and reports.

  get assignment(): number {
    return this.#assignment;
  }

  /**
   * kafkajs fetches only while it believes to be a member. After a failed request to join whose reason it does not know
   * (the coordinator is still loading the group) it goes on in its former assignment, which we have ended.
   */
  get rejoinReason(): Error | undefined {
    return this.#rejoinReason ?? (this.#isCurrent ? undefined : rebalanceError('the last request to join has failed'));
  }

  get hasRoom(): boolean {
    const { maxDecompressedBytes } = this.#options;
    return this.#workers.movingBytes < maxDecompressedBytes * ROOM && this.#workers.bytes < maxDecompressedBytes;
  }

  roomChange(maxMs: number): Promise<void> {
    return this.#workers.change(maxMs);
  }

  /**
   * Busy partitions are not part of a fetch. While one of them has more to read, the fetch of the others waits only
   * briefly: it would delay that partition's next fetch. Where nothing comes in, many empty answers would cost more than
   * any other work.
   */
  get patience(): { maxWaitTime: number; minBytes: number } {
    const { maxWaitMs, minBytes } = this.#options;
    const states = [...this.#partitions.values()];
    const idleSince = performance.now() - IDLE.afterMs;
    if (states.every(({ running, movedAt }) => running === null && movedAt < idleSince)) {
      return { maxWaitTime: Math.max(maxWaitMs, IDLE.maxWaitMs), minBytes: 1 };
    }
    const isHurried = states.some(
      ({ running, handledTo, lastStableOffset }) =>
        running !== null && handledTo !== null && handledTo < (lastStableOffset ?? Infinity),
    );
    return { maxWaitTime: isHurried ? Math.ceil(maxWaitMs * HURRY) : maxWaitMs, minBytes };
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
    this.#endAssignment();
    this.#rejoinReason = undefined;
    this.#abortRunning(
      new PartitionLostError('the consumer group is rebalanced', { context: { topic: this.names.topic } }),
    );
  }

  /** The group has moved on without the current assignment. */
  onLost(error: Error): void {
    if (!this.#isCurrent) {
      return;
    }
    this.#endAssignment();
    this.#rejoinReason = error;
    this.#abortRunning(
      new PartitionLostError(`the partitions of ${this.names.topic} are being reassigned`, {
        cause: error,
        context: { topic: this.names.topic },
      }),
    );
  }

  // Join and end.

  #onJoin(partitions: readonly number[]): void {
    const assignment = (this.#assignment = ++assignments);
    this.#partitions = new Map(
      [...partitions].sort((a, b) => a - b).map((partition) => [partition, newPartition(assignment, partition)]),
    );
    this.#isCurrent = true;
    this.#rejoinReason = undefined;
    this.#settleAll();
    this.#logger.info({ partitions: [...this.#partitions.keys()], assignment }, 'partitions_assigned');
  }

  #onCrash(error: Error, restart: boolean): void {
    this.#endAssignment();
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
    // Handle nothing more until the process has ended; fetching in vain would cost time needed to end.
    this.#client.holdAll();
    this.#parts.fatal(error);
  }

  #endAssignment(): void {
    if (this.#isCurrent) {
      this.#isCurrent = false;
      this.#notJoinedSince = performance.now();
      // The next turn of the fetch loop fetches and gets the error, even if every partition was held.
      this.#settleAll();
    }
  }

  // Which partitions the client may fetch.

  /** Tells the client whether to fetch a partition, if that has changed. */
  #settle(partition: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined || this.#failed || this.#closing.signal.aborted) {
      return;
    }
    const isHeld = this.#isCurrent && (state.pausedReason !== null || this.#workers.isBusy(partition));
    if (this.#client.hold(partition, isHeld) && !isHeld) {
      state.movedAt = performance.now();
    }
  }

  #settleAll(): void {
    for (const partition of this.#partitions.keys()) {
      this.#settle(partition);
    }
  }

  #readable(): Partition[] {
    return this.isJoined && this.#isCurrent && this.hasRoom && !this.#closing.signal.aborted
      ? [...this.#partitions.values()].filter(
          ({ partition, pausedReason }) => pausedReason === null && !this.#workers.isBusy(partition),
        )
      : [];
  }

  // Batches.

  /** Hands fetched records to the worker of their partition; the client goes on at once. */
  #take(payload: EachBatchPayload, facts: FetchFacts | undefined): void {
    const { batch } = payload;
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
      run: (progress) => this.#handling.run(payload, facts, state, abort.signal, progress),
    });
    this.#settle(state.partition);
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

  #abortRunning(reason: PartitionLostError): void {
    for (const { running } of this.#partitions.values()) {
      running?.abort(reason);
    }
  }
}
