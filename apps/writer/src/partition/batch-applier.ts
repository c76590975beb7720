import { type Block, type PartitionState, totalsOf, trimBlock } from '@chip/contracts';
import type { RecordBatch } from '@chip/kafka';
import { rememberTopics } from '@chip/persistence';
import { leadingTrace, type Span } from '@chip/service';
import type { BlockReader } from './block-reader.ts';
import { FlushSize } from './flush/flush-size.ts';
import { flush, type FlushWork } from './flush/flush.ts';
import type { RefusalBrake } from './flush/refusal-brake.ts';
import { splitBlock } from './flush/split-block.ts';
import type { Located, PartitionPosition } from './partition-position.ts';
import type { PartitionStatus } from './partition-status.ts';
import type { PartitionStops } from './partition-stops.ts';
import type { PartitionWriterParts } from './partition-writer.parts.ts';

/** Payload bytes of one transaction, regardless of the number of rows. */
const MAX_FLUSH_BYTES = 8 * 1024 * 1024;

/** What a walk over the blocks of a batch has gathered, and how far it got. */
interface Gathered {
  blocks: Block[];
  rows: number;
  bytes: number;
  to: number;
  acceptedOffset: number;
  appendTimeMs: number | null;
  sourceTopicId: string | null;
  /** `traceparent` of each block; empty while tracing is off. */
  traces: string[];
}

/** Turns the blocks of a batch into flushes, each as large as the limits allow. */
export class BatchApplier {
  readonly size: FlushSize;
  readonly #parts: PartitionWriterParts;
  readonly #position: PartitionPosition;
  readonly #reader: BlockReader;
  readonly #status: PartitionStatus;
  readonly #stops: PartitionStops;
  readonly #brake: RefusalBrake;

  constructor(
    parts: PartitionWriterParts,
    position: PartitionPosition,
    reader: BlockReader,
    status: PartitionStatus,
    stops: PartitionStops,
    brake: RefusalBrake,
  ) {
    this.#parts = parts;
    this.#position = position;
    this.#reader = reader;
    this.#status = status;
    this.#stops = stops;
    this.#brake = brake;
    this.size = new FlushSize(parts.flushRows);
  }

  /** Applies what the position does not contain yet. Returns when that is done or the partition has stopped. */
  async apply(batch: RecordBatch): Promise<void> {
    const located = await this.#position.locate(batch);
    if (located === undefined) {
      return;
    }
    const { known } = located;
    if (batch.undecodable !== null) {
      const { to, reason } = batch.undecodable;
      // As with an unreadable block: what was skipped before does not stop the partition again.
      if (to <= known.acceptedOffset) {
        if (!this.#position.isRescanning) {
          // Nothing else proves the topic: reading would go back to this batch again and again.
          await this.#position.proved(located, to);
        }
        batch.seek(to);
      } else {
        await this.#stopAt(
          located,
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
      traces: [],
    };
    for (const record of batch.records) {
      const isReread = record.offset < known.acceptedOffset;
      const isBeforeOrigin = record.offset < known.acceptedOrigin;
      const block = this.#reader.decode(record);
      if ('stop' in block) {
        // What was skipped before (an operator has dealt with it) does not stop the partition again.
        if (isReread || isBeforeOrigin) {
          continue;
        }
        await this.#flush(located, run, batch);
        return this.#stopAt(located, batch, record.offset, block.stop, block.reason);
      }
      const recreated = this.#reader.otherTopic(block, run);
      if (recreated !== null) {
        // A rescan meets blocks of a topic that has since been replaced; no partition owns them any more.
        if (isReread || isBeforeOrigin) {
          continue;
        }
        await this.#flush(located, run, batch);
        return this.#stopAt(located, batch, record.offset, 'recreated', recreated);
      }
      // A topic that has lost its end has blocks of the present machine topic there, too: only their ids distinguish them.
      if (isBeforeOrigin && (block.sourceTopicId === undefined || run.sourceTopicId === null)) {
        continue;
      }
      if (block.coversTo <= run.to) {
        // Already applied. An empty range at the position itself means nothing.
        if (block.coversFrom < block.coversTo) {
          this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
        }
        if (!isReread || this.#position.isRescanning) {
          run.acceptedOffset = record.offset + 1;
        }
        continue;
      }
      if (isReread && !this.#position.isRescanning) {
        return this.#position.restartAccepted(
          located,
          batch,
          'truncated',
          `its block at ${record.offset}, which counts as applied, goes up to ${block.coversTo}`,
        );
      }
      if (block.coversFrom > run.to) {
        await this.#flush(located, run, batch);
        // Keep reading: a block that contains the position may follow.
        if (this.#position.isRescanning) {
          continue;
        }
        return this.#position.rescan(batch, run.to, block.coversFrom);
      }
      if (block.coversFrom < run.to) {
        this.#parts.metrics.trimmed.inc({ topic: this.#parts.sourceTopic });
      }
      const rest = trimBlock(block, run.to);
      const parts = this.size.isReduced ? [...splitBlock(rest, this.size.rows)] : [rest];
      for (const [index, part] of parts.entries()) {
        gather(run, part);
        if (this.#parts.tracing !== null && record.headers['traceparent'] !== undefined) {
          run.traces.push(String(record.headers['traceparent']));
        }
        run.acceptedOffset = index === parts.length - 1 ? record.offset + 1 : record.offset;
        if (run.rows >= this.size.rows || run.bytes >= MAX_FLUSH_BYTES) {
          await this.#flush(located, run, batch);
        }
      }
    }
    await this.#flush(located, run, batch);
    if (this.#position.isRescanning) {
      return;
    }
    await this.#position.proved(located, batch.nextOffset);
    this.#status.show('running');
    known.acceptedOffset = Math.max(known.acceptedOffset, run.acceptedOffset);
    // Only a hint for lag tools: the position in the database is the truth.
    batch.commit(batch.nextOffset);
    // Everything is committed, and dead letters are made of texts.
    batch.release();
  }

