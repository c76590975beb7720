import { setImmediate as nextTurn } from 'node:timers/promises';
import { headerText } from '@chip/classify';
import {
  type Block,
  type DeadLetter,
  deadLetter,
  encodeBlockInPieces,
  encodedBytes,
  type Replay,
  replayOf,
  totalsOf,
} from '@chip/contracts';
import { areHeadersCut, type KafkaRecord, type RecordBatch, sendDeadLetters, StoredRecord } from '@chip/kafka';
import type { IngestDecision } from '@chip/persistence';
import { leadingTrace, traceparentOf } from '@chip/service';
import { BlockCutter } from './block-cutter.ts';
import { machineOf } from './machine-of.ts';
import {
  type MachineStreamParts,
  type Memory,
  MustStandError,
  type Progress,
  type Refuse,
} from './machine-stream.parts.ts';

/** After this much uninterrupted work, yields the event loop to heartbeats, health and other partitions. */
const MAX_TURN_MS = 8;
/** From one look at the clock to the next: one for each record took a hundredth of all time. */
const RECORDS_PER_LOOK = 8;
/** A larger record may take a whole turn by itself: an event can have hundreds of thousands of fields. */
const LARGE_RECORD_BYTES = 16 * 1024;
const DAY_MS = 86_400_000;
/** Of one block; a span links to fewer. */
const MAX_TRACES = 1_000;

/**
 * Cuts a batch into blocks and sends each with its dead letters.
 *
 * @throws MustStandError before a block that the brake holds back, or the producer's error; `progress` says how far it
 * got
 */
export async function sendBlocks(
  parts: MachineStreamParts,
  batch: RecordBatch,
  memory: Memory,
  progress: Progress,
): Promise<void> {
  const cutter = new BlockCutter(parts.stream.source, batch.partition, parts.stream.payload, batch.fetchOffset);
  try {
    await cutAndSend(parts, batch, memory, progress, cutter);
  } finally {
    cutter.close();
  }
}

async function cutAndSend(
  parts: MachineStreamParts,
  batch: RecordBatch,
  memory: Memory,
  progress: Progress,
  cutter: BlockCutter,
): Promise<void> {
  const { stream, reader, metrics, retention, standstills, tracing } = parts;
  const { source: topic } = stream;
  const { partition } = batch;
  const failedAt = new Date().toISOString();
  const retentionMs = retention.ms;
  const resumes = standstills.resumes(batch.topic, partition, memory.topicId);
  const shiftAt = (offset: number): IngestDecision | undefined =>
    resumes.findLast(({ atOffset, toOffset }) => atOffset <= offset && offset < toOffset);
  let letters: DeadLetter[] = [];
  let refused: { readonly code: string; readonly machine: string }[] = [];
  let traceparent: string | undefined;
  const traces = new Set<string>();
  let blockBegan = Date.now();
  let decided: IngestDecision | undefined;

  const send = async (coversTo: number): Promise<void> => {
    const block = cutter.cut(coversTo, {
      ...(memory.topicId === undefined ? {} : { sourceTopicId: memory.topicId }),
      judgedBy: {
        retentionDays: stream.isAgeLimited && retentionMs !== null ? retentionMs / DAY_MS : null,
        clockShiftMs: decided?.clockShiftMs ?? 0,
      },
    });
    brake(batch, memory, block, decided !== undefined);
    const span = tracing?.start({
      name: `cut ${topic}`,
      kind: 'consumer',
      parent: leadingTrace([...traces]),
      links: traces,
      startTime: blockBegan,
      attributes: { ...placeOf(block), 'chip.rows': rowsIn(block), 'chip.dead_letters': letters.length },
    });
    try {
      await sendBlock(parts, block, letters, span?.traceparent ?? traceparent);
    } catch (error) {
      span?.end({}, error);
      throw error;
    }
    span?.end();
    for (const { code, machine } of refused) {
      metrics.deadLetters.inc({ topic, code });
      metrics.machineDeadLetters.inc({ topic, machine });
    }
    progress.sentTo = coversTo;
    progress.letters += letters.length;
    batch.progress();
    letters = [];
    refused = [];
    traceparent = undefined;
    traces.clear();
    blockBegan = Date.now();
  };

  /** Headers with neither a trace nor a replay: records without any share one object. */
  let plainHeaders: KafkaRecord['headers'] | undefined;
  let record!: KafkaRecord;
  const refuse: Refuse = (refusal, bytes, place) => {
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
      areHeadersCut: areHeadersCut(record.headers),
    });
    cutter.addRefusal(encodedBytes(letter), place);
    letters.push(letter);
    refused.push({
      code: refusal.code,
      machine: metrics.machines.of(machineOf(stream, bytes, record.headers)),
    });
    memory.brake.refuse(refusal);
  };
  const judged = { timestamp: 0, retentionMs: retentionMs ?? 0 };
  let isOpen = batch.records.length === 0;
  let left = batch.records.length;
  let turnEnds = performance.now() + MAX_TURN_MS;
  let wasLarge = false;
  for (record of batch.records) {
    left--;
    if ((wasLarge || left % RECORDS_PER_LOOK === 0) && performance.now() > turnEnds) {
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
    const { headers } = record;
    let replay: Replay | undefined;
    if (headers !== plainHeaders) {
      const trace = traceparentOf(headerText(headers, 'traceparent'));
      replay = replayOf(headers);
      if (trace === undefined) {
        plainHeaders = replay === undefined ? headers : plainHeaders;
      } else if (tracing === null) {
        traceparent ??= trace;
      } else if (traces.size < MAX_TRACES) {
        traces.add(trace);
      }
    }
    judged.timestamp = record.timestamp + (decided?.clockShiftMs ?? 0);
    wasLarge = valueBytes(record) > LARGE_RECORD_BYTES;
    const { elements, unknown } = reader(record, judged, cutter, refuse);
    if (unknown > 0) {
      metrics.unknownFields.inc({ topic }, unknown);
    }
    isOpen = !cutter.endRecord(record.offset, record.timestamp, elements, replay);
    if (!isOpen) {
      batch.signal.throwIfAborted();
      // The last block also covers markers and holes after its last record.
      await send(left === 0 ? batch.nextOffset : record.offset + 1);
      turnEnds = performance.now() + MAX_TURN_MS;
    }
  }
  if (isOpen) {
    await send(batch.nextOffset);
  }
  metrics.records.inc({ topic }, batch.records.length);
}

