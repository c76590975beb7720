/** Records of a fetch, decoded during iteration. */
import { LAST_MS } from '@chip/contracts';
import { UndecodableBatchError } from './codecs.ts';
import type { KafkaRecord, RecordHeaders, Records } from './kafka-record.ts';

/** A record batch as the broker stores it, decompressed. Layout: https://kafka.apache.org/documentation/#recordbatch */
export interface StoredBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Number of records. */
  readonly count: number;
  /** Base of the records' timestamps, in ms. */
  readonly firstTimestamp: number;
  /** The broker's append time, which applies to every record; null if the producer's times apply. */
  readonly appendTimestamp: number | null;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** A transaction marker, not data. */
  readonly isControl: boolean;
  /** The records, one after the other. */
  readonly bytes: Buffer;
}

/**
 * Records of one partition in one fetch, in offset order. Iteration decodes each record and forgets it: an object per
 * record that lives as long as its fetch keeps the garbage collector busier than all other work.
 */
export class RecordSet implements Records {
  readonly length: number;
  readonly hasProducerTimes: boolean;
  readonly #batches: readonly StoredBatch[];
  readonly #fromOffset: number;

  /** @param fromOffset records before it are omitted: a broker never cuts a batch at its front. */
  constructor(batches: readonly StoredBatch[], fromOffset: number) {
    this.#batches = batches;
    this.#fromOffset = fromOffset;
    let length = 0;
    for (const batch of batches) {
      if (batch.firstOffset >= fromOffset) {
        length += batch.count;
      } else {
        const records = new BatchReader(batch);
        for (let record = records.read(); record !== undefined; record = records.read()) {
          if (record.offset >= fromOffset) {
            length++;
          }
        }
      }
    }
    this.length = length;
    this.hasProducerTimes = batches.some(({ appendTimestamp }) => appendTimestamp === null);
  }

  [Symbol.iterator](): Iterator<KafkaRecord, undefined, undefined> {
    return new RecordIterator(this.#batches, this.#fromOffset);
  }
}

/**
 * Not a generator: a batch went through two of them, each with a result object per record.
 * The result is one object, too; `for … of` and spreading read it before they ask for the next.
 */
class RecordIterator implements Iterator<KafkaRecord, undefined, undefined> {
  readonly #batches: readonly StoredBatch[];
  readonly #fromOffset: number;
  readonly #result: { done: boolean; value: KafkaRecord | undefined } = { done: false, value: undefined };
  #next = 0;
  #records: BatchReader | undefined;

  constructor(batches: readonly StoredBatch[], fromOffset: number) {
    this.#batches = batches;
    this.#fromOffset = fromOffset;
  }

  next(): IteratorResult<KafkaRecord, undefined> {
    const result = this.#result;
    for (;;) {
      const record = this.#records?.read();
      if (record === undefined) {
        const batch = this.#batches[this.#next++];
        if (batch === undefined) {
          this.#records = undefined;
          result.done = true;
          result.value = undefined;
          return result as IteratorResult<KafkaRecord, undefined>;
        }
        this.#records = new BatchReader(batch);
      } else if (record.offset >= this.#fromOffset) {
        result.value = record;
        return result as IteratorResult<KafkaRecord, undefined>;
      }
    }
  }
}

/** Of one record: a few hundred kilobytes may unpack to millions of headers, which take gigabytes as objects. */
const MAX_HEADERS = 200_000;
const CUT = new WeakSet<RecordHeaders>();
/** Whether the record has more headers than these, because only so many are read. */
export const areHeadersCut = (headers: RecordHeaders): boolean => CUT.has(headers);

const NO_HEADERS: RecordHeaders = Object.freeze(Object.create(null) as Record<string, Buffer>);
const EMPTY = Buffer.alloc(0);

/** A record whose buffers are made when they are asked for: most values are read in place, and hardly any key is. */
export class StoredRecord implements KafkaRecord {
  /** @param bytes hold key and value at these places; an end of -1 means null */
  constructor(
    readonly offset: number,
    readonly timestamp: number,
    readonly headers: RecordHeaders,
    readonly bytes: Buffer,
    readonly keyFrom: number,
    readonly keyTo: number,
    readonly valueFrom: number,
    readonly valueTo: number,
  ) {}

  get key(): Buffer | null {
    return this.keyTo < 0 ? null : this.bytes.subarray(this.keyFrom, this.keyTo);
  }

  get value(): Buffer | null {
    return this.valueTo < 0 ? null : this.bytes.subarray(this.valueFrom, this.valueTo);
  }
}

/** Reads the records of a batch that passed {@link checkRecords}. */
class BatchReader {
  readonly #batch: StoredBatch;
  readonly #reader: RecordReader;
  #left: number;

