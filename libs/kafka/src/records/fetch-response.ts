/**
 * Decodes the brokers' answers to a fetch: batches stay bytes, and a problem of one partition affects only that one.
 */
import { crc32c } from '@node-rs/crc32';
import { CHECKSUM_END, HEADER_BYTES, LENGTH_END } from './batch-layout.ts';
import { COMPRESSIONS, decompress, type DecompressionBudget, UndecodableBatchError } from './codecs.ts';
import { lendMemory } from './lent-memory.ts';
import { checkRecords, isAbortMarker, type StoredBatch } from './record-set.ts';

/** Kafka's own error code for an offset that the broker does not have. */
const OFFSET_OUT_OF_RANGE = 1;

interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** A batch that cannot be read, and what its surroundings say about its end. Its own header may be damaged, too. */
export interface UndecodableBatch {
  readonly reason: string;
  /** Offset after its last record, according to its own header. */
  readonly claimedEnd: number;
  /** First offset of the batch that follows it in the same answer; null without one. */
  readonly nextBatch: number | null;
}

/** The broker's answer for one partition. */
export interface FetchedPartition {
  readonly partition: number;
  /**
   * Kafka's error code, 0 for none. `isOutOfRange` reports OFFSET_OUT_OF_RANGE instead: kafkajs refuses the whole
   * response for it.
   */
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly preferredReadReplica: number;
  readonly isOutOfRange: boolean;
  readonly aborted: readonly AbortedTransaction[];
  /** Complete batches in offset order, transaction markers included, as far as the budget allowed. */
  readonly batches: readonly StoredBatch[];
  /** The first batch if it can never be read; null otherwise. */
  readonly undecodable: UndecodableBatch | null;
  /** For kafkajs, which would pass these on. It gets nothing here. */
  messages: unknown[];
  readonly abortedTransactions: readonly [];
}

export interface FetchResponse {
  readonly responses: readonly { readonly topicName: string; readonly partitions: FetchedPartition[] }[];
}

/** Layout: https://kafka.apache.org/protocol#The_Messages_Fetch, version 11. */
export async function decodeFetchResponse(
  response: Buffer,
  budget: DecompressionBudget,
): Promise<FetchResponse & { readonly throttleTime: number; readonly clientSideThrottleTime: number }> {
  const reader = new ResponseReader(response);
  const clientSideThrottleTime = reader.int32();
  // Error and number of a fetch session; kafkajs opens none.
  reader.at += 6;
  const responses = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.string();
    const partitions: FetchedPartition[] = [];
    for (let left = reader.int32(); left > 0; left--) {
      partitions.push(await decodePartition(reader, budget));
    }
    responses.push({ topicName, partitions });
  }
  return { throttleTime: 0, clientSideThrottleTime, responses };
}

async function decodePartition(reader: ResponseReader, budget: DecompressionBudget): Promise<FetchedPartition> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted: AbortedTransaction[] = [];
  for (let left = reader.int32(); left > 0; left--) {
    aborted.push({ producerId: reader.int64(), firstOffset: Number(reader.int64()) });
  }
  const preferredReadReplica = reader.int32();
  const { batches, undecodable } = await decodeBatches(reader.bytes(), budget);
  return {
    partition,
    errorCode: errorCode === OFFSET_OUT_OF_RANGE ? 0 : errorCode,
    isOutOfRange: errorCode === OFFSET_OUT_OF_RANGE,
    highWatermark: String(highWatermark),
    // Brokers older than transactions answer -1.
    lastStableOffset: Number(lastStableOffset < 0n ? highWatermark : lastStableOffset),
    logStartOffset: Math.max(0, Number(logStartOffset)),
    preferredReadReplica,
    aborted,
    batches,
    undecodable,
    messages: [],
    abortedTransactions: [],
  };
}

/**
 * A partition's batches may be handled long after the others of its response, and must not keep all of them in memory.
 * Copying costs a tenth of a millisecond per MiB, and nothing if the response has little more than `partitionBytes`.
 */
const detach = (bytes: Buffer, partitionBytes: number): Buffer =>
  bytes.buffer.byteLength > 2.5 * partitionBytes ? lendMemory(Buffer.from(bytes)) : bytes;

const isCompressed = (batch: Buffer): boolean => batch.length > 22 && (batch.readInt16BE(21) & 0x07) !== 0;

/** Offset, length, leader epoch and format number: the start of every batch of any format. */
const PREFIX_BYTES = 17;

