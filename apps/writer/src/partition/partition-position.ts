import {
  initPosition,
  loadPosition,
  LoadSession,
  rememberTopics,
  restartAcceptedTopic,
  settleAcceptedOffset,
  type StreamPosition,
} from '@chip/persistence';
import type { RecordBatch } from '@chip/kafka';
import type { Logger } from '@chip/service';
import type { BlockReader } from './block-reader.ts';
import type { PartitionStatus } from './partition-status.ts';
import type { PartitionStops } from './partition-stops.ts';
import type { PartitionWriterParts } from './partition-writer.parts.ts';

/** The position as this process knows it; the database decides. */
interface KnownPosition {
  next: number;
  /**
   * Where to read on. A hint: only the position decides what is applied, and until `isProven` this may belong to
   * another topic.
   */
  acceptedOffset: number;
  /** Blocks below this offset belong to an earlier machine topic, unless they name the present one. */
  acceptedOrigin: number;
  readonly acceptedTopicId: string | null;
  sourceTopicId: string | null;
  appendTimeMs: number | null;
  /** Whether the block before `acceptedOffset` was read and ends at or below the position, or was skipped as unreadable. */
  isProven: boolean;
}

/** What a batch is applied with: the partition's own connection, and its position. */
export interface Located {
  readonly session: LoadSession;
  readonly known: KnownPosition;
}

/**
 * Follows the position of one partition in the database: takes the partition over, proves that the accepted topic is the
 * one that the position remembers, and says where to read on.
 */
export class PartitionPosition {
  readonly #parts: PartitionWriterParts;
  readonly #reader: BlockReader;
  readonly #status: PartitionStatus;
  readonly #stops: PartitionStops;
  readonly #logger: Logger;
  #session: LoadSession | undefined;
  #known: KnownPosition | undefined;
  /** Id of the accepted topic that this assignment has proved to be the remembered one; undefined until then. */
  #provenTopicId: string | null | undefined;
  /** From the discovery of a gap until the position moves: reads the accepted topic once more, from its start. */
  #isRescanning = false;

  constructor(
    parts: PartitionWriterParts,
    reader: BlockReader,
    status: PartitionStatus,
    stops: PartitionStops,
    logger: Logger,
  ) {
    this.#parts = parts;
    this.#reader = reader;
    this.#status = status;
    this.#stops = stops;
    this.#logger = logger;
  }

  get session(): LoadSession | undefined {
    return this.#session;
  }

  /** The source offset that this process remembers as the next to apply; undefined before it has read the position. */
  get remembered(): number | undefined {
    return this.#known?.next;
  }

  get isRescanning(): boolean {
    return this.#isRescanning;
  }

  /** Another assignment of the partition: nothing that was known of its topics counts. */
  beginAssignment(): void {
    this.#provenTopicId = undefined;
    this.forget();
  }

  forget(): void {
    this.#known = undefined;
    this.#isRescanning = false;
  }