  async #flush({ session, known }: Located, run: Gathered, batch: RecordBatch): Promise<void> {
    if (run.blocks.length === 0) {
      return;
    }
    const { sourceTopic: topic, partition, metrics, deadLetters, loaderOf } = this.#parts;
    const { blocks, to, acceptedOffset, appendTimeMs, sourceTopicId } = run;
    const work: FlushWork = { topic, partition, from: known.next, blocks, to, acceptedOffset, appendTimeMs };
    const end = metrics.flushSeconds.startTimer({ topic });
    const span = this.#span(blocks, run.traces);
    let done: Awaited<ReturnType<typeof flush>>;
    try {
      done = await flush(session, loaderOf(work.blocks), work, deadLetters, this.#brake, batch.signal);
    } catch (error) {
      span?.end({}, error);
      throw error;
    }
    span?.end({ 'chip.rows': done.rows, 'chip.dead_letters': done.refused });
    end();
    this.#measureAge(blocks);
    known.next = to;
    known.acceptedOffset = acceptedOffset;
    known.appendTimeMs = appendTimeMs;
    this.#position.endRescan();
    this.#stops.forgetRetries();
    this.size.grow();
    this.#status.show('running');
    Object.assign(run, { blocks: [], rows: 0, bytes: 0, traces: [] });
    metrics.flushes.inc({ topic });
    metrics.flushRows.observe({ topic }, done.rows);
    metrics.rows.inc({ topic }, done.rows);
    batch.progress();
    metrics.elements.inc({ topic }, done.applied);
    if (done.duplicates > 0) {
      metrics.duplicates.inc({ topic }, done.duplicates);
    }
    if (known.sourceTopicId === null && sourceTopicId !== null) {
      await rememberTopics(session, topic, partition, { sourceTopicId });
      known.sourceTopicId = sourceTopicId;
    }
  }

  /** Continues the trace of a block that is recorded, and links to the others. */
  #span(blocks: readonly Block[], traces: readonly string[]): Span | undefined {
    const { sourceTopic: topic, partition, tracing } = this.#parts;
    return tracing?.start({
      name: `flush ${topic}`,
      kind: 'consumer',
      parent: leadingTrace(traces),
      links: traces,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.batch.message_count': blocks.length,
        'db.system.name': 'postgresql',
      },
    });
  }

  /** One observation per block: events of one block were appended, and become visible, close together. */
  #measureAge(blocks: readonly Block[]): void {
    const { sourceTopic: topic, metrics } = this.#parts;
    const now = Date.now();
    for (const block of blocks) {
      const { first } = totalsOf(block);
      if (first !== null) {
        metrics.visibleSeconds.observe({ topic }, Math.max(0, now - first.appendTime) / 1000);
      }
    }
  }

  /** Stops before the block at `offset` of the accepted topic. */
  async #stopAt(
    located: Located,
    batch: RecordBatch,
    offset: number,
    state: PartitionState,
    reason: string,
  ): Promise<void> {
    await this.#position.settle(located, offset);
    await this.#stops.stop(batch, state, reason);
  }
}

function gather(run: Gathered, part: Block): void {
  run.blocks.push(part);
  run.to = part.coversTo;
  run.sourceTopicId ??= part.sourceTopicId ?? null;
  const { rows, appendTo } = totalsOf(part);
  run.rows += rows;
  if (appendTo !== null) {
    run.appendTimeMs = Math.max(run.appendTimeMs ?? 0, appendTo);
  }
  run.bytes += part.payload.length;
}
