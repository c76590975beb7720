import { DEAD_LETTER_HEADERS, deadLetter, encodedBytes, type Refusal } from '@chip/contracts';
import type { RecordBatch } from '@chip/kafka';
import { BlockCutter } from './block-cutter.ts';
import { sendBlock } from './block-sender.ts';
import { type MachineStreamParts, type Memory, MustStandError } from './machine-stream.parts.ts';

/**
 * Skips a record batch that can never be read, once a person has decided so; until then the partition stops. A block
 * with one refused event covers the range, and its dead letter points at the range.
 */
export async function passOver(
  parts: MachineStreamParts,
  batch: RecordBatch,
  memory: Memory,
  { from, to, reason }: { from: number; to: number; reason: string },
): Promise<void> {
  const { metrics, standstills, logger } = parts;
  const { source: topic, payload } = parts.stream;
  const { partition } = batch;
  const decision = standstills.decision(batch.topic, partition, from, 'skip_batch', memory.topicId);
  if (decision === undefined || decision.toOffset !== to) {
    throw new MustStandError(
      'undecodable_batch',
      `the record batch with offsets ${from} to ${to - 1} cannot be read: ${reason}`,
      from,
      to,
    );
  }
  const refusal: Refusal = {
    code: 'undecodable_batch',
    detail: `offsets ${from} to ${to - 1}: got a record batch that cannot be read (${reason}), expected a readable one; skipped by ${decision.by}: ${decision.reason}`,
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
  const cutter = new BlockCutter(topic, partition, payload, from);
  cutter.addRefusal(encodedBytes(letter));
  cutter.endRecord(from, memory.lastAppendMs ?? (await appendTimeBehind(parts, batch, to)), 0);
  const about = memory.topicId === undefined ? {} : { sourceTopicId: memory.topicId };
  await sendBlock(parts, cutter.cut(to, about), [letter], undefined);
  metrics.deadLetters.inc({ topic, code: refusal.code });
  metrics.machineDeadLetters.inc({ topic, machine: 'unknown' });
  batch.commit(to);
  logger.warn({ topic, partition, from, to, by: decision.by }, 'undecodable_batch_passed_over');
  batch.seek(to);
  standstills.run(batch.topic, partition);
}

/** Append time of what follows an unreadable batch: the closest estimate of the batch's own. */
async function appendTimeBehind(
  parts: MachineStreamParts,
  { topic, partition }: RecordBatch,
  offset: number,
): Promise<number> {
  try {
    for await (const { timestamp } of parts.topicReader.read(topic, {
      partitions: [partition],
      from: new Map([[partition, offset]]),
    })) {
      return timestamp;
    }
  } catch (error) {
    parts.logger.debug({ err: error, topic, partition }, 'append_time_unknown');
  }
  return Date.now();
}
