/** Publishes a backlog as any client would, acknowledged by the broker. */
import type { BenchSystem } from '../system/bench-system.ts';
import type { Backlog } from './machine-data.ts';

/** Bytes of one request; machines send smaller batches, which cost the broker and ingest about the same. */
const REQUEST_BYTES = 1024 * 1024;

export async function publish(system: BenchSystem, backlog: Backlog, signal: AbortSignal): Promise<void> {
  const producer = await system.producer();
  try {
    for (let number = 0; number < backlog.records;) {
      signal.throwIfAborted();
      const messages = [];
      for (let bytes = 0; bytes < REQUEST_BYTES && number < backlog.records; number += 1) {
        const record = backlog.record(number);
        messages.push(record);
        bytes += record.value.length;
      }
      await producer.send({ topic: backlog.topic, acks: -1, messages });
    }
  } finally {
    await producer.disconnect();
  }
  const stored = await system.recordsOf(backlog.topic);
  if (stored !== backlog.records) {
    throw new Error(`${backlog.topic} holds ${stored} records, expected ${backlog.records}`);
  }
}
