import type { IngestStoppedState } from '@chip/contracts';
import {
  KafkaRefusedError,
  KafkaUnavailableError,
  type PartitionStatus,
  type RecordBatch,
  RecordTooLargeError,
  TopicMissingError,
} from '@chip/kafka';
import { sendBlocks } from './block-sender.ts';
import { lookAgain } from './clock-look.ts';
import { type MachineStreamParts, type Memory, MustStandError, type Progress } from './machine-stream.parts.ts';
import { RefusalBrake } from './refusal-brake.ts';
import { passOver } from './unreadable-batch.ts';

/** How often a stopped partition checks whether its reason is gone. */
const LOOK_MS: Readonly<Record<IngestStoppedState, number | null>> = {
  no_accepted_partition: 10_000,
  producer_times: 10_000,
  retention_unknown: 1_000,
  send_failed: 5_000,
  records_mostly_refused: 30_000,
  // Resumes when a person has decided or the transaction ends.
  undecodable_batch: null,
  open_transaction: null,
};

/**
 * Turns batches of one machine topic into blocks and dead letters. For each block of a batch, in this order, it
 *
 * 1. sends the block's dead letters and waits for the acknowledgement,
 * 2. sends the block and waits for the acknowledgement (one in flight per partition).
 *
 * After the whole batch it commits the offset. A crash in between repeats everything: keys tell letters apart, covered
 * ranges tell blocks apart. Blocks chain without any state of ingest: a block begins where the
 * fetch was asked to begin, and ends behind everything that the fetch accounts for.
 *
 * A failure in one partition stops only that partition, in a named state; most states end by themselves.
 */
export class MachineStream {
  readonly #parts: MachineStreamParts;
  readonly #memories = new Map<number, Memory>();
  #acceptedPartitions = 0;

  constructor(parts: MachineStreamParts) {
    this.#parts = parts;
  }

  async handle(batch: RecordBatch): Promise<void> {
    let memory = this.#memories.get(batch.partition);
    if (memory?.assignment !== batch.assignment) {
      memory = {
        assignment: batch.assignment,
        brake: new RefusalBrake(),
        topicId: undefined,
        endSeenAt: null,
        lastAppendMs: null,
        releasedTo: 0,
        look: undefined,
      };
      this.#memories.set(batch.partition, memory);
      // The assignment may follow the deletion and recreation of the topic, so what is known of it may be outdated.
      this.#parts.topics.forgetId(batch.topic);
    }
    const progress = { sentTo: batch.fetchOffset, letters: 0, beganAt: Date.now() };
    try {
      await this.#handle(batch, memory, progress);
    } catch (error) {
      if (batch.signal.aborted) {
        throw error;
      }
      if (error instanceof MustStandError) {
        this.#stand(batch, error.state, error.message, error.atOffset, error.toOffset);
      } else if (
        error instanceof KafkaUnavailableError ||
        error instanceof KafkaRefusedError ||
        error instanceof RecordTooLargeError ||
        error instanceof TopicMissingError
      ) {
        this.#stand(batch, 'send_failed', `${error.code}: ${error.message}`, progress.sentTo, null);
      } else {
        throw error;
      }
    }
  }

  /**
   * Makes idle partitions read their last record again if their topic has another id than at their last batch. Only a batch
   * reveals a recreated topic, and none comes if ingest has read its few records as those of the old one, or if it ends
   * where the old one did.
   */
  async lookForRecreated(partitions: readonly PartitionStatus[]): Promise<void> {
    const { topics, server } = this.#parts;
    for (const { topic, partition, assignment, nextOffset, isHandling, pausedReason } of partitions) {
      const memory = this.#memories.get(partition);
      if (memory?.assignment !== assignment || memory.topicId === undefined || isHandling || pausedReason !== null) {
        continue;
      }
      const id = await topics.id(topic);
      if (nextOffset !== null && nextOffset > 0 && id !== memory.topicId) {
        server.seek(topic, partition, nextOffset - 1);
      }
    }
  }

