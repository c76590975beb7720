/** Encodes records as a record batch with as few copies as there can be: each value is copied once, then compressed. */
import { crc32c } from '@node-rs/crc32';
import { CHECKSUM_END, HEADER_BYTES, LENGTH_END } from './batch-layout.ts';
import { CODECS, COMPRESSIONS, type Compression } from './codecs.ts';

type Content = Buffer | string | null;

export interface BatchRecord {
  readonly key?: Content;
  /** Several buffers are one value, joined. */
  readonly value: Content | readonly Buffer[];
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[]>>;
}

/** A record batch as the broker stores it: `head`, then `records`. */
export interface EncodedBatch {
  readonly head: Buffer;
  readonly records: Buffer;
}

const MAX_VARINT_BYTES = 5;
/** Of a record, beyond key, value and headers: its length, attributes, both deltas, and three lengths. */
const RECORD_OVERHEAD_BYTES = 7 * MAX_VARINT_BYTES;

/**
 * What was compressed from, for the next batches: each allocation counts as pressure on the heap, and 64 MiB of them make
 * V8 mark all live objects once more. As many as batches that were ever compressed at once, but none that is unusually large.
 */
const SPARE: Buffer[] = [];
const SPARE_BYTES = 1536 * 1024;

/**
 * Encodes a batch of one or more records without a producer id. Takes its copy before it returns: what `records` point to
 * may change afterwards.
 */
export async function encodeBatch(
  records: readonly BatchRecord[],
  compression: Compression,
  nowMs: number,
): Promise<EncodedBatch> {
  const bound = boundOf(records);
  if (compression === 'none') {
    const target = new RecordWriter(Buffer.allocUnsafe(bound));
    writeRecords(target, records);
    return withHead(target.written(), records.length, compression, nowMs);
  }
  const room = bound <= SPARE_BYTES ? (SPARE.pop() ?? Buffer.allocUnsafe(SPARE_BYTES)) : Buffer.allocUnsafe(bound);
  try {
    const target = new RecordWriter(room);
    writeRecords(target, records);
    const packed = await CODECS[compression].compress({ buffer: target.written() });
    return withHead(packed, records.length, compression, nowMs);
  } finally {
    if (room.length === SPARE_BYTES) {
      SPARE.push(room);
    }
  }
}

function withHead(records: Buffer, count: number, compression: Compression, nowMs: number): EncodedBatch {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeInt32BE(HEADER_BYTES - LENGTH_END + records.length, 8);
  // The format.
  head.writeInt8(2, 16);
  head.writeInt16BE(COMPRESSIONS.indexOf(compression), 21);
  head.writeInt32BE(count - 1, 23);
  head.writeBigInt64BE(BigInt(nowMs), 27);
  head.writeBigInt64BE(BigInt(nowMs), 35);
  // No producer id, epoch or sequence.
  head.fill(0xff, 43, 57);
  head.writeInt32BE(count, 57);
  head.writeUInt32BE(crc32c(records, crc32c(head.subarray(CHECKSUM_END))), CHECKSUM_END - 4);
  return { head, records };
}

const sizeOf = (content: Content): number => (content === null ? 0 : Buffer.byteLength(content));
const piecesOf = (value: BatchRecord['value']): readonly Content[] =>
  Array.isArray(value) ? (value as readonly Buffer[]) : [value as Content];

/** At least as many bytes as the records take. */
function boundOf(records: readonly BatchRecord[]): number {
  let bound = 0;
  for (const { key, value, headers } of records) {
    bound += RECORD_OVERHEAD_BYTES + sizeOf(key ?? null);
    for (const piece of piecesOf(value)) {
      bound += sizeOf(piece);
    }
    forEachHeader(headers, (name, content) => {
      bound += 2 * MAX_VARINT_BYTES + Buffer.byteLength(name) + sizeOf(content);
    });
  }
  return bound;
}

/** A record may have a million headers of one name: no list of them is built. */
function forEachHeader(
  headers: BatchRecord['headers'] = {},
  visit: (name: string, content: Buffer | string) => void,
): void {
  for (const [name, content] of Object.entries(headers)) {
    for (const one of Array.isArray(content) ? content : [content as Buffer | string]) {
      visit(name, one);
    }
  }
}

function writeRecords(target: RecordWriter, records: readonly BatchRecord[]): void {
  records.forEach(({ key = null, value, headers }, number) => {
    const pieces = piecesOf(value);
    const valueBytes = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
    let bytes = 2 + varintBytes(number) + lengthBytes(key) + sizeOf(key) + valueBytes;
    bytes += value === null ? varintBytes(-1) : varintBytes(valueBytes);
    let count = 0;
    forEachHeader(headers, (name, content) => {
      bytes += lengthBytes(name) + Buffer.byteLength(name) + lengthBytes(content) + sizeOf(content);
      count++;
    });
    bytes += varintBytes(count);
    target.varint(bytes);
    // Attributes, and how much later than the batch.
    target.varint(0);
    target.varint(0);
    target.varint(number);
    target.field(key);
    target.varint(value === null ? -1 : valueBytes);
    for (const piece of pieces) {
      target.bytes(piece);
    }
    target.varint(count);
    forEachHeader(headers, (name, content) => {
      target.field(name);
      target.field(content);
    });
  });
}

const zigzag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0;

/** Length of a number from -2^31 to 2^31 - 1. */
function varintBytes(value: number): number {
  let left = zigzag(value);
  let bytes = 1;
  while (left > 0x7f) {
    left >>>= 7;
    bytes++;
  }
  return bytes;
}

/** Length of the length of a content. */
const lengthBytes = (content: Content): number => varintBytes(content === null ? -1 : sizeOf(content));

class RecordWriter {
  #at = 0;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  written(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  varint(value: number): void {
    let left = zigzag(value);
    while (left > 0x7f) {
      this.#buffer[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#buffer[this.#at++] = left;
  }

  bytes(content: Content): void {
    if (typeof content === 'string') {
      this.#at += this.#buffer.write(content, this.#at);
    } else if (content !== null) {
      this.#at += content.copy(this.#buffer, this.#at);
    }
  }

  field(content: Content): void {
    this.varint(content === null ? -1 : sizeOf(content));
    this.bytes(content);
  }
}
