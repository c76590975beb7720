import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionState } from '@chip/contracts';
import { type RecordBatch, RejoinError } from '@chip/kafka';
import { DatabaseError, loadPosition, type StreamPosition } from '@chip/persistence';
import type { Logger } from '@chip/service';
import { BatchApplier } from './batch-applier.ts';
import { BlockReader } from './block-reader.ts';
import { failureOf } from './failure.ts';
import { RefusalBrake } from './flush/refusal-brake.ts';
import { PartitionPosition } from './partition-position.ts';
import { PartitionStatus } from './partition-status.ts';
import { PartitionStops } from './partition-stops.ts';
import type { PartitionWriterParts } from './partition-writer.parts.ts';

const RETRY_MS = { first: 100, max: 5_000 };
/** An attempt that fails after this long shows as a state at once; a shorter one only when it repeats. */
const TOLD_AT_ONCE_MS = 5_000;

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
  readonly #stops: PartitionStops;
  readonly #position: PartitionPosition;
  readonly #applier: BatchApplier;
  readonly #brake = new RefusalBrake();
  #assignment = NaN;
  #isBusy = false;

  constructor(parts: PartitionWriterParts) {
    this.#parts = parts;
    const logger = parts.logger.child({ topic: parts.sourceTopic, partition: parts.partition });
    this.#logger = logger;
    this.#status = new PartitionStatus({ ...parts, logger });
    this.#stops = new PartitionStops(this.#status, logger);
    const reader = new BlockReader(parts, logger);
    this.#position = new PartitionPosition(parts, reader, this.#status, this.#stops, logger);
    this.#applier = new BatchApplier(parts, this.#position, reader, this.#status, this.#stops, this.#brake);
  }

  get state(): PartitionState {
    return this.#status.state;
  }

  /** Applies a batch. Returns when it is applied or the partition has stopped for a stated reason. */
  async handle(batch: RecordBatch): Promise<void> {
    if (this.#assignment !== batch.assignment) {
      this.#assignment = batch.assignment;
      this.#status.claim();
      this.#position.beginAssignment();
    }
    this.#isBusy = true;
    // The next owner of this partition must not wait for a COPY to end.
    const cut = (): void => this.#position.session?.cut();
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
    this.#stops.cancelRetry();
    this.#status.withdraw();
    await this.#position.endSession();
  }

  /**
   * Checks whether the position is still what this process remembers. While no block came in, a failover to a replica,
   * a restore to an earlier point or an operator may have changed it, or the accepted topic may have been recreated. If
   * nothing has come in since the assignment, it checks whether Kafka's committed offset, a mere hint, skipped blocks.
   * @param readingFrom accepted offset of the next batch
   * @returns the accepted offset to read from if it changed, else undefined
   */
  async reviewPosition(readingFrom: number): Promise<number | undefined> {
    const isDue = this.#stops.isRetryDue;
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
      this.#position.forget();
      return 0;
    }
    if (row === undefined && !isDue) {
      return undefined;
    }
    const { state } = this.#status;
    const isReleased = row?.state === 'running' && state !== 'running' && state !== 'waiting_for_database';
    if (isDue || (isReleased && this.#status.isStored)) {
      this.#logger.warn({ isReleased, position: Number(row?.nextOffset ?? NaN) }, 'stopped_partition_tries_again');
      this.#position.forget();
      this.#stops.cancelRetry();
      if (isReleased && this.#status.isStored) {
        this.#stops.forgetRetries();
        this.#brake.release();
        this.#status.show('running');
      }
      return row === undefined ? readingFrom : Number(row.acceptedOffset);
    }
    if (this.#position.remembered === undefined) {
      const unapplied = Number(row?.acceptedOffset ?? 0);
      if (state !== 'running' || unapplied >= readingFrom) {
        return undefined;
      }
      this.#logger.warn({ readingFrom, unapplied }, 'unapplied_blocks_skipped');
      return unapplied;
    }
    if (row === undefined || Number(row.nextOffset) === this.#position.remembered) {
      return undefined;
    }
    this.#logger.warn(
      { remembered: this.#position.remembered, position: Number(row.nextOffset) },
      'position_changed_elsewhere',
    );
    this.#position.forget();
    return Number(row.acceptedOffset);
  }

  async #untilApplied(batch: RecordBatch): Promise<void> {
    const { metrics, sourceTopic: topic } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const beganAt = performance.now();
      try {
        await this.#applier.apply(batch);
        return;
      } catch (error) {
        // The batch counts as not handled: the partition's current owner reads it again.
        if (batch.signal.aborted) {
          return;
        }
        const reason = error instanceof Error ? error.message : String(error);
        const failure = failureOf(error, this.#position.session?.isTimedOut ?? false);
        if (failure.kind === 'broken') {
          throw error;
        }
        if (failure.kind === 'conflict') {
          metrics.conflicts.inc({ topic });
          this.#logger.warn('position_conflict');
          this.#position.forget();
          throw new RejoinError('another writer moved the position', { cause: error });
        }
        if (failure.kind === 'stop') {
          // The state of the session is unknown; the next attempt opens a new one.
          await this.#position.endSession();
          await this.#stops.stop(batch, failure.state, describe(error), failure.retries);
          return;
        }
        await this.#refuseToFight(error);
        // The position says whether a lost commit took effect: every new connection reads it again.
        this.#position.forget();
        if (this.#position.session?.dead) {
          await this.#position.endSession();
        }
        metrics.retries.inc({ topic, reason: failure.code });
        const tookLong = performance.now() - beganAt > TOLD_AT_ONCE_MS;
        if (failure.isTooMuch && (tookLong || attempt > 1)) {
          if (this.#applier.size.halve()) {
            this.#logger.warn({ rows: this.#applier.size.rows, reason }, 'flush_halved');
          } else if (!isLocked(error)) {
            await this.#stops.stop(batch, 'database_refuses', `one event alone is too much: ${reason}`, true);
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
    const { database, sourceTopic, partition, owner, metrics } = this.#parts;
    const row = await loadPosition(database, sourceTopic, partition).catch(() => undefined);
    // A session that ended before it took the partition leaves its predecessor on record, which is also ours.
    if (row === undefined || row.owner === owner || row.backendPid === null) {
      return;
    }
    metrics.conflicts.inc({ topic: sourceTopic });
    this.#logger.warn({ owner: row.owner }, 'partition_taken_over');
    // The next batch needs a live session.
    await this.#position.endSession();
    throw new RejoinError(`another writer took the partition over: ${row.owner ?? 'unknown'}`, { cause: error });
  }
}

const isLocked = (error: unknown): boolean => error instanceof DatabaseError && error.sqlstate === '55P03';

/** Names what a person needs to find the cause; not every message has the SQLSTATE. */
const describe = (error: unknown): string => {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof DatabaseError && error.sqlstate !== '' ? `SQLSTATE ${error.sqlstate}: ${reason}` : reason;
};
