import { type Block, encodeBlock } from '@chip/contracts';
import type { RecordBatch } from '@chip/kafka';

/** A fetch of the accepted topic that a consumer hands over: one block in one record, with nothing to be read elsewhere. */
export function batchOf(
  topic: string,
  offset: number,
  block: Block,
  signal = new AbortController().signal,
): RecordBatch {
  const { headers, value } = encodeBlock(block);
  const received = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  return {
    topic,
    partition: 0,
    records: [{ offset, timestamp: Date.now(), key: null, value, headers: received }],
    fetchOffset: offset,
    firstOffset: offset,
    nextOffset: offset + 1,
    highWatermark: offset + 1,
    lastStableOffset: offset + 1,
    logStartOffset: 0,
    assignment: 1,
    outOfRange: null,
    undecodable: null,
    signal,
    progress: () => undefined,
    isCurrent: () => !signal.aborted,
    seek: (to) => {
      throw new Error(`nothing needs to be read again, but the writer went to ${to}`);
    },
    pause: (reason) => {
      throw new Error(`the partition was stopped: ${reason}`);
    },
    commit: async () => undefined,
    release: () => undefined,
  };
}
