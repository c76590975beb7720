// Longer than 350 lines: one state machine. State, size, failures and brake have files of their own.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Block,
  decodeBlock,
  MalformedBlockError,
  type PartitionState,
  recreationEvidence,
  rowsOf,
  trimBlock,
  UnsupportedBlockError,
} from '@chip/contracts';
import { type KafkaRecord, type RecordBatch, RejoinError } from '@chip/kafka';
import {
  DatabaseError,
  initPosition,
  loadPosition,
  LoadSession,
  type LoadSessionOptions,
  type Queryable,
  rememberTopics,
  restartAcceptedTopic,
  settleAcceptedOffset,
  type StreamPosition,
} from '@chip/persistence';
import type { Logger } from '@chip/service';
import type { DeadLetters } from '../dead-letters.ts';
import type { Loader } from '../loaders/loader.ts';
import type { WriterMetrics } from '../writer.metrics.ts';
import { failureOf } from './failure.ts';
import { FlushSize } from './flush-size.ts';
import { flush, type FlushWork } from './flush.ts';
import { PartitionStatus } from './partition-status.ts';
import { RefusalBrake } from './refusal-brake.ts';
import { splitBlock } from './split-block.ts';

/** Payload bytes of one transaction, regardless of the number of rows. */
const MAX_FLUSH_BYTES = 8 * 1024 * 1024;
const RETRY_MS = { first: 100, max: 5_000 };
/** Pauses of a stopped partition that retries automatically. */
const STOPPED_RETRY_MS = { first: 2_000, max: 60_000 };
/** An attempt that fails after this long shows as a state at once; a shorter one only when it repeats. */
const TOLD_AT_ONCE_MS = 5_000;
/** Disagreeing clocks disagree for every block: one warning per partition and minute. */
const CLOCK_WARNING_MS = 60_000;

export interface PartitionWriterParts {
  readonly topic: string;
  readonly sourceTopic: string;
  readonly partition: number;
  readonly session: Omit<LoadSessionOptions, 'applicationName'>;
  /** Name of this process, stored with the position. */
  readonly owner: string;
  /** Shared connections, for what must not wait for a flush: states of stopped partitions. */
  readonly database: Queryable;
  /** The current id of the accepted topic; null when the broker does not report it. */
  readonly acceptedTopicId: () => Promise<string | null>;
  readonly loaderOf: (blocks: readonly Block[]) => Loader;
  readonly deadLetters: DeadLetters;
  readonly flushRows: number;
  readonly metrics: WriterMetrics;
  readonly logger: Logger;
}

/** The position as this process knows it; the database decides. */
interface Known {
  next: number;
  /**
   * Where to read on. A hint: only the position decides what is applied, and until `isProven` this may belong to
   * another topic.
   */
  acceptedOffset: number;
  /** Blocks below this offset belong to an earlier machine topic. */
  acceptedOrigin: number;
  readonly acceptedTopicId: string | null;
  sourceTopicId: string | null;
  appendTimeMs: number | null;
  /** Whether the block before `acceptedOffset` was read and ends at or below the position. */
  isProven: boolean;
}

/** What a walk over the blocks of a batch has gathered, and how far it got. */
interface Gathered {
  blocks: Block[];
  rows: number;
  bytes: number;
  to: number;
  acceptedOffset: number;
  appendTimeMs: number | null;
  sourceTopicId: string | null;
}

/**
 * Writes one partition: turns batches of blocks into flushes, and follows the position in the database.
 *
 * 1. Without a position in memory (new assignment, new connection, conflict): take over the partition, read the
 *    position, prove that the accepted topic is the one it remembers, and read on from there.
 * 2. Trim blocks below the position: they are applied already. Only the ranges that blocks cover decide this, never an
 *    offset of the accepted topic. A block above the position is a gap: apply nothing and move nothing until a block
 *    contains the position or an operator accepts the gap.
 * 3. Gather blocks up to the size of a flush, then flush (see `flush`). Only the position outlives the batch.
 *
 * A batch can therefore be dropped at any point and read again: the position alone decides what is applied. A
 * failure becomes the state of this partition and stops nothing else.
 */