  #stand(batch: RecordBatch, state: IngestStoppedState, reason: string, at: number, to: number | null): void {
    const { server, standstills } = this.#parts;
    const { topic, partition } = batch;
    batch.seek(at);
    batch.pause(`${state}: ${reason}`);
    standstills.stop({ topic, partition, state, stateReason: reason, atOffset: at, toOffset: to });
    const lookMs = LOOK_MS[state];
    if (lookMs !== null) {
      // The same batch comes again then and is checked again.
      setTimeout(() => server.resume(topic, partition), lookMs).unref();
    }
  }

  async #handle(batch: RecordBatch, memory: Memory, progress: Progress): Promise<void> {
    const { stream, topics, standstills, retention } = this.#parts;
    if (!(await this.#continues(batch, memory))) {
      // Whatever stopped it was where it no longer reads.
      standstills.run(batch.topic, batch.partition);
      return;
    }
    if (batch.undecodable !== null) {
      await passOver(this.#parts, batch, memory, batch.undecodable);
      return;
    }
    await this.#checkAcceptedPartition(batch);
    if (batch.records.hasProducerTimes === true) {
      const problem = await topics.timestampProblem(stream.source, batch.topic);
      if (problem !== null) {
        throw new MustStandError('producer_times', problem, batch.fetchOffset);
      }
    }
    const unknown = stream.isAgeLimited ? await retention.whyUnknown() : null;
    if (unknown !== null) {
      throw new MustStandError('retention_unknown', unknown, batch.fetchOffset);
    }
    await lookAgain(this.#parts, batch, memory);
    await sendBlocks(this.#parts, batch, memory, progress);
    batch.commit(batch.nextOffset);
    if (progress.letters === 0) {
      batch.release();
    }
    memory.endSeenAt = batch.nextOffset >= batch.highWatermark ? progress.beganAt : null;
    standstills.run(batch.topic, batch.partition);
  }

  /** Whether the batch continues where the last one ended. If not, the partition goes on elsewhere. */
  async #continues(batch: RecordBatch, memory: Memory): Promise<boolean> {
    const { topics, metrics, logger } = this.#parts;
    const { source: topic } = this.#parts.stream;
    const { fetchOffset, logStartOffset, outOfRange, partition } = batch;
    const low = outOfRange?.low ?? logStartOffset;
    if (fetchOffset < low) {
      // Keep reading: waiting would only let retention delete more. The next block leaves the range out, and the writer
      // stops before it until a person has accepted the gap.
      logger.error({ topic, partition, from: fetchOffset, to: low }, 'events_deleted_unread');
      metrics.deletedUnread.inc({ topic }, low - fetchOffset);
      topics.forgetId(batch.topic);
      batch.seek(low);
      return false;
    }
    if (outOfRange !== null) {
      // The topic was recreated and is shorter than before. The writer notices by its id.
      logger.warn({ topic, partition, fetchOffset, ...outOfRange }, 'topic_restarted');
      topics.forgetId(batch.topic);
      memory.topicId = undefined;
      this.#startOver(batch, low);
      return false;
    }
    const id = await topics.id(batch.topic);
    const before = memory.topicId;
    memory.topicId = id;
    if (before !== undefined && before !== id) {
      logger.warn({ topic, partition, fetchOffset, before, id }, 'topic_recreated');
      memory.brake.clear();
      memory.endSeenAt = null;
      this.#startOver(batch, logStartOffset);
      return false;
    }
    return true;
  }

  /** Commits as well: the next owner of the partition must also begin there, not at the offset of the old topic. */
  #startOver(batch: RecordBatch, at: number): void {
    batch.commit(at);
    batch.seek(at);
  }

  async #checkAcceptedPartition({ partition, fetchOffset }: RecordBatch): Promise<void> {
    if (partition < this.#acceptedPartitions) {
      return;
    }
    const { accepted } = this.#parts.stream;
    this.#acceptedPartitions = await this.#parts.admin.partitionCount(accepted);
    if (partition >= this.#acceptedPartitions) {
      throw new MustStandError(
        'no_accepted_partition',
        `${accepted} has no partition ${partition}; add partitions: npm run topics -- grow`,
        fetchOffset,
      );
    }
  }
}
