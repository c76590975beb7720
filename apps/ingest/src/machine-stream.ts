import { setImmediate as nextTurn } from 'node:timers/promises';
import { headerText } from '@chip/classify';
import {
  ACCEPTED_TOPIC,
  type Block,
  DEAD_LETTER_HEADERS,
  type DeadLetter,
  deadLetter,
  encodeBlock,
  encodedBytes,
  type IngestStoppedState,
  type MachineTopic,
  type Refusal,
  replayOf,
  rowsOf,
} from '@chip/contracts';
import {
  type KafkaAdmin,
  type KafkaBatchServer,
  type KafkaProducer,
  type KafkaRecord,
  KafkaRefusedError,
  KafkaUnavailableError,
  type RecordBatch,
  RecordTooLargeError,
  sendDeadLetters,
  TopicMissingError,
  type TopicRange,
  type TopicRecord,
} from '@chip/kafka';
import type { IngestDecision } from '@chip/persistence';
import type { Logger } from '@chip/service';
import { BlockCutter } from './block-cutter.ts';
import type { IngestMetrics } from './ingest.metrics.ts';
import type { MachineTopics } from './machine-topics.ts';
import { RefusalBrake } from './refusal-brake.ts';
import type { RetentionSetting } from './retention-setting.ts';
import type { Standstills } from './standstills.ts';

/** How often a partition that stands still looks whether its reason is gone. */
const LOOK_MS: Readonly<Record<IngestStoppedState, number | null>> = {
  no_accepted_partition: 10_000,
  producer_times: 10_000,
  send_failed: 5_000,
  records_mostly_refused: 30_000,
  // Goes on when a person has decided, or, of a transaction, by itself.
  undecodable_batch: null,
  open_transaction: null,
};
/** The event loop is left to others (heartbeats, health, other partitions) after so much work on end. */
const MAX_TURN_MS = 8;
const DAY_MS = 86_400_000;
const CLOCK_TOLERANCE_MS = 60_000;

export interface JudgedRecord {
  /** As the record has it, plus what a person decided about the broker's clock. */
  readonly timestamp: number;
  readonly retentionMs: number;
}
export type Refuse = (refusal: Refusal, bytes: Buffer | null, place?: number) => void;
/** Reads one record into the block under construction. */
export type Reader = (
  record: KafkaRecord,
  judgedAt: JudgedRecord,
  cutter: BlockCutter,
  refuse: Refuse,
) => { elements: number; unknown: number };

export interface MachineStreamParts {
  readonly topic: MachineTopic;
  readonly kind: Block['kind'];
  readonly reader: Reader;
  readonly server: Pick<KafkaBatchServer, 'resume'>;
  readonly producer: KafkaProducer;
  readonly admin: KafkaAdmin;
  readonly read: (topic: string, range: TopicRange) => AsyncIterable<TopicRecord>;
  readonly topics: MachineTopics;
  readonly standstills: Standstills;
  readonly retention: RetentionSetting;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
}

/** What is remembered of a partition during one assignment. */
interface Memory {
  readonly assignment: number;
  readonly brake: RefusalBrake;
  topicId: string | undefined;
  /** When the end of the partition was last reached, by our clock; null when the last batch did not reach it. */
  endSeenAt: number | null;
  lastAppendMs: number | null;
  /** Refusals below this offset are the machines' fault. */
  releasedTo: number;
  look: { high: number; at: number } | undefined;
}

interface Progress {
  /** Everything before this offset of the batch is acknowledged. */
  sentTo: number;
  /** When the batch was handed over, by our clock. */
  readonly beganAt: number;
}

/** The partition stands still: the rest of the batch is not handled. */
class MustStandError extends Error {
  constructor(
    readonly state: IngestStoppedState,
    message: string,
    readonly atOffset: number,
    readonly toOffset: number | null = null,
  ) {
    super(message);
  }
}

/**
 * Batches of one machine topic to blocks and dead letters. For each block of a batch, in this order:
 *
 * 1. its dead letters are sent and acknowledged,
 * 2. the block is sent and acknowledged (one under way per partition),
 *
 * and when the whole batch is through, its offset is committed. A crash in between makes it all happen again: letters
 * are distinct by key, blocks by the range they cover. Blocks chain without memory of ours: a block begins where the
 * fetch was asked to begin, and ends behind everything that the fetch accounts for.
 *
 * What one partition cannot do stops that partition, in a named state, and no other; most states end by themselves.
 */
