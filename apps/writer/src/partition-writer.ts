import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AcceptedTopic,
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
  CommitUnknownError,
  DatabaseError,
  initPosition,
  loadPosition,
  LoadSession,
  type LoadSessionOptions,
  type Queryable,
  setPositionState,
  settleAcceptedOffset,
  type StreamPosition,
} from '@chip/persistence';
import type { Logger } from '@chip/service';
import type { DeadLetters } from './dead-letters.ts';
import { flush, type FlushWork, MostlyRejectedError } from './flush.ts';
import type { Loader } from './loader.ts';
import type { WriterMetrics } from './writer.metrics.ts';

/** Payload bytes of one transaction, whatever the number of rows. */
const MAX_FLUSH_BYTES = 8 * 1024 * 1024;
const RETRY_MS = { first: 100, max: 5_000 };

export interface PartitionWriterParts {
  readonly topic: AcceptedTopic;
  readonly sourceTopic: string;
  readonly partition: number;
  readonly session: Omit<LoadSessionOptions, 'applicationName'>;
  /** Name of this process, stored beside the position. */
  readonly owner: string;
  /** Shared connections for what must not wait for a flush: states of stopped partitions. */
  readonly database: Queryable;
  readonly loaderOf: (blocks: readonly Block[]) => Loader;
  readonly deadLetters: DeadLetters;
  readonly flushRows: number;
  readonly metrics: WriterMetrics;
  readonly logger: Logger;
}

/** The position as this process believes it to be; the database decides. */
interface Known {
  next: number;
  acceptedOffset: number;
  appendTimeMs: number | null;
}

/**
 * Writes one partition: turns batches of blocks into flushes, and follows the position in the database.
 *
 * 1. No position in memory (a new assignment, a new connection, a conflict): take the partition over, read the
 *    position, and go on reading where it says.
 * 2. Blocks below the position were applied before and are cut off. A block above it is a gap: nothing is applied and
 *    nothing moves until a block contains the position, or an operator accepts the gap.
 * 3. Blocks are gathered up to the size of a flush, and flushed (see `flush`). No state survives the batch but the
 *    position.
 *
 * It follows that a batch can be dropped at any point and read again: the position alone decides what is applied.
 */
export class PartitionWriter {
  readonly #parts: PartitionWriterParts;
  readonly #logger: Logger;
  #assignment = NaN;
  #known: Known | undefined;
  #session: LoadSession | undefined;
  #state: PartitionState = 'running';
  /** After a gap was seen, until the position moves: the accepted topic is read once more, from its start. */
  #isRescanning = false;
  #isBusy = false;

  constructor(parts: PartitionWriterParts) {
    this.#parts = parts;
    this.#logger = parts.logger.child({ topic: parts.sourceTopic, partition: parts.partition });
  }

  get state(): PartitionState {
    return this.#state;
  }

  /** Applies a batch. Returns when the batch is applied, or the partition stands still for a stated reason. */
  async handle(batch: RecordBatch): Promise<void> {
    if (this.#assignment !== batch.assignment) {
      this.#assignment = batch.assignment;
      this.#forget();
    }
    this.#isBusy = true;
    try {
      await this.#untilApplied(batch);
    } finally {
      this.#isBusy = false;
      if (batch.signal.aborted) await this.release();
    }
  }

  /** Ends the connection and forgets the position; an open transaction is rolled back. */
  async release(): Promise<void> {
    this.#forget();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /**
   * Looks whether the position still is what this process remembers: a failover to a replica, a restore to an earlier
   * point or an operator may have changed it while nothing came in. Where nothing came in at all since the assignment,
   * it looks whether Kafka's committed offset, a mere hint, has skipped blocks.
   * @param readingFrom accepted offset of the next batch
   * @returns the accepted offset to read from when it changed, else undefined
   */
  async reviewPosition(readingFrom: number): Promise<number | undefined> {
    if (this.#isBusy) return undefined;
    const row = await loadPosition(this.#parts.database, this.#parts.sourceTopic, this.#parts.partition);
    if (this.#isBusy) return undefined;
    if (this.#known === undefined && this.#state === 'running') {
      const unapplied = Number(row?.acceptedOffset ?? 0);
      if (unapplied >= readingFrom) return undefined;
      this.#logger.warn({ readingFrom, unapplied }, 'unapplied_blocks_skipped');
      return unapplied;
    }
    if (row === undefined) return undefined;
    const isReleased = row.state === 'running' && this.#state !== 'running' && this.#state !== 'waiting_for_database';
    if (Number(row.nextOffset) === this.#known?.next && !isReleased) return undefined;
    this.#logger.warn(
      { remembered: this.#known?.next ?? null, position: Number(row.nextOffset), isReleased },
      'position_changed_elsewhere',
    );
    this.#forget();
    if (isReleased) this.#show('running');
    return Number(row.acceptedOffset);
  }

  #forget(): void {
    this.#known = undefined;
    this.#isRescanning = false;
  }

  async #untilApplied(batch: RecordBatch): Promise<void> {
    const { metrics, sourceTopic: topic } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#apply(batch);
        return;
      } catch (error) {
        // The batch counts as not handled: whoever owns the partition now reads it again.
        if (batch.signal.aborted) return;
        if (error instanceof MostlyRejectedError) {
          await this.#stop(batch, 'rows_mostly_rejected', error.message);
          return;
        }
        if (error instanceof DatabaseError && error.kind === 'position_conflict') {
          metrics.conflicts.inc({ topic });
          this.#logger.warn('position_conflict');
          this.#forget();
          throw new RejoinError('another writer moved the position', { cause: error });
        }
        const isPassing =
          error instanceof CommitUnknownError || (error instanceof DatabaseError && error.kind === 'transient');
        if (!isPassing) throw error;
        // Whether a lost commit took place is for the position to say: it is read again with every new connection.
        this.#forget();
        if (this.#session?.dead) await this.release();
        metrics.retries.inc({ topic, reason: error.code });
        const delayMs =
          Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(attempt - 1, 10)) * (0.5 + Math.random() / 2);
        this.#logger.warn(
          { code: error.code, reason: error.message, attempt, retryMs: Math.round(delayMs) },
          'flush_retry',
        );
        if (attempt > 1) this.#show('waiting_for_database');
        await sleep(delayMs, undefined, { signal: batch.signal }).catch(() => undefined);
        if (batch.signal.aborted) return;
      }
    }
  }

