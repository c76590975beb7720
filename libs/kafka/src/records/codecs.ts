/** Compression codecs, with a bound on what they decompress to. */
import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdDecompress, type ZstdOptions } from 'node:zlib';
import kafkajs from 'kafkajs';
import { lendMemory } from './lent-memory.ts';

// Their machine code takes a process 15 ms to load, and most processes meet no such batch.
const lz4 = () => import('lz4-napi');
const snappy = () => import('snappy');

/** Compressions a Kafka producer may use. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** By their numbers in a record batch. */
export const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** A batch that cannot be read: damaged, or larger than allowed once decompressed. */
export class UndecodableBatchError extends Error {
  override readonly name = 'UndecodableBatchError';
  readonly isTooLarge: boolean;

  constructor(message: string, { isTooLarge = false, ...options }: ErrorOptions & { isTooLarge?: boolean } = {}) {
    super(message, options);
    this.isTooLarge = isTooLarge;
  }
}

/** The default, for the answer to one batch. */
const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

/**
 * What may still be decompressed, and what has been so far. A few kilobytes can expand to gigabytes, so everything that
 * one fetch decompresses, all batches together, stays within one budget.
 */
export class DecompressionBudget {
  compressedBytes = 0;
  decompressedBytes = 0;

  constructor(public remainingBytes = MAX_DECOMPRESSED_BYTES) {}

  get isUntouched(): boolean {
    return this.decompressedBytes === 0;
  }
}

/** In the form that kafkajs requires; its own calls come without a budget. */
interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(compressed: Buffer, budget?: DecompressionBudget): Promise<Buffer>;
}

/** Wraps a decompressor that stops at `limit` bytes (or refuses beforehand), so that it draws on the budget. */
function bounded(unpack: (compressed: Buffer, limit: number) => Promise<Buffer>): Codec['decompress'] {
  return async (compressed, budget = new DecompressionBudget()) => {
    if (budget.remainingBytes <= 0) {
      throw tooLarge(0);
    }
    let decompressed;
    try {
      decompressed = await unpack(compressed, budget.remainingBytes);
    } catch (error) {
      if (error instanceof UndecodableBatchError) {
        throw error;
      }
      throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
        ? tooLarge(budget.remainingBytes, error)
        : new UndecodableBatchError('the batch is damaged', { cause: error });
    }
    budget.remainingBytes -= decompressed.length;
    budget.decompressedBytes += decompressed.length;
    budget.compressedBytes += compressed.length;
    return decompressed;
  };
}

const tooLarge = (limit: number, cause?: unknown): UndecodableBatchError =>
  new UndecodableBatchError(`the batch decompresses to more than ${limit} bytes`, { isTooLarge: true, cause });

function refuseAbove(limit: number, size: number): void {
  if (size > limit) {
    throw tooLarge(limit);
  }
}

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);
const zstdCompressAsync = promisify(zstdCompress);
/** With `info` it also reports how much of the input the frame took. */
const zstdDecompressAsync = promisify(zstdDecompress) as unknown as (
  frame: Buffer,
  options: ZstdOptions & { info: true },
) => Promise<{ buffer: Buffer; engine: { bytesWritten: number } }>;

/** Node's default is 16 KiB, each a round trip to its thread pool: for a block of 400 KiB twice the CPU time. */
const UNPACKED_PIECE_BYTES = 64 * 1024;
/** Also room that is left over behind what is known to come: a piece that is full makes zlib ask for the next. */
const LEAST_PIECE_BYTES = 1024;
const unpacking = (limit: number) => ({ maxOutputLength: limit, chunkSize: UNPACKED_PIECE_BYTES });

const gzipCodec: Codec = {
  compress: ({ buffer }) => gzipAsync(buffer),
  decompress: bounded(async (compressed, limit) => lendMemory(await gunzipAsync(compressed, unpacking(limit)))),
};

