import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import {
  ACCEPTED_TOPIC,
  type Block,
  type DeadLetter,
  deadLetter,
  encodeBlock,
  encodedBytes,
  INSPECTION_RESULTS,
  type MachineTopic,
  type Refusal,
  replayOf,
  rowsOf,
  TELEMETRY_SAMPLES,
} from '@chip/contracts';
import {
  KafkaAdmin,
  KafkaBatchServer,
  KafkaProducer,
  type KafkaRecord,
  type RecordBatch,
  sendDeadLetters,
} from '@chip/kafka';
import { CONFIG, Health, type HealthState, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { BlockCutter } from './block-cutter.ts';
import { classifyInspection } from './classify-inspection.ts';
import { classifyTelemetry, type TelemetrySink } from './classify-telemetry.ts';
import { headerText } from './cloud-event.ts';
import type { IngestConfig } from './ingest.config.ts';
import { IngestMetrics } from './ingest.metrics.ts';

/** Liveness: lag and no committed offset for this long. */
const MAX_STALL_MS = 60_000;
const LAG_INTERVAL_MS = 2_000;
/** How often a partition without accepted partition looks whether it was created. */
const GROWN_LOOK_MS = 10_000;
const DAY_MS = 86_400_000;
/** The event loop is left to others (heartbeats, health, other partitions) after so much work on end. */
const MAX_TURN_MS = 8;

/** Reads one record into the block under construction. */
type Reader = (record: KafkaRecord, cutter: BlockCutter, refuse: Refuse) => { elements: number; unknown: number };
type Refuse = (refusal: Refusal, bytes: Buffer | null, place?: number) => void;

/**
 * Batches of the machine topics to blocks and dead letters. For each block of a batch, in this order:
 *
 * 1. its dead letters are sent and acknowledged,
 * 2. the block is sent and acknowledged (one under way per partition),
 *
 * and when the whole batch is through, its offset is committed. A crash in between makes it all happen again: letters
 * are distinct by key, blocks by the range they cover. Blocks chain without memory of ours: a block begins where the
 * fetch was asked to begin, and ends behind everything that the fetch accounts for.
 */
@Controller()
export class IngestConsumer {
  readonly #server: KafkaBatchServer;
  readonly #producer: KafkaProducer;
  readonly #admin: KafkaAdmin;
  readonly #metrics: IngestMetrics;
  readonly #logger: Logger;
  readonly #readTelemetry: Reader;
  #acceptedPartitions = new Map<string, number>();

  constructor(
    @Inject(CONFIG) config: IngestConfig,
    @Inject(LOGGER) logger: Logger,
    @Inject(KafkaBatchServer) server: KafkaBatchServer,
    @Inject(KafkaProducer) producer: KafkaProducer,
    @Inject(KafkaAdmin) admin: KafkaAdmin,
    @Inject(IngestMetrics) metrics: IngestMetrics,
    @Inject(Health) health: Health,
    @Inject(Lifecycle) lifecycle: Lifecycle,
  ) {
    this.#server = server;
    this.#producer = producer;
    this.#admin = admin;
    this.#metrics = metrics;
    this.#logger = logger;
    const rules = { retentionMs: config.TELEMETRY_RETENTION_DAYS * DAY_MS };
    this.#readTelemetry = (record, cutter, refuse) => {
      let unknown = 0;
      const sink: TelemetrySink = {
        accept: (row) => cutter.addSample(row),
        refuse,
        unknownFields: (count) => (unknown += count),
      };
      return { elements: classifyTelemetry(record, rules, sink), unknown };
    };

    health.addLive({ name: 'progress', check: () => this.#progress() });
    health.addReady({ name: 'consumer_groups', check: () => server.readiness() });
    const measure = setInterval(() => this.#measure(), LAG_INTERVAL_MS);
    lifecycle.onDrain('intake', 'machine topics', (signal) => {
      clearInterval(measure);
      return server.drain({ signal });
    });
  }

  @EventPattern(TELEMETRY_SAMPLES)
  onTelemetry(batch: RecordBatch): Promise<void> {
    return this.#handle(batch, TELEMETRY_SAMPLES, 'copy-text/system_metrics/1', this.#readTelemetry);
  }

  @EventPattern(INSPECTION_RESULTS)
  onInspections(batch: RecordBatch): Promise<void> {
    return this.#handle(batch, INSPECTION_RESULTS, 'ndjson/inspection/1', (record, cutter, refuse) => {
      const outcome = classifyInspection(record);
      if (!outcome.accepted) {
        refuse(outcome.refusal, record.value);
        return { elements: 0, unknown: 0 };
      }
      cutter.addLine(outcome.line, outcome.timeUs);
      return { elements: 0, unknown: outcome.unknownFields };
    });
  }

  async #handle(batch: RecordBatch, topic: MachineTopic, kind: Block['kind'], read: Reader): Promise<void> {
    if (!(await this.#mayProceed(batch, topic))) return;
    const cutter = new BlockCutter(topic, batch.partition, kind, batch.fetchOffset);
    const failedAt = new Date().toISOString();
    let letters: DeadLetter[] = [];
    let traceparent: string | undefined;

    const send = async (coversTo: number): Promise<void> => {
      await this.#send(topic, cutter.cut(coversTo), letters, traceparent);
      letters = [];
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
      traceparent ??= headerText(record.headers, 'traceparent');
      const { elements, unknown } = read(record, cutter, (refusal, bytes, place) => {
        const letter = deadLetter({
          topic,
          partition: batch.partition,
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
        this.#metrics.deadLetters.inc({ topic, code: refusal.code });
      });
      if (unknown > 0) this.#metrics.unknownFields.inc({ topic }, unknown);
      isOpen = !cutter.endRecord(record.offset, record.timestamp, elements, replayOf(record.headers));
      if (!isOpen) {
        batch.signal.throwIfAborted();
        // The last block also covers markers and holes behind its last record.
        await send(left === 0 ? batch.nextOffset : record.offset + 1);
        turnEnds = performance.now() + MAX_TURN_MS;
      }
    }
    if (isOpen) await send(batch.nextOffset);
    this.#metrics.records.inc({ topic }, batch.records.length);
    await batch.commit(batch.nextOffset);
  }

  async #send(topic: MachineTopic, block: Block, letters: DeadLetter[], traceparent?: string): Promise<void> {
    const pointers = letters.length === 0 ? 0 : await sendDeadLetters(this.#producer, topic, letters);
    if (pointers > 0) {
      this.#logger.warn({ topic, partition: block.sourcePartition, pointers }, 'dead_letters_cut_to_pointers');
    }
    const { headers, value } = encodeBlock(block, traceparent);
    await this.#producer.send(ACCEPTED_TOPIC[topic], block.sourcePartition, [{ key: null, value, headers }], 'zstd');
    this.#metrics.blocks.inc({ topic });
    this.#metrics.blockBytes.inc({ topic }, value.length);
    this.#metrics.rows.inc(
      { topic },
      block.index.reduce((sum, event) => sum + rowsOf(event), 0),
    );
  }

  /** Whether the batch continues what came before. If not, the partition goes on elsewhere or waits, and says why. */
  async #mayProceed(batch: RecordBatch, topic: MachineTopic): Promise<boolean> {
    const { fetchOffset, logStartOffset, outOfRange, partition } = batch;
    const low = outOfRange?.low ?? logStartOffset;
    if (fetchOffset < low) {
      // Reading goes on, since waiting would only let retention delete more. The next block leaves the range out, and
      // the writer stands still before it until a person has accepted the gap.
      this.#logger.error({ topic, partition, from: fetchOffset, to: low }, 'events_deleted_unread');
      this.#metrics.deletedUnread.inc({ topic }, low - fetchOffset);
      batch.seek(low);
      return false;
    }
    if (outOfRange !== null) {
      // The topic was created anew and is shorter than before. The writer notices by the append times.
      this.#logger.warn({ topic, partition, fetchOffset, ...outOfRange }, 'topic_restarted');
      batch.seek(low);
      return false;
    }
    const accepted = ACCEPTED_TOPIC[topic];
    if (partition >= (this.#acceptedPartitions.get(accepted) ?? 0)) {
      this.#acceptedPartitions.set(accepted, await this.#admin.partitionCount(accepted));
      if (partition >= this.#acceptedPartitions.get(accepted)!) {
        batch.pause(`${accepted} has no partition ${partition}; raise its number: npm run topics -- grow`);
        // The batch comes again then, and looks again.
        setTimeout(() => this.#server.resume(topic, partition), GROWN_LOOK_MS).unref();
        return false;
      }
    }
    return true;
  }

  #measure(): void {
    this.#metrics.lag.reset();
    this.#metrics.stopped.reset();
    for (const { topic, partition, lag, pausedReason } of this.#server.partitions()) {
      if (lag !== null) this.#metrics.lag.set({ topic, partition: String(partition) }, lag);
      if (pausedReason !== null) this.#metrics.stopped.set({ topic, partition: String(partition) }, 1);
    }
  }

  #progress(): HealthState {
    const stalled = this.#server.stalled(MAX_STALL_MS);
    if (stalled.length === 0) return { state: 'up' };
    const names = stalled.map(({ topic, partition }) => `${topic}/${partition}`).join(', ');
    return { state: 'down', reason: `unread records and no committed offset for ${MAX_STALL_MS / 1000} s: ${names}` };
  }
}