export class PartitionWriter {
  readonly #parts: PartitionWriterParts;
  readonly #logger: Logger;
  readonly #status: PartitionStatus;
  readonly #size: FlushSize;
  readonly #brake = new RefusalBrake();
  #assignment = NaN;
  #known: Known | undefined;
  /** Id of the accepted topic that this assignment has proved to be the remembered one; undefined until then. */
  #provenTopicId: string | null | undefined;
  #session: LoadSession | undefined;
  /** From the discovery of a gap until the position moves: reads the accepted topic once more, from its start. */
  #isRescanning = false;
  #isBusy = false;
  /** When a stopped partition retries, and how many retries in a row it has made. */
  #retry: { readonly at: number } | undefined;
  #retries = 0;
  #clockWarnedAt = -Infinity;

  constructor(parts: PartitionWriterParts) {
    this.#parts = parts;
    this.#logger = parts.logger.child({ topic: parts.sourceTopic, partition: parts.partition });
    this.#status = new PartitionStatus({ ...parts, logger: this.#logger });
    this.#size = new FlushSize(parts.flushRows);
  }

  get state(): PartitionState {
    return this.#status.state;
  }

  /** Applies a batch. Returns when it is applied or the partition has stopped for a stated reason. */
  async handle(batch: RecordBatch): Promise<void> {
    if (this.#assignment !== batch.assignment) {
      this.#assignment = batch.assignment;
      this.#provenTopicId = undefined;
      this.#forget();
    }
    this.#isBusy = true;
    // The next owner of this partition must not wait for a COPY to end.
    const cut = (): void => this.#session?.cut();
    batch.signal.addEventListener('abort', cut);
    try {
      await this.#untilApplied(batch);
    } finally {
      batch.signal.removeEventListener('abort', cut);
      this.#isBusy = false;
      if (batch.signal.aborted) {
        await this.release();
      }
    }
  }

  /** Ends the connection and forgets the position; an open transaction is rolled back. */
  async release(): Promise<void> {
    this.#retry = undefined;
    this.#status.withdraw();
    await this.#endSession();
  }