export class MachineStream {
  readonly #parts: MachineStreamParts;
  readonly #memories = new Map<number, Memory>();
  readonly #acceptedTopic: string;
  #acceptedPartitions = 0;

  constructor(parts: MachineStreamParts) {
    this.#parts = parts;
    this.#acceptedTopic = ACCEPTED_TOPIC[parts.topic];
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
    }
    const progress = { sentTo: batch.fetchOffset, beganAt: Date.now() };
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

  #stand(batch: RecordBatch, state: IngestStoppedState, reason: string, at: number, to: number | null): void {
    const { server, standstills } = this.#parts;
    const { topic, partition } = batch;
    batch.seek(at);
    batch.pause(`${state}: ${reason}`);
    standstills.stop({ topic, partition, state, stateReason: reason, atOffset: at, toOffset: to });
    const lookMs = LOOK_MS[state];
    if (lookMs !== null) {
      // The batch comes again then, and is looked at again.
      setTimeout(() => server.resume(topic, partition), lookMs).unref();
    }
  }

  async #handle(batch: RecordBatch, memory: Memory, progress: Progress): Promise<void> {
    const { topic, topics, standstills } = this.#parts;
    if (batch.undecodable !== null) {
      await this.#passOver(batch, memory, batch.undecodable);
      return;
    }
    if (!(await this.#continues(batch, memory))) {
      return;
    }
    await this.#checkAcceptedPartition(batch);
    if (batch.records.hasProducerTimes === true) {
      const problem = await topics.timestampProblem(topic, batch.topic);
      if (problem !== null) {
        throw new MustStandError('producer_times', problem, batch.fetchOffset);
      }
    }
    await this.#lookAgain(batch, memory);
    await this.#cutAndSend(batch, memory, progress);
    await batch.commit(batch.nextOffset);
    memory.endSeenAt = batch.nextOffset >= batch.highWatermark ? progress.beganAt : null;
    standstills.run(batch.topic, batch.partition);
  }

  async #cutAndSend(batch: RecordBatch, memory: Memory, progress: Progress): Promise<void> {
    const { topic, kind, reader, metrics, retention, standstills } = this.#parts;
    const { partition } = batch;
    const cutter = new BlockCutter(topic, partition, kind, batch.fetchOffset);
    const failedAt = new Date().toISOString();
    const retentionMs = retention.ms;
    const resumes = standstills.resumes(batch.topic, partition);
    const shiftAt = (offset: number): IngestDecision | undefined =>
      resumes.findLast(({ atOffset, toOffset }) => atOffset <= offset && offset < toOffset);
    let letters: DeadLetter[] = [];
    let refusals: Refusal[] = [];
    let traceparent: string | undefined;
    let decided: IngestDecision | undefined;

    const send = async (coversTo: number): Promise<void> => {
      const block: Block = {
        ...cutter.cut(coversTo),
        ...(memory.topicId === undefined ? {} : { sourceTopicId: memory.topicId }),
        judgedBy: {
          retentionDays: kind === 'copy-text/system_metrics/1' && retentionMs !== null ? retentionMs / DAY_MS : null,
          clockShiftMs: decided?.clockShiftMs ?? 0,
        },
      };
      this.#brake(batch, memory, block, decided !== undefined);
      await this.#send(block, letters, traceparent);
      for (const { code } of refusals) {
        metrics.deadLetters.inc({ topic, code });
      }
      progress.sentTo = coversTo;
      letters = [];
      refusals = [];
      traceparent = undefined;
    };

    let isOpen = batch.records.length === 0;
    let left = batch.records.length;
    let turnEnds = performance.now() + MAX_TURN_MS;
    for (const record of batch.records) {
      left--;
      if (performance.now() > turnEnds) {
        await nextTurn();
        batch.signal.throwIfAborted();
        turnEnds = performance.now() + MAX_TURN_MS;
      }
      if (left === batch.records.length - 1) {
        memory.brake.beginBatch(record.timestamp, memory.endSeenAt);
      }
      memory.lastAppendMs = record.timestamp;
      if (resumes.length > 0) {
        const next = shiftAt(record.offset);
        if (next !== decided) {
          if (isOpen) {
            await send(record.offset);
          }
          decided = next;
        }
      }
      traceparent ??= headerText(record.headers, 'traceparent');
      const judged = {
        timestamp: record.timestamp + (decided?.clockShiftMs ?? 0),
        retentionMs: retentionMs ?? 0,
      };
      const { elements, unknown } = reader(record, judged, cutter, (refusal, bytes, place) => {
        const letter = deadLetter({
          topic,
          partition,
          offset: record.offset,
          place,
          refusal,
          stage: 'ingest',
          failedAt,
          value: bytes,
          key: record.key,
          headers: record.headers,
        });
        cutter.addRefusal(encodedBytes(letter), place);
        letters.push(letter);
        refusals.push(refusal);
        memory.brake.refuse(refusal);
      });
      if (unknown > 0) {
        metrics.unknownFields.inc({ topic }, unknown);
      }
      isOpen = !cutter.endRecord(record.offset, record.timestamp, elements, replayOf(record.headers));
      if (!isOpen) {
        batch.signal.throwIfAborted();
        // The last block also covers markers and holes behind its last record.
        await send(left === 0 ? batch.nextOffset : record.offset + 1);
        turnEnds = performance.now() + MAX_TURN_MS;
      }
    }
    if (isOpen) {
      await send(batch.nextOffset);
    }
    metrics.records.inc({ topic }, batch.records.length);
  }

  async #send(block: Block, letters: readonly DeadLetter[], traceparent: string | undefined): Promise<void> {
    const { topic, producer, metrics, logger } = this.#parts;
    const pointers = letters.length === 0 ? 0 : await sendDeadLetters(producer, topic, letters);
    if (pointers > 0) {
      logger.warn({ topic, partition: block.sourcePartition, pointers }, 'dead_letters_cut_to_pointers');
    }
    const { headers, value } = encodeBlock(block, traceparent);
    await producer.send(this.#acceptedTopic, block.sourcePartition, [{ key: null, value, headers }], 'zstd');
    metrics.blocks.inc({ topic });
    metrics.blockBytes.inc({ topic }, value.length);
    metrics.rows.inc({ topic }, rowsIn(block));
  }

  /** Stops the partition before a block whose refusals say that the broker's clock is wrong. */
  #brake(batch: RecordBatch, { brake, releasedTo }: Memory, block: Block, isDecided: boolean): void {
    const rows = rowsIn(block);
    if (rows > 0) {
      brake.accept(rows);
    }
    if (isDecided || block.coversFrom < releasedTo) {
      brake.clear();
      return;
    }
    const verdict = brake.verdict();
    if (verdict === null || !block.index.some(({ refused }) => refused.length > 0)) {
      return;
    }
    const { topic, partition } = batch;
    throw new MustStandError(
      'records_mostly_refused',
      `${verdict.reason}; set the clock right, then: npm run positions -- resume-ingest ${topic} ${partition} --clock-shift ${Math.ceil(verdict.behindMs / 60_000)}m --reason …`,
      block.coversFrom,
    );
  }

  /**
   * Whether a partition that stands still because of its refusals may go on after all: records that were appended since the
   * last look have an append time that our own clock can check. When it is right and they are refused as before, the
   * machines are wrong, and dead letters are what they should get.
   *
   * @throws MustStandError
   */
  async #lookAgain(batch: RecordBatch, memory: Memory): Promise<void> {
    const { admin, read, reader, standstills, topic, kind } = this.#parts;
    const { partition } = batch;
    const standing = standstills.get(batch.topic, partition);
    if (
      standing?.state !== 'records_mostly_refused' ||
      standing.atOffset !== batch.fetchOffset ||
      standstills.decision(batch.topic, partition, batch.fetchOffset, 'resume') !== undefined
    ) {
      return;
    }
    const at = Date.now();
    const high = (await admin.topicOffsets(batch.topic)).get(partition)?.high ?? 0;
    const before = memory.look;
    memory.look = { high, at };
    if (before !== undefined && high > before.high) {
      const from = new Map([[partition, high - 1]]);
      for await (const record of read(batch.topic, { partitions: [partition], from })) {
        const isClockRight =
          record.timestamp >= before.at - CLOCK_TOLERANCE_MS && record.timestamp <= Date.now() + CLOCK_TOLERANCE_MS;
        let isRefused = false;
        reader(
          record,
          { timestamp: record.timestamp, retentionMs: 0 },
          new BlockCutter(topic, partition, kind, 0),
          (refusal) => {
            isRefused ||= refusal.code === 'time_out_of_range';
          },
        );
        if (isClockRight && isRefused) {
          this.#parts.logger.warn({ topic, partition, to: high }, 'machine_clocks_wrong');
          memory.releasedTo = high;
          memory.brake.clear();
          return;
        }
        break;
      }
    }
    throw new MustStandError('records_mostly_refused', standing.stateReason ?? '', standing.atOffset);
  }

  /**
   * A record batch that can never be read: the partition stands still until a person decides to pass over it. The range is
   * then covered by a block with one refused event, whose dead letter points at the range.
   */
  async #passOver(
    batch: RecordBatch,
    memory: Memory,
    { from, to, reason }: { from: number; to: number; reason: string },
  ): Promise<void> {
    const { topic, kind, metrics, standstills, logger } = this.#parts;
    const { partition } = batch;
    const decision = standstills.decision(batch.topic, partition, from, 'skip_batch');
    if (decision === undefined || decision.toOffset !== to) {
      throw new MustStandError(
        'undecodable_batch',
        `the record batch with offsets ${from} to ${to - 1} cannot be read: ${reason}`,
        from,
        to,
      );
    }
    memory.topicId ??= await this.#parts.topics.id(batch.topic);
    const refusal: Refusal = {
      code: 'undecodable_batch',
      detail: `offsets ${from} to ${to - 1}: got a record batch that cannot be read (${reason}), expected one that can; passed over by ${decision.by}: ${decision.reason}`,
    };
    const letter = deadLetter({
      topic,
      partition,
      offset: from,
      refusal,
      stage: 'ingest',
      failedAt: new Date().toISOString(),
      value: Buffer.alloc(0),
      facts: { [DEAD_LETTER_HEADERS.truncated]: 'value,source-key,headers' },
    });
    const cutter = new BlockCutter(topic, partition, kind, from);
    cutter.addRefusal(encodedBytes(letter));
    cutter.endRecord(from, memory.lastAppendMs ?? (await this.#appendTimeBehind(batch, to)), 0);
    await this.#send({ ...cutter.cut(to), sourceTopicId: memory.topicId }, [letter], undefined);
    metrics.deadLetters.inc({ topic, code: refusal.code });
    await batch.commit(to);
    logger.warn({ topic, partition, from, to, by: decision.by }, 'undecodable_batch_passed_over');
    batch.seek(to);
    standstills.run(batch.topic, partition);
  }

  /** Append time of what stands behind an unreadable batch: the least that its own can be off by. */
  async #appendTimeBehind({ topic, partition }: RecordBatch, offset: number): Promise<number> {
    try {
      for await (const { timestamp } of this.#parts.read(topic, {
        partitions: [partition],
        from: new Map([[partition, offset]]),
      })) {
        return timestamp;
      }
    } catch (error) {
      this.#parts.logger.debug({ err: error, topic, partition }, 'append_time_unknown');
    }
    return Date.now();
  }

  /** Whether the batch continues what came before. If not, the partition goes on elsewhere. */
  async #continues(batch: RecordBatch, memory: Memory): Promise<boolean> {
    const { topic, topics, metrics, logger } = this.#parts;
    const { fetchOffset, logStartOffset, outOfRange, partition } = batch;
    const low = outOfRange?.low ?? logStartOffset;
    if (fetchOffset < low) {
      // Reading goes on, since waiting would only let retention delete more. The next block leaves the range out, and
      // the writer stands still before it until a person has accepted the gap.
      logger.error({ topic, partition, from: fetchOffset, to: low }, 'events_deleted_unread');
      metrics.deletedUnread.inc({ topic }, low - fetchOffset);
      topics.forgetId(batch.topic);
      batch.seek(low);
      return false;
    }
    if (outOfRange !== null) {
      // The topic was created again and is shorter than before. The writer notices by its id.
      logger.warn({ topic, partition, fetchOffset, ...outOfRange }, 'topic_restarted');
      topics.forgetId(batch.topic);
      memory.topicId = undefined;
      batch.seek(low);
      return false;
    }
    const id = await topics.id(batch.topic);
    const before = memory.topicId;
    memory.topicId = id;
    if (before !== undefined && before !== id) {
      logger.warn({ topic, partition, fetchOffset, before, id }, 'topic_recreated');
      memory.brake.clear();
      memory.endSeenAt = null;
      batch.seek(logStartOffset);
      return false;
    }
    return true;
  }

  async #checkAcceptedPartition({ partition, fetchOffset }: RecordBatch): Promise<void> {
    if (partition < this.#acceptedPartitions) {
      return;
    }
    this.#acceptedPartitions = await this.#parts.admin.partitionCount(this.#acceptedTopic);
    if (partition >= this.#acceptedPartitions) {
      throw new MustStandError(
        'no_accepted_partition',
        `${this.#acceptedTopic} has no partition ${partition}; raise its number: npm run topics -- grow`,
        fetchOffset,
      );
    }
  }
}

const rowsIn = ({ index }: Block): number => index.reduce((sum, event) => sum + rowsOf(event), 0);