  constructor(batch: StoredBatch) {
    this.#batch = batch;
    this.#reader = new RecordReader(batch.bytes);
    this.#left = batch.count;
  }

  /** @returns undefined behind the last one */
  read(): StoredRecord | undefined {
    if (this.#left <= 0) {
      return undefined;
    }
    this.#left--;
    const batch = this.#batch;
    const reader = this.#reader;
    reader.varint();
    // Attributes: none of the bits has a meaning yet.
    reader.at++;
    const timestamp = batch.firstTimestamp + reader.varlong();
    const offset = batch.firstOffset + reader.varint();
    const keyLength = reader.skip();
    const keyTo = reader.at;
    const valueLength = reader.skip();
    const valueTo = reader.at;
    const headers = reader.headers();
    return new StoredRecord(
      offset,
      // A producer may send any int64. What no date can hold cannot be written everywhere, nor its distance from another time.
      batch.appendTimestamp ?? Math.min(Math.max(timestamp, 0), LAST_MS),
      headers,
      batch.bytes,
      keyTo - keyLength,
      keyLength < 0 ? -1 : keyTo,
      valueTo - valueLength,
      valueLength < 0 ? -1 : valueTo,
    );
  }
}

/**
 * Checks the records of a batch without creating any.
 *
 * @throws UndecodableBatchError when a length in them does not fit
 */
export function checkRecords({ bytes, count }: StoredBatch): void {
  const reader = new RecordReader(bytes);
  for (let left = count; left > 0; left--) {
    const length = reader.varint();
    const end = reader.at + length;
    if (length < 0 || end > bytes.length) {
      throw new UndecodableBatchError('a record reaches beyond its batch');
    }
    reader.at++;
    reader.varlong();
    reader.varint();
    reader.skip();
    reader.skip();
    let headers = reader.varint();
    // A header takes at least two bytes: refuse a huge count claimed by few bytes instead of counting it down.
    if (headers < 0 || headers > length) {
      throw new UndecodableBatchError('a record has an impossible number of headers');
    }
    for (; headers > 0; headers--) {
      if (reader.skip() < 0) {
        throw new UndecodableBatchError('a header has no name');
      }
      reader.skip();
    }
    if (reader.at !== end) {
      throw new UndecodableBatchError('a record is not as long as it says');
    }
  }
}

/** Whether a transaction marker ends its transaction by abort. Key: version, then type (0 abort, 1 commit), two bytes each. */
export function isAbortMarker(batch: StoredBatch): boolean {
  const marker = new BatchReader(batch).read();
  return marker?.key != null && marker.key.length >= 4 && marker.key.readInt16BE(2) === 0;
}

class RecordReader {
  at = 0;

  constructor(readonly buffer: Buffer) {}

  /** Zigzag varint of 32 bits. */
  varint(): number {
    let byte = this.buffer[this.at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.buffer[this.at++]!;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag varint of 64 bits, as a float: exact within 2^53. */
  varlong(): number {
    let byte = this.buffer[this.at++]!;
    let value = byte & 0x7f;
    for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
      byte = this.buffer[this.at++]!;
      value += (byte & 0x7f) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Length-prefixed bytes; null for a negative length. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) {
      return null;
    }
    // A record may hold a million empty headers: they share one buffer.
    if (length === 0) {
      return EMPTY;
    }
    const start = this.at;
    this.at += length;
    return this.buffer.subarray(start, this.at);
  }

  /** Skips length-prefixed bytes. @returns the length */
  skip(): number {
    const length = this.varint();
    if (length < -1 || this.at + length > this.buffer.length) {
      throw new UndecodableBatchError('a field reaches beyond its record');
    }
    if (length > 0) {
      this.at += length;
    }
    return length;
  }

  /** Headers in an object without prototype, so that one named `constructor` is a header like any other. */
  headers(): RecordHeaders {
    const count = this.varint();
    if (count === 0) {
      return NO_HEADERS;
    }
    const headers = Object.create(null) as Record<string, Buffer | Buffer[]>;
    for (let left = count; left > 0; left--) {
      if (count - left >= MAX_HEADERS) {
        CUT.add(headers);
        this.skip();
        this.skip();
        continue;
      }
      const length = this.varint();
      const name = this.buffer.toString('utf8', this.at, (this.at += length));
      const value = this.bytes() ?? EMPTY;
      const earlier = headers[name];
      if (earlier === undefined) {
        headers[name] = value;
      } else if (Array.isArray(earlier)) {
        earlier.push(value);
      } else {
        headers[name] = [earlier, value];
      }
    }
    return headers;
  }
}