const zstdCodec: Codec = {
  compress: ({ buffer }) =>
    zstdCompressAsync(buffer, {
      // Level 1: on blocks of COPY lines higher levels cost far more time than the bytes they save.
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
      // In one piece, as a rule: blocks shrink to a quarter or less.
      chunkSize: Math.max(LEAST_PIECE_BYTES, buffer.length >> 2),
      // Goes into the header of the frame, so that it is unpacked in one piece, too.
      pledgedSrcSize: buffer.length,
    }),
  decompress: bounded(async (compressed, limit) => {
    const pieces: Buffer[] = [];
    let left = limit;
    let rest = compressed;
    // Node unpacks only the first frame; brokers and the Java client continue with the next.
    do {
      if (pieces.length === MAX_FRAMES) {
        throw new UndecodableBatchError(`the batch has more than ${MAX_FRAMES} compressed frames`);
      }
      const size = zstdSize(rest);
      const chunkSize = size === undefined ? UNPACKED_PIECE_BYTES : size + LEAST_PIECE_BYTES;
      const options = { info: true, maxOutputLength: Math.max(1, left), chunkSize } as const;
      const { buffer, engine } = await zstdDecompressAsync(rest, options);
      refuseAbove(limit, limit - left + buffer.length);
      pieces.push(buffer);
      left -= buffer.length;
      rest = rest.subarray(engine.bytesWritten);
    } while (beginsFrame(rest));
    return lendMemory(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }),
};

/** Each frame costs a trip to the thread pool, and a client may end one with every record of a batch. */
const MAX_FRAMES = 1_000;
const ZSTD_MAGIC = 0xfd2fb528;
/** The first of the sixteen magic numbers of skippable frames (RFC 8878, section 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;

function beginsFrame(bytes: Buffer): boolean {
  if (bytes.length < 4) {
    return false;
  }
  const magic = bytes.readUInt32LE(0);
  return magic === ZSTD_MAGIC || (magic & 0xfffffff0) === SKIPPABLE_MAGIC;
}

/** What a frame claims beyond this is unpacked piece by piece, as if it claimed nothing. */
const MAX_PIECE_BYTES = 4 * 1024 * 1024;

/** What the header of a zstd frame says of its size unpacked (RFC 8878, section 3.1.1.1); undefined without, or for more. */
function zstdSize(frame: Buffer): number | undefined {
  if (frame.length < 18 || frame.readUInt32LE(0) !== ZSTD_MAGIC) {
    return undefined;
  }
  const flags = frame.readUInt8(4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][flags & 0x03]!;
  const sizes = [
    isSingleSegment ? frame.readUInt8(at) : Infinity,
    256 + frame.readUInt16LE(at),
    frame.readUInt32LE(at),
    Number(frame.readBigUInt64LE(at)),
  ];
  const size = sizes[flags >> 6] as number;
  return size <= MAX_PIECE_BYTES ? size : undefined;
}

/** Java clients frame snappy in their own way (xerial): this header, two version words, then length-prefixed chunks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 8;

const snappyCodec: Codec = {
  compress: async ({ buffer }) => Buffer.from(await (await snappy()).compress(buffer)),
  decompress: bounded(async (compressed, limit) => {
    const chunks = compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
      ? xerialChunks(compressed)
      : [compressed];
    // Snappy states its size up front, so refusing needs no decompression.
    refuseAbove(
      limit,
      chunks.reduce((sum, chunk) => sum + snappySize(chunk), 0),
    );
    const { uncompress } = await snappy();
    return Buffer.concat(await Promise.all(chunks.map(async (chunk) => (await uncompress(chunk)) as Buffer)));
  }),
};

function xerialChunks(compressed: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const start = at + 4;
    const end = start + compressed.readInt32BE(at);
    if (end <= start || end > compressed.length) {
      throw new UndecodableBatchError('the batch is damaged');
    }
    chunks.push(compressed.subarray(start, end));
    at = end;
  }
  return chunks;
}

/** Uncompressed size of a raw snappy chunk: the little-endian varint it begins with. */
function snappySize(chunk: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5; index++) {
    const byte = chunk[index];
    if (byte === undefined) {
      break;
    }
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      return size;
    }
  }
  throw new UndecodableBatchError('the batch is damaged');
}

const lz4Codec: Codec = {
  compress: async ({ buffer }) => (await lz4()).compressFrame(buffer),
  decompress: bounded(async (compressed, limit) => {
    refuseAbove(limit, lz4MaxSize(compressed));
    return (await lz4()).decompressFrame(compressed);
  }),
};

const LZ4_MAGIC = 0x184d2204;
/** One LZ4 byte expands to at most 255 others. */
const LZ4_MAX_RATIO = 255;

/**
 * Upper bound of what an LZ4 frame expands to, from its block headers: the package has no limit of its own. A block
 * yields at most the frame's block size and at most 255 times its own length.
 */
function lz4MaxSize(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== LZ4_MAGIC) {
    throw new UndecodableBatchError('the batch is damaged');
  }
  const flags = frame.readUInt8(4);
  const blockMaxBytes = 2 ** (8 + 2 * ((frame.readUInt8(5) >> 4) & 0x07));
  const checksumBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let size = 0;
  while (at + 4 <= frame.length) {
    const header = frame.readUInt32LE(at);
    if (header === 0) {
      return size;
    }
    const length = header & 0x7fffffff;
    size += header >>> 31 ? length : Math.min(blockMaxBytes, length * LZ4_MAX_RATIO);
    at += 4 + length + checksumBytes;
  }
  return size;
}

/** The codecs by name. */
export const CODECS: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
};

/** @throws UndecodableBatchError when the bytes are damaged or exceed `budget` */
export const decompress = (
  compression: Exclude<Compression, 'none'>,
  compressed: Buffer,
  budget?: DecompressionBudget,
): Promise<Buffer> => CODECS[compression].decompress(compressed, budget);

/** kafkajs keeps its codecs in one table per process. */
export function registerCodecs(): void {
  const table = kafkajs.CompressionCodecs as Record<number, () => Codec>;
  for (const [name, codec] of Object.entries(CODECS)) {
    table[COMPRESSIONS.indexOf(name as Compression)] = () => codec;
  }
}
