import {
  type Block,
  BLOCK_PAYLOAD_TARGET_BYTES,
  encodeCopyField,
  encodeCopyText,
  formatTime,
  MAX_BLOCK_EVENTS,
  MAX_BLOCK_LETTER_BYTES,
  MAX_BLOCK_ROWS,
  PackedIndex,
  type PayloadKind,
  type Replay,
} from '@chip/contracts';
import type { LineRoom, SampleRow, TemplateReader } from '@chip/classify';
import { RollupTable } from './rollup-table.ts';

const TAB = 9;
const NEWLINE = 10;
/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_UNIT_BYTES = 3;
/** Most bytes of a replayed event in the header `replays`, without the key of its letter: two numbers. */
const REPLAY_BYTES = 32;
const NO_ROOM = Buffer.alloc(0);
const ROOM_BYTES = BLOCK_PAYLOAD_TARGET_BYTES + 64 * 1024;
/** Of cutters that are done: one more at most than partitions that were ever read at once, so that no fetch allocates its own. */
const SPARE: Buffer[] = [];
/** Shared by the many events without a refusal. */
const NO_REFUSALS: readonly number[] = [];

/**
 * Builds the blocks of one fetch of one source partition: rows, index, covered range, roll-up deltas.
 * Nothing outlives the fetch: its size decides how much is batched, never a timer.
 */
export class BlockCutter implements LineRoom {
  readonly #topic: string;
  readonly #partition: number;
  readonly #kind: PayloadKind;
  readonly #index: PackedIndex;
  #buffer = SPARE.pop() ?? Buffer.allocUnsafe(ROOM_BYTES);
  #length = 0;
  #rows = 0;
  #minUs = Infinity;
  #maxUs = -Infinity;
  readonly #rollup = new RollupTable();
  #replays: Map<number, Replay> | undefined;
  /** Bytes of dead letters and of the header `replays`. */
  #letterBytes = 0;
  // The event being read.
  #eventFrom = 0;
  #eventRefused: number[] | undefined;

  constructor(topic: string, partition: number, kind: PayloadKind, coversFrom: number) {
    this.#topic = topic;
    this.#partition = partition;
    this.#kind = kind;
    this.#index = new PackedIndex(coversFrom);
  }

  get buffer(): Buffer {
    return this.#buffer;
  }

  get length(): number {
    return this.#length;
  }

  reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
  }

  /** Adds an accepted sample of the current record: its COPY line for `system_metrics` and its share of the roll-up. */
  addSample(row: SampleRow): void {
    const { timeUs, value } = row;
    const time = row.time ?? formatTime(timeUs);
    const name = `${encodeCopyText(row.service)}\t${encodeCopyText(row.metric)}`;
    const middle = `\t${value}\t${encodeCopyField(row.tags)}\t`;
    const host = encodeCopyField(row.host);
    this.reserve((time.length + name.length + middle.length + host.length + 2) * MAX_UNIT_BYTES);
    const buffer = this.#buffer;
    let at = this.#length;
    at += buffer.write(time, at, 'latin1');
    buffer[at++] = TAB;
    const nameFrom = at;
    at += buffer.write(name, at);
    const nameTo = at;
    at += buffer.write(middle, at);
    const hostFrom = at;
    at += buffer.write(host, at);
    this.#rollup.add(buffer, nameFrom, nameTo, hostFrom, at, timeUs, value);
    buffer[at++] = NEWLINE;
    this.#length = at;
    this.#count(timeUs);
  }

  /** Adds the samples of the current record that `reader` has read into the room behind the rows. */
  addRead({ count, end, spans, timeUs, value }: TemplateReader): void {
    for (let i = 0; i < count; i++) {
      this.#rollup.add(
        this.#buffer,
        spans[i * 4]!,
        spans[i * 4 + 1]!,
        spans[i * 4 + 2]!,
        spans[i * 4 + 3]!,
        timeUs[i]!,
        value[i]!,
      );
      this.#count(timeUs[i]!);
    }
    this.#length = end;
  }

  /** Adds the accepted inspection of the current record, as a JSON line. */
  addLine(line: string, timeUs: number): void {
    this.reserve(line.length * MAX_UNIT_BYTES + 1);
    this.#length += this.#buffer.write(line, this.#length);
    this.#buffer[this.#length++] = NEWLINE;
    this.#count(timeUs);
  }

  /**
   * Counts an element of the current record that became a dead letter of `letterBytes`, which the sender keeps until
   * the block is cut; `place` is its index in the array.
   */
  addRefusal(letterBytes: number, place = 0): void {
    (this.#eventRefused ??= []).push(place);
    this.#letterBytes += letterBytes;
  }

  /**
   * Ends the current record. `elements` is the length of its array, 0 if it is not an array; `replay` is set if it was
   * published again from a dead letter.
   * @returns whether the block is full and must be cut before the next record
   */
  endRecord(offset: number, appendTime: number, elements: number, replay?: Replay): boolean {
    if (replay !== undefined) {
      (this.#replays ??= new Map()).set(offset, replay);
      this.#letterBytes += REPLAY_BYTES + Buffer.byteLength(JSON.stringify(replay.of));
    }
    this.#index.add(offset, appendTime, this.#length - this.#eventFrom, elements, this.#eventRefused ?? NO_REFUSALS);
    this.#eventFrom = this.#length;
    this.#eventRefused = undefined;
    return (
      this.#rows >= MAX_BLOCK_ROWS ||
      this.#length >= BLOCK_PAYLOAD_TARGET_BYTES ||
      this.#index.events >= MAX_BLOCK_EVENTS ||
      this.#letterBytes >= MAX_BLOCK_LETTER_BYTES
    );
  }

  /**
   * Cuts the block up to `coversTo` (exclusive); the next one begins there, and takes the room of its payload: encode the
   * block before anything is added.
   *
   * @param about what else its headers say
   */
  cut(coversTo: number, about: Pick<Block, 'sourceTopicId' | 'judgedBy'> = {}): Block {
    const block = this.#index.take({
      ...about,
      sourceTopic: this.#topic,
      sourcePartition: this.#partition,
      coversTo,
      kind: this.#kind,
      payload: this.#buffer.subarray(0, this.#length),
      deltas: this.#rollup.lines(),
      minTime: this.#rows === 0 ? null : formatTime(this.#minUs),
      maxTime: this.#rows === 0 ? null : formatTime(this.#maxUs),
      ...(this.#replays === undefined ? {} : { replays: this.#replays }),
    });
    this.#length = 0;
    this.#rows = 0;
    this.#letterBytes = 0;
    this.#minUs = Infinity;
    this.#maxUs = -Infinity;
    this.#rollup.clear();
    this.#replays = undefined;
    this.#eventFrom = 0;
    return block;
  }

  /** Leaves the buffer to the next cutter. The blocks that were cut must be encoded by now. */
  close(): void {
    if (this.#buffer.length === ROOM_BYTES) {
      SPARE.push(this.#buffer);
    }
    this.#buffer = NO_ROOM;
    this.#length = 0;
  }

  #count(timeUs: number): void {
    this.#rows++;
    if (timeUs < this.#minUs) {
      this.#minUs = timeUs;
    }
    if (timeUs > this.#maxUs) {
      this.#maxUs = timeUs;
    }
  }
}
