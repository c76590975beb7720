import type { RecordBatch } from '@chip/kafka';
import { BlockCutter } from './block-cutter.ts';
import { type MachineStreamParts, type Memory, MustStandError } from './machine-stream.parts.ts';
import { CLOCK_TOLERANCE_MS } from './refusal-brake.ts';

/**
 * Checks whether a partition that stopped because of its refusals may go on after all. Records appended since the last
 * look have an append time that our own clock can verify. If that time is right and the records are still refused, the
 * machines are wrong, and dead letters are the right answer.
 *
 * @throws MustStandError
 */
export async function lookAgain(parts: MachineStreamParts, batch: RecordBatch, memory: Memory): Promise<void> {
  const { admin, topicReader, reader, standstills } = parts;
  const { source: topic, payload } = parts.stream;
  const { partition } = batch;
  const standing = standstills.get(batch.topic, partition);
  if (
    standing?.state !== 'records_mostly_refused' ||
    standing.atOffset !== batch.fetchOffset ||
    standstills.resumes(batch.topic, partition, memory.topicId).some(({ atOffset }) => atOffset === batch.fetchOffset)
  ) {
    // The next stop begins with a look of its own: a clock that is behind is still ahead of an old look.
    memory.look = undefined;
    return;
  }
  const at = Date.now();
  const high = (await admin.topicOffsets(batch.topic)).get(partition)?.high ?? 0;
  const before = memory.look;
  memory.look = { high, at };
  if (before !== undefined && high > before.high) {
    // Not the last of them: behind the records of a transaction comes its marker.
    const from = new Map([[partition, before.high]]);
    for await (const record of topicReader.read(batch.topic, { partitions: [partition], from })) {
      const isClockRight =
        record.timestamp >= before.at - CLOCK_TOLERANCE_MS && record.timestamp <= Date.now() + CLOCK_TOLERANCE_MS;
      let isRefused = false;
      reader(
        record,
        { timestamp: record.timestamp, retentionMs: 0 },
        new BlockCutter(topic, partition, payload, 0),
        (refusal) => {
          isRefused ||= refusal.code === 'time_out_of_range';
        },
      );
      if (isClockRight && isRefused) {
        parts.logger.warn({ topic, partition, to: high }, 'machine_clocks_wrong');
        memory.releasedTo = high;
        memory.brake.clear();
        return;
      }
      break;
    }
  }
  throw new MustStandError('records_mostly_refused', standing.stateReason ?? '', standing.atOffset);
}