  async #apply(batch: RecordBatch): Promise<void> {
    if (!(await this.#locate(batch))) return;
    const known = this.#known!;
    let blocks: Block[] = [];
    let rows = 0;
    let bytes = 0;
    let to = known.next;
    let appendTimeMs = known.appendTimeMs;
    let acceptedOffset = known.acceptedOffset;

    const flushGathered = async (): Promise<void> => {
      if (blocks.length === 0) return;
      await this.#flush({ blocks, to, acceptedOffset, appendTimeMs }, batch.signal);
      blocks = [];
      rows = 0;
      bytes = 0;
    };

    for (const record of batch.records) {
      const isReread = record.offset < known.acceptedOffset;
      if (isReread && !this.#isRescanning) continue;
      const block = this.#decode(record);
      if ('stop' in block) {
        // What was passed by before (an operator has dealt with it) is not worth a second stop.
        if (isReread) continue;
        await flushGathered();
        return this.#stopAt(batch, record.offset, block.stop, block.reason);
      }
      const recreated = recreationEvidence(block, to, appendTimeMs);
      if (recreated !== null) {
        // A rescan goes back to blocks of a topic that was replaced since; they are nobody's any more.
        if (isReread) continue;
        await flushGathered();
        return this.#stopAt(batch, record.offset, 'recreated', recreated.reason);
      }
      if (block.coversTo <= to) {
        // Applied before. An empty range at the position itself is nothing at all.
        if (block.coversFrom < block.coversTo) this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
        acceptedOffset = record.offset + 1;
        continue;
      }
      if (block.coversFrom > to) {
        await flushGathered();
        // Keep reading: a block that contains the position may stand further on.
        if (this.#isRescanning) continue;
        return this.#gap(batch, to, block.coversFrom);
      }
      if (block.coversFrom < to) this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
      const rest = trimBlock(block, to);
      blocks.push(rest);
      to = rest.coversTo;
      acceptedOffset = record.offset + 1;
      for (const event of rest.index) {
        rows += rowsOf(event);
        appendTimeMs = Math.max(appendTimeMs ?? 0, event.appendTime);
      }
      bytes += rest.payload.length;
      if (rows >= this.#parts.flushRows || bytes >= MAX_FLUSH_BYTES) await flushGathered();
    }
    await flushGathered();
    if (this.#isRescanning) return;
    this.#show('running');
    known.acceptedOffset = Math.max(known.acceptedOffset, acceptedOffset);
    try {
      await batch.commit(batch.nextOffset);
    } catch (error) {
      // A hint for lag tools, no more: the position in the database is the truth.
      this.#logger.debug({ err: error }, 'offset_hint_not_committed');
    }
  }

  /** The block of a record, or why the partition cannot go on behind it. */
  #decode({ headers, value, offset }: KafkaRecord): Block | { stop: PartitionState; reason: string } {
    try {
      const block = decodeBlock(headers, value);
      if (block.sourceTopic !== this.#parts.sourceTopic || block.sourcePartition !== this.#parts.partition)
        throw new MalformedBlockError('it is of another source partition');
      return block;
    } catch (error) {
      if (!(error instanceof UnsupportedBlockError || error instanceof MalformedBlockError)) throw error;
      return { stop: error.code, reason: `accepted offset ${offset}: ${error.message}` };
    }
  }

  async #flush(
    gathered: { blocks: Block[]; to: number; acceptedOffset: number; appendTimeMs: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    const { sourceTopic: topic, partition, metrics, deadLetters, loaderOf } = this.#parts;
    const known = this.#known!;
    const work: FlushWork = { topic, partition, from: known.next, ...gathered };
    const end = metrics.flushSeconds.startTimer({ topic });
    const done = await flush(this.#session!, loaderOf(work.blocks), work, deadLetters, signal);
    end();
    known.next = work.to;
    known.acceptedOffset = work.acceptedOffset;
    known.appendTimeMs = gathered.appendTimeMs;
    this.#isRescanning = false;
    this.#show('running');
    metrics.flushes.inc({ topic });
    metrics.flushRows.observe({ topic }, done.rows);
    metrics.rows.inc({ topic }, done.rows);
    metrics.elements.inc({ topic }, done.applied);
    if (done.duplicates > 0) metrics.duplicates.inc({ topic }, done.duplicates);
  }

  /** Makes sure that the position is known and the batch begins where it says. False: the batch was not the right one. */
  async #locate(batch: RecordBatch): Promise<boolean> {
    this.#session ??= await this.#connect();
    if (this.#known === undefined) {
      const position = await this.#takeOver(batch);
      if (position === undefined) return false;
      this.#known = {
        next: Number(position.nextOffset),
        acceptedOffset: Number(position.acceptedOffset),
        appendTimeMs: position.appendTime === null ? null : Date.parse(position.appendTime),
      };
      if (position.state !== 'running') this.#state = position.state as PartitionState;
    }
    const { low, high } = batch.outOfRange ?? { low: batch.logStartOffset, high: batch.lastStableOffset };
    const wanted = Math.min(Math.max(this.#known.acceptedOffset, low), high);
    if (this.#isRescanning && batch.outOfRange === null) return true;
    if (batch.outOfRange === null && batch.fetchOffset <= wanted && wanted <= batch.nextOffset) return true;
    batch.seek(wanted);
    return false;
  }

  async #connect(): Promise<LoadSession> {
    const { session, topic, partition } = this.#parts;
    return LoadSession.open({ ...session, applicationName: `chip-writer ${topic}/${partition}` });
  }

  async #takeOver(batch: RecordBatch): Promise<StreamPosition | undefined> {
    const { sourceTopic, partition, owner } = this.#parts;
    const session = this.#session!;
    if (await session.takePartition(sourceTopic, partition, owner)) this.#logger.warn('previous_session_ended');
    const position = await loadPosition(session, sourceTopic, partition);
    if (position !== undefined) return position;
    // First start. Only a topic that still has its first block can tell where the partition begins.
    if (batch.logStartOffset > 0) {
      await this.#stop(
        batch,
        'uninitialised',
        `no position is stored and the accepted topic begins at ${batch.logStartOffset}; say where to begin with: npm run positions -- init`,
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

  /** A gap is the state of one partition, not an end: keep reading for a block that contains the position. */
  async #gap(batch: RecordBatch, position: number, coversFrom: number): Promise<void> {
    const reason = `offsets ${position} to ${coversFrom - 1} are in no block; the position stays at ${position}`;
    this.#logger.error({ from: position, to: coversFrom }, 'gap');
    await this.#showStored('gap', reason);
    this.#isRescanning = true;
    batch.seek(batch.logStartOffset);
  }

  /**
   * Stands still before the block at `offset` of the accepted topic. Everything before it is applied, which the stored
   * position then says too: a way out begins exactly at this block.
   */
  async #stopAt(batch: RecordBatch, offset: number, state: PartitionState, reason: string): Promise<void> {
    // Behind a gap there are blocks that wait: nothing may be passed by then.
    if (!this.#isRescanning) {
      const { database, sourceTopic, partition } = this.#parts;
      await settleAcceptedOffset(database, sourceTopic, partition, BigInt(this.#known!.next), BigInt(offset));
    }
    await this.#stop(batch, state, reason);
  }

  /** Stands still until an operator, or a newer version of this service, has dealt with the reason. */
  async #stop(batch: RecordBatch, state: PartitionState, reason: string): Promise<void> {
    this.#logger.error({ state, reason }, 'partition_stopped');
    await this.#showStored(state, reason);
    batch.pause(`${state}: ${reason}`);
  }

  async #showStored(state: PartitionState, reason: string | null): Promise<void> {
    this.#show(state);
    await setPositionState(this.#parts.database, this.#parts.sourceTopic, this.#parts.partition, state, reason);
  }

  #show(state: PartitionState): void {
    if (this.#state === state) return;
    const { metrics, sourceTopic: topic, partition, database } = this.#parts;
    if (this.#state !== 'running') metrics.stopped.remove({ topic, partition: String(partition), state: this.#state });
    if (state !== 'running') metrics.stopped.set({ topic, partition: String(partition), state }, 1);
    else if (this.#state !== 'waiting_for_database')
      setPositionState(database, topic, partition, 'running').catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'state_not_stored'),
      );
    this.#state = state;
  }
}
