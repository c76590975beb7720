import {
  type Block,
  BLOCK_PAYLOAD_TARGET_BYTES,
  type BlockEvent,
  encodeCopyField,
  encodeCopyText,
  formatTime,
  MAX_BLOCK_EVENTS,
  MAX_BLOCK_LETTER_BYTES,
  MAX_BLOCK_ROWS,
  type PayloadKind,
  type Replay,
} from '@chip/contracts';
import type { SampleRow } from '@chip/classify';

const HOUR_US = 3_600_000_000;
/** Shared by the many events without a refusal. */
const NO_REFUSALS: readonly number[] = [];

/** Roll-up of one (hour, service, metric, host) within a block: a line of `metrics_delta`. */
interface Delta {
  sum: number;
  count: number;
  min: number;
  max: number;
}

/**
 * Deltas of one hour by host, service and metric. Maps within maps, because putting a text together to look it up in one
 * map costs three times as much per row.
 */
type HourDeltas = Map<string | null, Map<string, Map<string, Delta>>>;

/**
 * Builds blocks of one fetch of one source partition: rows, index, covered range, roll-up deltas.
 * No state survives the fetch: batching comes from the consumer's fetch size, never from a timer.
 */
export class BlockCutter {
  readonly #topic: string;
  readonly #partition: number;
  readonly #kind: PayloadKind;
  #coversFrom: number;
  #index: BlockEvent[] = [];
  #buffer = Buffer.allocUnsafe(BLOCK_PAYLOAD_TARGET_BYTES + 64 * 1024);
  #length = 0;
  #rows = 0;
  #minUs = Infinity;
  #maxUs = -Infinity;
  #deltas = new Map<number, HourDeltas>();
  #replays: Map<number, Replay> | undefined;
  #letterBytes = 0;
  // The event being read.
  #eventFrom = 0;
  #eventRefused: number[] | undefined;

  constructor(topic: string, partition: number, kind: PayloadKind, coversFrom: number) {
    this.#topic = topic;
    this.#partition = partition;
    this.#kind = kind;
    this.#coversFrom = coversFrom;
  }

  /** One accepted sample of the current record: its COPY line for `system_metrics`, and its share of the roll-up. */
  addSample(row: SampleRow): void {
    const service = encodeCopyText(row.service);
    const metric = encodeCopyText(row.metric);
    const host = encodeCopyField(row.host);
    const tags = encodeCopyField(row.tags);
    this.#write(
      `${row.time ?? formatTime(row.timeUs)}\t${service}\t${metric}\t${row.value}\t${tags}\t${host}\n`,
      row.timeUs,
    );
    this.#addToDelta(row);
  }

  #addToDelta({ timeUs, service, metric, value, host }: SampleRow): void {
    const hour = Math.floor(timeUs / HOUR_US);
    let hosts = this.#deltas.get(hour);
    if (hosts === undefined) this.#deltas.set(hour, (hosts = new Map()));
    let services = hosts.get(host);
    if (services === undefined) hosts.set(host, (services = new Map()));
    let metrics = services.get(service);
    if (metrics === undefined) services.set(service, (metrics = new Map()));
    const delta = metrics.get(metric);
    if (delta === undefined) {
      metrics.set(metric, { sum: value, count: 1, min: value, max: value });
      return;
    }
    delta.sum += value;
    delta.count++;
    if (value < delta.min) delta.min = value;
    if (value > delta.max) delta.max = value;
  }

  /** The accepted inspection of the current record, as a JSON line. */
  addLine(line: string, timeUs: number): void {
    this.#write(`${line}\n`, timeUs);
  }

  /**
   * An element of the current record became a dead letter of `letterBytes`, which its sender keeps until the block is cut;
   * `place` is its index in an array.
   */
  addRefusal(letterBytes: number, place = 0): void {
    (this.#eventRefused ??= []).push(place);
    this.#letterBytes += letterBytes;
  }

  /**
   * Ends the current record; `elements` is the length of its array, 0 when it is none; `replay` tells that it was
   * published again from a dead letter.
   * Returns true when the block is full and must be cut before the next record.
   */
  endRecord(offset: number, appendTime: number, elements: number, replay?: Replay): boolean {
    if (replay !== undefined) (this.#replays ??= new Map()).set(offset, replay);
    this.#index.push({
      offset,
      appendTime,
      bytes: this.#length - this.#eventFrom,
      elements,
      refused: this.#eventRefused ?? NO_REFUSALS,
    });
    this.#eventFrom = this.#length;
    this.#eventRefused = undefined;
    return (
      this.#rows >= MAX_BLOCK_ROWS ||
      this.#length >= BLOCK_PAYLOAD_TARGET_BYTES ||
      this.#index.length >= MAX_BLOCK_EVENTS ||
      this.#letterBytes >= MAX_BLOCK_LETTER_BYTES
    );
  }

  /** The block up to `coversTo` (exclusive); the next one begins there. */
  cut(coversTo: number): Block {
    const block: Block = {
      sourceTopic: this.#topic,
      sourcePartition: this.#partition,
      coversFrom: this.#coversFrom,
      coversTo,
      kind: this.#kind,
      index: this.#index,
      payload: Buffer.from(this.#buffer.subarray(0, this.#length)),
      deltas: Buffer.from(this.#deltaLines()),
      minTime: this.#rows === 0 ? null : formatTime(this.#minUs),
      maxTime: this.#rows === 0 ? null : formatTime(this.#maxUs),
      ...(this.#replays === undefined ? {} : { replays: this.#replays }),
    };
    this.#coversFrom = coversTo;
    this.#index = [];
    this.#length = 0;
    this.#rows = 0;
    this.#letterBytes = 0;
    this.#minUs = Infinity;
    this.#maxUs = -Infinity;
    this.#deltas = new Map();
    this.#replays = undefined;
    this.#eventFrom = 0;
    return block;
  }

  #deltaLines(): string {
    let lines = '';
    for (const [hour, hosts] of this.#deltas) {
      const bucket = formatTime(hour * HOUR_US);
      for (const [host, services] of hosts) {
        const hostField = encodeCopyField(host);
        for (const [service, metrics] of services) {
          const serviceField = encodeCopyText(service);
          for (const [metric, { sum, count, min, max }] of metrics)
            lines += `${bucket}\t${serviceField}\t${encodeCopyText(metric)}\t${hostField}\t${sum}\t${count}\t${min}\t${max}\n`;
        }
      }
    }
    return lines;
  }

  #write(line: string, timeUs: number): void {
    // Three bytes is the most that one UTF-16 unit takes in UTF-8.
    const needed = this.#length + line.length * 3;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#length += this.#buffer.write(line, this.#length);
    this.#rows++;
    if (timeUs < this.#minUs) this.#minUs = timeUs;
    if (timeUs > this.#maxUs) this.#maxUs = timeUs;
  }
}
