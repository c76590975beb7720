/** The index of a block in its packed form, see {@link Block}. */
import { type Block, type BlockEvent, BlockSum, type BlockTotals, withTotals } from './block.ts';

/** The block contradicts itself. The writer never applies a part of it. */
export class MalformedBlockError extends Error {
  readonly code = 'malformed_block';
}

const MAX_VARINT_BYTES = 8;

/** Writes unsigned integers below 2^53 as LEB128. */
const writeVarint = (target: Buffer, at: number, value: number): number => {
  while (value > 127) {
    target[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  target[at++] = value;
  return at;
};

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
/** The first append time of a block takes more than 32 bits, and the remainder of such a number takes a call. */
const unzigzag = (value: number): number =>
  value < 2 ** 31 ? (value >>> 1) ^ -(value & 1) : value % 2 === 0 ? value / 2 : -(value + 1) / 2;

/** Numbers of an event, apart from the places of what was refused. */
const NUMBERS_OF_EVENT = 5;
const FIRST_INDEX_BYTES = 64 * 1024;

/** Indexes of blocks that have them packed. */
const packed = new WeakMap<Block, Buffer>();

/**
 * The index of a block under construction, packed as its value will have it and added up: an object per event, kept until
 * the block is encoded, is what the collector of garbage would copy most.
 */
export class PackedIndex {
  #coversFrom: number;
  #buffer = Buffer.allocUnsafe(FIRST_INDEX_BYTES);
  #at = 0;
  #offset: number;
  #appendTime = 0;
  #sum = new BlockSum();

  constructor(coversFrom: number) {
    this.#coversFrom = coversFrom;
    this.#offset = coversFrom - 1;
  }

  get events(): number {
    return this.#sum.events;
  }

  /** Until the next event is added. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  /** @param refused ascending, as in {@link BlockEvent} */
  add(offset: number, appendTime: number, bytes: number, elements: number, refused: readonly number[]): void {
    const needed = this.#at + (NUMBERS_OF_EVENT + refused.length) * MAX_VARINT_BYTES;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#at);
      this.#buffer = larger;
    }
    const target = this.#buffer;
    let at = writeVarint(target, this.#at, offset - this.#offset);
    at = writeVarint(target, at, zigzag(appendTime - this.#appendTime));
    at = writeVarint(target, at, bytes);
    at = writeVarint(target, at, elements);
    at = writeVarint(target, at, refused.length);
    for (const place of refused) {
      at = writeVarint(target, at, place);
    }
    this.#at = at;
    this.#offset = offset;
    this.#appendTime = appendTime;
    this.#sum.add(offset, appendTime, elements, refused.length);
  }

  /** The block with this index, which it takes over; the next event opens the next block, from where this one ends. */
  take(block: Omit<Block, 'index' | 'coversFrom'>): Block {
    const indexed = withIndex({ ...block, coversFrom: this.#coversFrom }, Buffer.from(this.bytes));
    const whole = withTotals(indexed, this.#sum.totals());
    this.#coversFrom = block.coversTo;
    this.#offset = block.coversTo - 1;
    this.#at = 0;
    this.#appendTime = 0;
    this.#sum = new BlockSum();
    return whole;
  }
}

/** The block with an index that is unpacked when it is first asked for. */
export function withIndex(block: Omit<Block, 'index'>, bytes: Buffer): Block {
  let index: BlockEvent[] | undefined;
  const whole: Block = {
    ...block,
    get index() {
      if (index === undefined) {
        index = [];
        readIndex(bytes, block.coversFrom, index);
      }
      return index;
    },
  };
  packed.set(whole, bytes);
  return whole;
}

/** The index of a block as its value has it. */
export function packedIndexOf(block: Block): Buffer {
  const known = packed.get(block);
  if (known !== undefined) {
    return known;
  }
  const index = new PackedIndex(block.coversFrom);
  for (const event of block.index) {
    index.add(event.offset, event.appendTime, event.bytes, event.elements, event.refused);
  }
  return index.bytes;
}

const ends = new WeakMap<Pick<Block, 'payload'>, Int32Array>();

/** For the codec, which finds them while it checks the index. @returns the block */
export function withLineEnds(block: Block, lineEnds: Int32Array | undefined): Block {
  if (lineEnds !== undefined) {
    ends.set(block, lineEnds);
  }
  return block;
}

/**
 * Where each line of the payload ends, according to the index of a block just decoded; undefined if some event has more than
 * one, and for any other block. Nothing has looked at the payload yet.
 */
export const lineEndsOf = (block: Pick<Block, 'payload'>): Int32Array | undefined => ends.get(block);

/** Shared by the many events without a refusal. Never mutated. */
const NONE: number[] = [];

/**
 * Checks a packed index and sums it up.
 *
 * @param events where to put the events; without it none is made
 * @returns also the bytes of all events, the offset of the last one (`coversFrom - 1` without one), and where the lines end, if
 * no event has two
 */
export function readIndex(
  bytes: Buffer,
  coversFrom: number,
  events?: BlockEvent[],
): { totals: BlockTotals; bytes: number; last: number; lineEnds: Int32Array | undefined } {
  const reader = new IndexReader(bytes, coversFrom);
  reader.readEvents(events);
  return {
    totals: reader.sum.totals(),
    bytes: reader.payloadBytes,
    last: reader.offset,
    lineEnds: reader.lineEnds,
  };
}

/**
 * One event at a time, in a loop that nothing follows: V8 compiles a long loop while it runs, without what it has not met
 * yet, and would drop that again where the loop ends.
 */
class IndexReader {
  readonly sum = new BlockSum();
  /** Of the last event; before the first, the one before the block. */
  offset: number;
  payloadBytes = 0;
  readonly #bytes: Buffer;
  readonly #lineEnds: Int32Array;
  #lines = 0;
  #hasMoreLines = false;
  #at = 0;
  #appendTime = 0;

  constructor(bytes: Buffer, coversFrom: number) {
    this.#bytes = bytes;
    this.#lineEnds = new Int32Array(Math.floor(bytes.length / NUMBERS_OF_EVENT));
    this.offset = coversFrom - 1;
  }

  get lineEnds(): Int32Array | undefined {
    return this.#hasMoreLines ? undefined : this.#lineEnds.subarray(0, this.#lines);
  }

  readEvents(events: BlockEvent[] | undefined): void {
    const { length } = this.#bytes;
    while (this.#at < length) {
      this.#readEvent(events);
    }
  }

  #readEvent(events: BlockEvent[] | undefined): void {
    const step = this.#number();
    if (step < 1) {
      throw new MalformedBlockError('block index offsets do not ascend');
    }
    this.offset += step;
    this.#appendTime += unzigzag(this.#number());
    const bytes = this.#number();
    const elements = this.#number();
    const refusedCount = this.#number();
    const refused = refusedCount === 0 ? NONE : this.#places(refusedCount, elements, events !== undefined);
    this.sum.add(this.offset, this.#appendTime, elements, refusedCount);
    this.payloadBytes += bytes;
    const lines = Math.max(1, elements) - refusedCount;
    if (lines > 0) {
      this.#lineEnds[this.#lines++] = this.payloadBytes;
      this.#hasMoreLines ||= lines > 1;
    }
    events?.push({ offset: this.offset, appendTime: this.#appendTime, bytes, elements, refused });
  }

  /** Checks the places of refused elements, which a damaged block may announce by the billion. */
  #places(count: number, elements: number, isKept: boolean): number[] {
    const places: number[] = [];
    for (let left = count; left > 0; left--) {
      const place = this.#number();
      if (place >= Math.max(1, elements)) {
        throw new MalformedBlockError('block index names an element that does not exist');
      }
      if (isKept) {
        places.push(place);
      }
    }
    return places;
  }

  #number(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[this.#at++];
      if (byte === undefined || scale > 2 ** 49) {
        throw new MalformedBlockError('block index ends inside a number');
      }
      value += (byte & 127) * scale;
      if (byte < 128) {
        return value;
      }
      scale *= 128;
    }
  }
}