  /** Ends the connection and forgets the position; an open transaction is rolled back. */
  async endSession(): Promise<void> {
    this.forget();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** Makes sure that the position is known and the batch begins there. Undefined: it was the wrong batch. */
  async locate(batch: RecordBatch): Promise<Located | undefined> {
    this.#session ??= await this.#connect();
    const session = this.#session;
    if (this.#known === undefined) {
      const [topicId, position] = [await this.#parts.acceptedTopicId(), await this.#takeOver(session, batch)];
      if (position === undefined) {
        return undefined;
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
        await this.restartAccepted(
          { session, known: this.#known },
          batch,
          'replaced',
          `its id is ${topicId}, not ${remembered}`,
        );
        return undefined;
      }
    }
    const located = { session, known: this.#known };
    if (batch.outOfRange !== null) {
      const { low, high } = batch.outOfRange;
      if (located.known.acceptedOffset > high) {
        await this.restartAccepted(located, batch, 'truncated', `it ends at ${high}`);
        return undefined;
      }
      batch.seek(Math.max(low, wanted(located.known)));
      return undefined;
    }
    if (this.#isRescanning) {
      return located;
    }
    const from = Math.max(wanted(located.known), batch.logStartOffset);
    if (batch.fetchOffset <= from && from <= batch.nextOffset) {
      return located;
    }
    batch.seek(from);
    return undefined;
  }

  /**
   * The accepted topic was read up to `to`: the block before the accepted offset was read, was skipped, or is gone, and
   * nothing contradicts the topic.
   */
  async proved({ session, known }: Located, to: number): Promise<void> {
    if (known.isProven || to < known.acceptedOffset) {
      return;
    }
    const { sourceTopic, partition } = this.#parts;
    if (known.acceptedTopicId !== null) {
      await rememberTopics(session, sourceTopic, partition, { acceptedTopicId: known.acceptedTopicId });
    }
    this.#believe(known);
  }

  /**
   * The accepted topic is not the one the position remembers, or has lost its end: what it holds below the accepted
   * offset says nothing about what is applied. Reads it from its start and lets the position decide.
   */
  async restartAccepted(
    { session, known }: Located,
    batch: RecordBatch,
    kind: 'replaced' | 'truncated',
    reason: string,
  ): Promise<void> {
    const { sourceTopic: topic, partition, metrics } = this.#parts;
    const low = batch.outOfRange?.low ?? batch.logStartOffset;
    // Nothing written from now on is skipped unread, wherever the earlier machine topic ended.
    const origin = kind === 'replaced' ? 0 : Math.min(known.acceptedOrigin, batch.outOfRange?.high ?? Infinity);
    this.#logger.error({ kind, reason, from: known.acceptedOffset, to: low }, 'accepted_topic_restarted');
    await restartAcceptedTopic(
      session,
      { topic, partition, nextOffset: BigInt(known.next) },
      { acceptedOffset: BigInt(low), acceptedOrigin: BigInt(origin), acceptedTopicId: known.acceptedTopicId },
    );
    metrics.restarts.inc({ topic, kind });
    known.acceptedOffset = low;
    known.acceptedOrigin = origin;
    this.#believe(known);
    this.#isRescanning = false;
    batch.seek(low);
  }

  /** The position moved: whatever gap there was is behind it. */
  endRescan(): void {
    this.#isRescanning = false;
  }

  /** A gap is a state of one partition, not an end: keeps reading for a block that contains the position. */
  async rescan(batch: RecordBatch, position: number, coversFrom: number): Promise<void> {
    const reason = `offsets ${position} to ${coversFrom - 1} are in no block; the position stays at ${position}`;
    this.#logger.error({ from: position, to: coversFrom }, 'gap');
    await this.#status.showStored('gap', reason);
    this.#isRescanning = true;
    batch.seek(batch.logStartOffset);
  }

  /**
   * Stores that everything before the block at `offset` of the accepted topic is applied: a way out of the stop begins
   * exactly at this block.
   */
  async settle({ known }: Located, offset: number): Promise<void> {
    // Blocks wait behind a gap: none of them may be skipped.
    if (!this.#isRescanning) {
      const { database, sourceTopic, partition } = this.#parts;
      await settleAcceptedOffset(database, sourceTopic, partition, BigInt(known.next), BigInt(offset));
    }
  }

  async #connect(): Promise<LoadSession> {
    const { session, topic, partition } = this.#parts;
    return LoadSession.open({ ...session, applicationName: `chip-writer ${topic}/${partition}` });
  }

  async #takeOver(session: LoadSession, batch: RecordBatch): Promise<StreamPosition | undefined> {
    const { sourceTopic, partition, owner } = this.#parts;
    if (await session.takePartition(sourceTopic, partition, owner)) {
      this.#logger.warn('previous_session_ended');
    }
    const position = await loadPosition(session, sourceTopic, partition);
    if (position !== undefined) {
      return position;
    }
    // First start. Only a topic that still has its first block shows where the partition begins.
    if (batch.logStartOffset > 0) {
      await this.#stops.stop(
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
    const block = this.#reader.decode(first);
    if ('stop' in block) {
      await this.#stops.stop(batch, block.stop, block.reason);
      return undefined;
    }
    await initPosition(session, sourceTopic, partition, BigInt(block.coversFrom), BigInt(first.offset));
    await session.takePartition(sourceTopic, partition, owner);
    return loadPosition(session, sourceTopic, partition);
  }

  #believe(known: KnownPosition): void {
    known.isProven = true;
    this.#provenTopicId = known.acceptedTopicId;
  }
}

/** Where reading goes on: one block earlier, until that block has proved the topic to be the remembered one. */
const wanted = ({ acceptedOffset, acceptedOrigin, isProven }: KnownPosition): number =>
  isProven ? acceptedOffset : Math.max(0, Math.min(acceptedOffset, Math.max(acceptedOffset - 1, acceptedOrigin)));