/** Batches up to the end of the answer, the end of the budget, or the first one that cannot be read. */
async function decodeBatches(
  received: Buffer,
  budget: DecompressionBudget,
): Promise<{ batches: StoredBatch[]; undecodable: UndecodableBatch | null }> {
  // In one piece: as many buffers as batches would be more work for the collector of garbage.
  const answer = isCompressed(received) ? received : detach(received, received.length);
  const batches: StoredBatch[] = [];
  for (let at = 0; at + PREFIX_BYTES <= answer.length;) {
    const end = at + LENGTH_END + answer.readInt32BE(at + 8);
    // A broker cuts the last batch where the limit of the fetch is reached, but never the first.
    if (end > answer.length && batches.length > 0) {
      break;
    }
    const { isUntouched } = budget;
    try {
      const format = answer.readInt8(at + 16);
      if (format !== 2) {
        throw new UndecodableBatchError(`it has the record format ${format}, which Kafka 4 no longer supports`);
      }
      batches.push(await decodeBatch(answer.subarray(at, end), budget, answer.length));
    } catch (error) {
      if (!(error instanceof UndecodableBatchError)) {
        throw error;
      }
      // A later fetch returns it first, and judges it then. The same goes for one to which others left too little
      // budget.
      const isFirst = batches.length === 0 && (isUntouched || !error.isTooLarge);
      return { batches, undecodable: isFirst ? describeUndecodable(answer, at, end, error.message) : null };
    }
    at = end;
  }
  return { batches, undecodable: null };
}

/**
 * Before format 2 the header has only the first offset; for a compressed message set it is that of the last message.
 */
function describeUndecodable(answer: Buffer, at: number, end: number, reason: string): UndecodableBatch {
  const firstOffset = Number(answer.readBigInt64BE(at));
  const hasHeader = answer.readInt8(at + 16) === 2 && at + HEADER_BYTES <= answer.length;
  return {
    reason,
    claimedEnd: firstOffset + 1 + (hasHeader ? answer.readInt32BE(at + 23) : 0),
    nextBatch: end > at && end + 8 <= answer.length ? Number(answer.readBigInt64BE(end)) : null,
  };
}

/**
 * Offset after the batch that cannot be read. Its header is trusted as far as the log and the batch after it allow; if
 * nothing can be trusted it is the next offset, so that no more than one is ever skipped unseen.
 */
export function endOfUndecodable(
  { claimedEnd, nextBatch }: UndecodableBatch,
  fetchOffset: number,
  highWatermark: number,
): number {
  const limit = nextBatch !== null && nextBatch > fetchOffset ? Math.min(nextBatch, highWatermark) : highWatermark;
  for (const candidate of [claimedEnd, nextBatch]) {
    if (candidate !== null && Number.isSafeInteger(candidate) && candidate > fetchOffset && candidate <= limit) {
      return candidate;
    }
  }
  return fetchOffset + 1;
}

async function decodeBatch(batch: Buffer, budget: DecompressionBudget, partitionBytes: number): Promise<StoredBatch> {
  if (batch.length < HEADER_BYTES) {
    throw new UndecodableBatchError('the batch is damaged');
  }
  if (crc32c(batch.subarray(CHECKSUM_END)) !== batch.readUInt32BE(CHECKSUM_END - 4)) {
    throw new UndecodableBatchError('its checksum is wrong, the batch is damaged');
  }
  const attributes = batch.readInt16BE(21);
  const compression = COMPRESSIONS[attributes & 0x07];
  if (compression === undefined) {
    throw new UndecodableBatchError(`compression ${attributes & 0x07} is unknown`);
  }
  const firstOffset = Number(batch.readBigInt64BE(0));
  const packed = batch.subarray(HEADER_BYTES);
  const decoded: StoredBatch = {
    firstOffset,
    // From the header: compaction may have removed the last records, which still count.
    lastOffset: firstOffset + batch.readInt32BE(23),
    count: batch.readInt32BE(57),
    firstTimestamp: Number(batch.readBigInt64BE(27)),
    appendTimestamp: (attributes & 0x08) === 0 ? null : Number(batch.readBigInt64BE(35)),
    producerId: batch.readBigInt64BE(43),
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    bytes: compression === 'none' ? detach(packed, partitionBytes) : await decompress(compression, packed, budget),
  };
  checkRecords(decoded);
  return decoded;
}

/**
 * The data that a `read_committed` consumer may see: no markers, nothing of an aborted transaction. The producer id
 * identifies such a transaction; it begins at its first offset and ends with its abort marker.
 */
export function committedBatches({ batches, aborted }: FetchedPartition): StoredBatch[] {
  const starts = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  let next = 0;
  return batches.filter((batch) => {
    for (
      let start = starts[next];
      start !== undefined && start.firstOffset <= batch.lastOffset;
      start = starts[++next]
    ) {
      open.add(start.producerId);
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) {
        open.delete(batch.producerId);
      }
      return false;
    }
    return !(batch.isTransactional && open.has(batch.producerId));
  });
}

/** Offset after everything that was answered; `fetchOffset` if nothing was. */
export const endOffset = ({ batches }: FetchedPartition, fetchOffset: number): number =>
  Math.max(fetchOffset, (batches.at(-1)?.lastOffset ?? -1) + 1);

class ResponseReader {
  at = 0;

  constructor(readonly buffer: Buffer) {}

  int16(): number {
    return this.buffer.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.at += 4) - 4);
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE((this.at += 8) - 8);
  }

  string(): string {
    const length = this.int16();
    return this.buffer.toString('utf8', this.at, (this.at += Math.max(0, length)));
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    return this.buffer.subarray(this.at, (this.at += length));
  }
}