/** Sends the letters of a block, then the block, each acknowledged. */
export async function sendBlock(
  parts: MachineStreamParts,
  block: Block,
  letters: readonly DeadLetter[],
  traceparent: string | undefined,
): Promise<void> {
  const { producer, metrics, logger } = parts;
  const { source: topic, accepted } = parts.stream;
  const pointers = letters.length === 0 ? 0 : await sendDeadLetters(producer, topic, letters);
  if (pointers > 0) {
    logger.warn({ topic, partition: block.sourcePartition, pointers }, 'dead_letters_cut_to_pointers');
  }
  const { headers, pieces } = encodeBlockInPieces(block, traceparent);
  await producer.send(accepted, block.sourcePartition, [{ key: null, value: pieces, headers }], 'zstd');
  metrics.blocks.inc({ topic });
  metrics.blockBytes.inc(
    { topic },
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  metrics.rows.inc({ topic }, rowsIn(block));
}

/** Stops the partition before a block whose refusals mean that the broker's clock is wrong. */
function brake(batch: RecordBatch, { brake: counts, releasedTo }: Memory, block: Block, isDecided: boolean): void {
  const rows = rowsIn(block);
  if (rows > 0) {
    counts.accept(rows);
  }
  if (isDecided || block.coversFrom < releasedTo) {
    counts.clear();
    return;
  }
  const verdict = counts.verdict();
  if (verdict === null || totalsOf(block).refused === 0) {
    return;
  }
  const { topic, partition } = batch;
  throw new MustStandError(
    'records_mostly_refused',
    `${verdict.reason}; set the clock right, then run: npm run positions -- resume-ingest ${topic} ${partition} --clock-shift ${Math.ceil(verdict.behindMs / 60_000)}m --reason …`,
    block.coversFrom,
  );
}

/** Names of OpenTelemetry's conventions for messages. */
const placeOf = (block: Block) => ({
  'messaging.system': 'kafka',
  'messaging.destination.name': block.sourceTopic,
  'messaging.destination.partition.id': String(block.sourcePartition),
  'messaging.kafka.offset': block.coversFrom,
  'messaging.batch.message_count': totalsOf(block).events,
});

/** Creates no view of the value, which would cost more than everything else in the check. */
const valueBytes = (record: KafkaRecord): number =>
  record instanceof StoredRecord ? record.valueTo - record.valueFrom : (record.value?.length ?? 0);

const rowsIn = (block: Block): number => totalsOf(block).rows;