  /**
   * Checks whether the position is still what this process remembers. While no block came in, a failover to a replica,
   * a restore to an earlier point or an operator may have changed it, or the accepted topic may have been recreated. If
   * nothing has come in since the assignment, it checks whether Kafka's committed offset, a mere hint, skipped blocks.
   * @param readingFrom accepted offset of the next batch
   * @returns the accepted offset to read from if it changed, else undefined
   */
  async reviewPosition(readingFrom: number): Promise<number | undefined> {
    const isDue = this.#retry !== undefined && performance.now() >= this.#retry.at;
    let row: StreamPosition | undefined;
    const topicId = await this.#parts.acceptedTopicId();
    try {
      row = await loadPosition(this.#parts.database, this.#parts.sourceTopic, this.#parts.partition);
    } catch (error) {
      if (!isDue || this.#isBusy) {
        throw error;
      }
    }
    const storedTopicId = row?.acceptedTopicId ?? null;
    const isReplaced = topicId !== null && storedTopicId !== null && storedTopicId !== topicId;
    if (this.#isBusy) {
      // The next batch takes over the partition again.
      if (isReplaced) {
        this.#assignment = NaN;
      }
      return undefined;
    }
    if (isReplaced) {
      this.#forget();
      return 0;
    }
    if (row === undefined && !isDue) {
      return undefined;
    }
    const { state } = this.#status;
    const isReleased = row?.state === 'running' && state !== 'running' && state !== 'waiting_for_database';
    if (isDue || (isReleased && this.#status.isStored)) {
      this.#logger.warn({ isReleased, position: Number(row?.nextOffset ?? NaN) }, 'stopped_partition_tries_again');
      this.#forget();
      this.#retry = undefined;
      if (isReleased && this.#status.isStored) {
        this.#retries = 0;
        this.#brake.release();
        this.#status.show('running');
      }
      return row === undefined ? readingFrom : Number(row.acceptedOffset);
    }
    if (this.#known === undefined) {
      const unapplied = Number(row?.acceptedOffset ?? 0);
      if (state !== 'running' || unapplied >= readingFrom) {
        return undefined;
      }
      this.#logger.warn({ readingFrom, unapplied }, 'unapplied_blocks_skipped');
      return unapplied;
    }
    if (row === undefined || Number(row.nextOffset) === this.#known.next) {
      return undefined;
    }
    this.#logger.warn({ remembered: this.#known.next, position: Number(row.nextOffset) }, 'position_changed_elsewhere');
    this.#forget();
    return Number(row.acceptedOffset);
  }

  async #endSession(): Promise<void> {
    this.#forget();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #forget(): void {
    this.#known = undefined;
    this.#isRescanning = false;
  }

  async #untilApplied(batch: RecordBatch): Promise<void> {
    const { metrics, sourceTopic: topic } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const beganAt = performance.now();
      try {
        await this.#apply(batch);
        return;
      } catch (error) {
        // The batch counts as not handled: the partition's current owner reads it again.
        if (batch.signal.aborted) {
          return;
        }
        const reason = error instanceof Error ? error.message : String(error);
        const failure = failureOf(error, this.#session?.isTimedOut ?? false);
        if (failure.kind === 'broken') {
          throw error;
        }
        if (failure.kind === 'conflict') {
          metrics.conflicts.inc({ topic });
          this.#logger.warn('position_conflict');
          this.#forget();
          throw new RejoinError('another writer moved the position', { cause: error });
        }
        if (failure.kind === 'stop') {
          // The state of the session is unknown; the next attempt opens a new one.
          await this.#endSession();
          await this.#stop(batch, failure.state, describe(error), failure.retries);
          return;
        }
        await this.#refuseToFight(error);
        // The position says whether a lost commit took effect: every new connection reads it again.
        this.#forget();
        if (this.#session?.dead) {
          await this.#endSession();
        }
        metrics.retries.inc({ topic, reason: failure.code });
        const tookLong = performance.now() - beganAt > TOLD_AT_ONCE_MS;
        if (failure.isSlow && (tookLong || attempt > 1)) {
          if (this.#size.halve()) {
            this.#logger.warn({ rows: this.#size.rows, reason }, 'flush_halved');
          } else if (!isLocked(error)) {
            await this.#stop(batch, 'database_refuses', `one event alone takes too long: ${reason}`, true);
            return;
          }
        }
        const delayMs =
          Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(attempt - 1, 10)) * (0.5 + Math.random() / 2);
        this.#logger.warn({ code: failure.code, reason, attempt, retryMs: Math.round(delayMs) }, 'flush_retry');
        if (attempt > 1 || tookLong) {
          this.#status.show('waiting_for_database', reason);
        }
        await sleep(delayMs, undefined, { signal: batch.signal }).catch(() => undefined);
        if (batch.signal.aborted) {
          return;
        }
      }
    }
  }

  /**
   * When an administrator command ends a session, the partition's next owner may have issued it. Taking the partition
   * back would end that owner's session, and so on: a writer that finds another owner drops the batch and rejoins.
   */
  async #refuseToFight(error: unknown): Promise<void> {
    if (!(error instanceof DatabaseError) || error.sqlstate !== '57P01') {
      return;
    }
    const { database, sourceTopic, partition, owner } = this.#parts;
    const row = await loadPosition(database, sourceTopic, partition).catch(() => undefined);
    // A session that ended before it took the partition leaves its predecessor on record, which is also ours.
    if (row === undefined || row.owner === owner || row.backendPid === null) {
      return;
    }
    this.#logger.warn({ owner: row.owner }, 'partition_taken_over');
    // The next batch needs a live session.
    await this.#endSession();
    throw new RejoinError(`another writer took the partition over: ${row.owner ?? 'unknown'}`, { cause: error });
  }

  async #apply(batch: RecordBatch): Promise<void> {
    if (!(await this.#locate(batch))) {
      return;
    }
    const known = this.#known!;
    if (batch.undecodable !== null) {
      const { to, reason } = batch.undecodable;
      // As with an unreadable block: what was skipped before does not stop the partition again.
      if (to <= known.acceptedOffset) {
        batch.seek(to);
      } else {
        await this.#stopAt(
          batch,
          batch.fetchOffset,
          'malformed_block',
          `accepted offset ${batch.fetchOffset}: ${reason}`,
        );
      }
      return;
    }
    const run: Gathered = {
      blocks: [],
      rows: 0,
      bytes: 0,
      to: known.next,
      acceptedOffset: known.acceptedOffset,
      appendTimeMs: known.appendTimeMs,
      sourceTopicId: known.sourceTopicId,
    };
    for (const record of batch.records) {
      if (record.offset < known.acceptedOrigin) {
        continue;
      }
      const isReread = record.offset < known.acceptedOffset;
      const block = this.#decode(record);
      if ('stop' in block) {
        // What was skipped before (an operator has dealt with it) does not stop the partition again.
        if (isReread) {
          continue;
        }
        await this.#flush(run, batch);
        return this.#stopAt(batch, record.offset, block.stop, block.reason);
      }
      const recreated = this.#otherTopic(block, run);
      if (recreated !== null) {
        // A rescan meets blocks of a topic that has since been replaced; no partition owns them any more.
        if (isReread) {
          continue;
        }
        await this.#flush(run, batch);
        return this.#stopAt(batch, record.offset, 'recreated', recreated);
      }
      if (block.coversTo <= run.to) {
        // Already applied. An empty range at the position itself means nothing.
        if (block.coversFrom < block.coversTo) {
          this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
        }
        if (!isReread || this.#isRescanning) {
          run.acceptedOffset = record.offset + 1;
        }
        continue;
      }
      if (isReread && !this.#isRescanning) {
        await this.#restartAccepted(
          batch,
          'truncated',
          `its block at ${record.offset}, which counts as applied, goes up to ${block.coversTo}`,
        );
        return;
      }
      if (block.coversFrom > run.to) {
        await this.#flush(run, batch);
        // Keep reading: a block that contains the position may follow.
        if (this.#isRescanning) {
          continue;
        }
        return this.#gap(batch, run.to, block.coversFrom);
      }
      if (block.coversFrom < run.to) {
        this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
      }
      const rest = trimBlock(block, run.to);
      const parts = this.#size.isReduced ? [...splitBlock(rest, this.#size.rows)] : [rest];
      for (const [index, part] of parts.entries()) {
        this.#gather(run, part);
        run.acceptedOffset = index === parts.length - 1 ? record.offset + 1 : record.offset;
        if (run.rows >= this.#size.rows || run.bytes >= MAX_FLUSH_BYTES) {
          await this.#flush(run, batch);
        }
      }
    }
    await this.#flush(run, batch);
    if (this.#isRescanning) {
      return;
    }
    await this.#proved(batch);
    this.#status.show('running');
    known.acceptedOffset = Math.max(known.acceptedOffset, run.acceptedOffset);
    try {
      await batch.commit(batch.nextOffset);
    } catch (error) {
      // Only a hint for lag tools: the position in the database is the truth.
      this.#logger.debug({ err: error }, 'offset_hint_not_committed');
    }
  }

  #gather(run: Gathered, part: Block): void {
    run.blocks.push(part);
    run.to = part.coversTo;
    run.sourceTopicId ??= part.sourceTopicId ?? null;
    for (const event of part.index) {
      run.rows += rowsOf(event);
      run.appendTimeMs = Math.max(run.appendTimeMs ?? 0, event.appendTime);
    }
    run.bytes += part.payload.length;
  }

  /** The block of a record, or why the partition cannot go past it. */
  #decode({ headers, value, offset }: KafkaRecord): Block | { stop: PartitionState; reason: string } {
    try {
      const block = decodeBlock(headers, value);
      if (block.sourceTopic !== this.#parts.sourceTopic || block.sourcePartition !== this.#parts.partition) {
        throw new MalformedBlockError('it belongs to another source partition');
      }
      return block;
    } catch (error) {
      if (!(error instanceof UnsupportedBlockError || error instanceof MalformedBlockError)) {
        throw error;
      }
      return { stop: error.code, reason: `accepted offset ${offset}: ${error.message}` };
    }
  }

  /**
   * Why a block belongs to a different machine topic than the position, or null. If both ids are known, they decide:
   * append times that step back then only mean that the brokers' clocks disagree.
   */
  #otherTopic(block: Block, { to, appendTimeMs, sourceTopicId }: Gathered): string | null {
    const evidence = recreationEvidence(block, to, appendTimeMs);
    if (block.sourceTopicId === undefined || sourceTopicId === null) {
      return evidence?.reason ?? null;
    }
    if (block.sourceTopicId !== sourceTopicId) {
      return `the block belongs to the topic with id ${block.sourceTopicId}, the position to the one with id ${sourceTopicId}: the topic was recreated`;
    }
    if (evidence !== null && performance.now() - this.#clockWarnedAt > CLOCK_WARNING_MS) {
      this.#clockWarnedAt = performance.now();
      this.#logger.warn({ offset: block.coversFrom }, 'broker_clocks_disagree');
    }
    return null;
  }

  async #flush(run: Gathered, batch: RecordBatch): Promise<void> {
    if (run.blocks.length === 0) {
      return;
    }
    const { sourceTopic: topic, partition, metrics, deadLetters, loaderOf } = this.#parts;
    const known = this.#known!;
    const { blocks, to, acceptedOffset, appendTimeMs, sourceTopicId } = run;
    const work: FlushWork = { topic, partition, from: known.next, blocks, to, acceptedOffset, appendTimeMs };
    const end = metrics.flushSeconds.startTimer({ topic });
    const done = await flush(this.#session!, loaderOf(work.blocks), work, deadLetters, this.#brake, batch.signal);
    end();
    this.#measureAge(blocks);
    known.next = to;
    known.acceptedOffset = acceptedOffset;
    known.appendTimeMs = appendTimeMs;
    this.#isRescanning = false;
    this.#retries = 0;
    this.#size.grow();
    this.#status.show('running');
    Object.assign(run, { blocks: [], rows: 0, bytes: 0 });
    metrics.flushes.inc({ topic });
    metrics.flushRows.observe({ topic }, done.rows);
    metrics.rows.inc({ topic }, done.rows);
    batch.progress();
    metrics.elements.inc({ topic }, done.applied);
    if (done.duplicates > 0) {
      metrics.duplicates.inc({ topic }, done.duplicates);
    }
    if (known.sourceTopicId === null && sourceTopicId !== null) {
      await rememberTopics(this.#session!, topic, partition, { sourceTopicId });
      known.sourceTopicId = sourceTopicId;
    }
  }

  /** One observation per block: events of one block were appended, and become visible, close together. */
  #measureAge(blocks: readonly Block[]): void {
    const { sourceTopic: topic, metrics } = this.#parts;
    const now = Date.now();
    for (const { index } of blocks) {
      if (index[0] !== undefined) {
        metrics.visibleSeconds.observe({ topic }, Math.max(0, now - index[0].appendTime) / 1000);
      }
    }
  }

  /** Makes sure that the position is known and the batch begins there. False: it was the wrong batch. */
  async #locate(batch: RecordBatch): Promise<boolean> {
    this.#session ??= await this.#connect();
    if (this.#known === undefined) {
      const [topicId, position] = [await this.#parts.acceptedTopicId(), await this.#takeOver(batch)];
      if (position === undefined) {
        return false;
      }
      this.#known = {
        next: Number(position.nextOffset),
        acceptedOffset: Number(position.acceptedOffset),
        acceptedOrigin: Number(position.acceptedOrigin),
        acceptedTopicId: topicId,
        sourceTopicId: position.sourceTopicId,
        appendTimeMs: position.appendTime === null ? null : Date.parse(position.appendTime),
        isProven: this.#provenTopicId === topicId,
      };
      this.#status.adopt(position.state, position.stateReason);
      const { acceptedTopicId: remembered } = position;
      if (topicId !== null && remembered !== null && topicId !== remembered) {
        return this.#restartAccepted(batch, 'replaced', `its id is ${topicId}, not ${remembered}`);
      }
    }
    const known = this.#known;
    if (batch.outOfRange !== null) {
      const { low, high } = batch.outOfRange;
      if (known.acceptedOffset > high) {
        return this.#restartAccepted(batch, 'truncated', `it ends at ${high}`);
      }
      batch.seek(Math.max(low, this.#wanted()));
      return false;
    }
    if (this.#isRescanning) {
      return true;
    }
    const wanted = Math.max(this.#wanted(), batch.logStartOffset);
    if (batch.fetchOffset <= wanted && wanted <= batch.nextOffset) {
      return true;
    }
    batch.seek(wanted);
    return false;
  }

  /** Where reading goes on: one block earlier, until that block has proved the topic to be the remembered one. */
  #wanted(): number {
    const { acceptedOffset, acceptedOrigin, isProven } = this.#known!;
    return isProven
      ? acceptedOffset
      : Math.max(0, Math.min(acceptedOffset, Math.max(acceptedOffset - 1, acceptedOrigin)));
  }

  async #connect(): Promise<LoadSession> {
    const { session, topic, partition } = this.#parts;
    return LoadSession.open({ ...session, applicationName: `chip-writer ${topic}/${partition}` });
  }

  async #takeOver(batch: RecordBatch): Promise<StreamPosition | undefined> {
    const { sourceTopic, partition, owner } = this.#parts;
    const session = this.#session!;
    if (await session.takePartition(sourceTopic, partition, owner)) {
      this.#logger.warn('previous_session_ended');
    }
    const position = await loadPosition(session, sourceTopic, partition);
    if (position !== undefined) {
      return position;
    }
    // First start. Only a topic that still has its first block shows where the partition begins.
    if (batch.logStartOffset > 0) {
      await this.#stop(
        batch,
        'uninitialised',
        `no position is stored and the accepted topic begins at ${batch.logStartOffset}; state where to begin: npm run positions -- init`,
      );
      return undefined;
    }
    const [first] = batch.records;
    if (batch.fetchOffset > 0 || first === undefined) {
      batch.seek(0);
      return undefined;
    }
    const block = this.#decode(first);
    if ('stop' in block) {
      await this.#stop(batch, block.stop, block.reason);
      return undefined;
    }
    await initPosition(session, sourceTopic, partition, BigInt(block.coversFrom), BigInt(first.offset));
    await session.takePartition(sourceTopic, partition, owner);
    return loadPosition(session, sourceTopic, partition);
  }

  /** The block before the accepted offset was read, or is gone, and nothing contradicts the topic. */
  async #proved(batch: RecordBatch): Promise<void> {
    const known = this.#known!;
    if (known.isProven || batch.nextOffset < known.acceptedOffset) {
      return;
    }
    const { sourceTopic, partition } = this.#parts;
    if (known.acceptedTopicId !== null) {
      await rememberTopics(this.#session!, sourceTopic, partition, { acceptedTopicId: known.acceptedTopicId });
    }
    this.#believe(known);
  }

  #believe(known: Known): void {
    known.isProven = true;
    this.#provenTopicId = known.acceptedTopicId;
  }

  /**
   * The accepted topic is not the one the position remembers, or has lost its end: what it holds below the accepted
   * offset says nothing about what is applied. Reads it from its start and lets the position decide.
   */
  async #restartAccepted(batch: RecordBatch, kind: 'replaced' | 'truncated', reason: string): Promise<false> {
    const { sourceTopic: topic, partition, metrics } = this.#parts;
    const known = this.#known!;
    const low = batch.outOfRange?.low ?? batch.logStartOffset;
    // Nothing written from now on is skipped unread, wherever the earlier machine topic ended.
    const origin = kind === 'replaced' ? 0 : Math.min(known.acceptedOrigin, batch.outOfRange?.high ?? Infinity);
    this.#logger.error({ kind, reason, from: known.acceptedOffset, to: low }, 'accepted_topic_restarted');
    await restartAcceptedTopic(
      this.#session!,
      { topic, partition, nextOffset: BigInt(known.next) },
      { acceptedOffset: BigInt(low), acceptedOrigin: BigInt(origin), acceptedTopicId: known.acceptedTopicId },
    );
    metrics.restarts.inc({ topic, kind });
    known.acceptedOffset = low;
    known.acceptedOrigin = origin;
    this.#believe(known);
    this.#isRescanning = false;
    batch.seek(low);
    return false;
  }

  /** A gap is a state of one partition, not an end: keeps reading for a block that contains the position. */
  async #gap(batch: RecordBatch, position: number, coversFrom: number): Promise<void> {
    const reason = `offsets ${position} to ${coversFrom - 1} are in no block; the position stays at ${position}`;
    this.#logger.error({ from: position, to: coversFrom }, 'gap');
    await this.#status.showStored('gap', reason);
    this.#isRescanning = true;
    batch.seek(batch.logStartOffset);
  }

  /**
   * Stops before the block at `offset` of the accepted topic. Everything before it is applied, and the stored position
   * then says so: a way out begins exactly at this block.
   */
  async #stopAt(batch: RecordBatch, offset: number, state: PartitionState, reason: string): Promise<void> {
    // Blocks wait behind a gap: none of them may be skipped.
    if (!this.#isRescanning) {
      const { database, sourceTopic, partition } = this.#parts;
      await settleAcceptedOffset(database, sourceTopic, partition, BigInt(this.#known!.next), BigInt(offset));
    }
    await this.#stop(batch, state, reason);
  }

  /**
   * Stops until an operator, or a newer version of this service, has dealt with the reason. With `retries` it also
   * retries, after growing pauses.
   */
  async #stop(batch: RecordBatch, state: PartitionState, reason: string, retries = false): Promise<void> {
    if (retries) {
      const pauseMs = Math.min(STOPPED_RETRY_MS.max, STOPPED_RETRY_MS.first * 2 ** Math.min(this.#retries++, 10));
      this.#retry = { at: performance.now() + pauseMs };
    }
    this.#logger.error({ state, reason }, 'partition_stopped');
    await this.#status.showStored(state, reason);
    if (batch.signal.aborted) {
      return;
    }
    batch.pause(`${state}: ${reason}`);
  }
}

const isLocked = (error: unknown): boolean => error instanceof DatabaseError && error.sqlstate === '55P03';

/** Names what a person needs to find the cause; not every message has the SQLSTATE. */
const describe = (error: unknown): string => {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof DatabaseError && error.sqlstate !== '' ? `SQLSTATE ${error.sqlstate}: ${reason}` : reason;
};
