/** The roll-up of one block: sum, count, least and greatest value of each (hour, service, metric, host). */
import { formatTime, sameBytes, viewOf } from '@chip/contracts';

const HOUR_US = 3_600_000_000;
const FIRST_GROUPS = 128;
const FIRST_KEY_BYTES = 4 * 1024;
/** Longest text of sum, count, min and max with their tabs: four numbers of at most 25 characters. */
const MAX_NUMBERS_BYTES = 4 * 26 + 1;

/**
 * Groups samples by bytes of their COPY lines, so that a sample needs neither a string nor an object. An
 * open-addressing table with linear probing points into arrays of groups, which keep the order of their first sample.
 */
export class RollupTable {
  #size = 0;
  /** Group number by slot, -1 where free; twice as many slots as groups, a power of two. */
  #slots = new Int32Array(FIRST_GROUPS * 2).fill(-1);
  #hash = new Int32Array(FIRST_GROUPS);
  #hour = new Float64Array(FIRST_GROUPS);
  #sum = new Float64Array(FIRST_GROUPS);
  #counts = new Float64Array(FIRST_GROUPS);
  #min = new Float64Array(FIRST_GROUPS);
  #max = new Float64Array(FIRST_GROUPS);
  /** Where a group's key begins, where its host begins, and where it ends, in `#keys`. */
  #from = new Int32Array(FIRST_GROUPS);
  #host = new Int32Array(FIRST_GROUPS);
  #to = new Int32Array(FIRST_GROUPS);
  #keys: Buffer = Buffer.allocUnsafe(FIRST_KEY_BYTES);
  #keysView = viewOf(this.#keys);
  #keysLength = 0;
  /** Which group last followed on each, -1 where none did: mostly the one that follows again, found without a hash. */
  #next = new Int32Array(FIRST_GROUPS).fill(-1);
  #last = -1;
  /** View of the buffer with the lines last seen. */
  #line: Buffer = this.#keys;
  #lineView = this.#keysView;

  /**
   * @param line buffer with the sample's COPY line
   * @param nameFrom,nameTo the bytes `service<tab>metric` of it
   * @param hostFrom,hostTo its host field, `\N` included
   */
  add(
    line: Buffer,
    nameFrom: number,
    nameTo: number,
    hostFrom: number,
    hostTo: number,
    timeUs: number,
    value: number,
  ): void {
    if (line !== this.#line) {
      this.#line = line;
      this.#lineView = viewOf(line);
    }
    const hour = Math.floor(timeUs / HOUR_US);
    const expected = this.#last < 0 ? -1 : this.#next[this.#last]!;
    if (expected >= 0 && this.#hour[expected] === hour && this.#isKey(expected, nameFrom, nameTo, hostFrom, hostTo)) {
      this.#last = expected;
      this.#count(expected, value);
      return;
    }
    const group = this.#find(line, nameFrom, nameTo, hostFrom, hostTo, hour);
    if (this.#last >= 0) {
      this.#next[this.#last] = group;
    }
    this.#last = group;
    this.#count(group, value);
  }

  #count(group: number, value: number): void {
    this.#sum[group]! += value;
    this.#counts[group]!++;
    if (value < this.#min[group]!) {
      this.#min[group] = value;
    }
    if (value > this.#max[group]!) {
      this.#max[group] = value;
    }
  }

  /** The group of a key, which it opens where there is none. */
  #find(line: Buffer, nameFrom: number, nameTo: number, hostFrom: number, hostTo: number, hour: number): number {
    let hash = hour | 0;
    for (let i = nameFrom; i < nameTo; i++) {
      hash = (Math.imul(hash, 31) + line[i]!) | 0;
    }
    for (let i = hostFrom; i < hostTo; i++) {
      hash = (Math.imul(hash, 31) + line[i]!) | 0;
    }
    // Multiplicative hashes have poor low bits.
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const group = this.#slots[slot]!;
      if (group < 0) {
        this.#slots[slot] = this.#size;
        return this.#open(line, nameFrom, nameTo, hostFrom, hostTo, hour, hash);
      }
      if (
        this.#hash[group] === hash &&
        this.#hour[group] === hour &&
        this.#isKey(group, nameFrom, nameTo, hostFrom, hostTo)
      ) {
        return group;
      }
    }
  }

  /** COPY lines of `metrics_delta`, one per group. */
  lines(): Buffer {
    const width = 28 + MAX_NUMBERS_BYTES + 2;
    const lines = Buffer.allocUnsafe(this.#size * width + this.#keysLength);
    let at = 0;
    let hour = NaN;
    let bucket = '';
    for (let group = 0; group < this.#size; group++) {
      if (this.#hour[group] !== hour) {
        hour = this.#hour[group]!;
        bucket = `${formatTime(hour * HOUR_US)}\t`;
      }
      at += lines.write(bucket, at, 'latin1');
      at += this.#keys.copy(lines, at, this.#from[group], this.#host[group]);
      lines[at++] = 9;
      at += this.#keys.copy(lines, at, this.#host[group], this.#to[group]);
      at += lines.write(
        `\t${this.#sum[group]!}\t${this.#counts[group]!}\t${this.#min[group]!}\t${this.#max[group]!}\n`,
        at,
        'latin1',
      );
    }
    return lines.subarray(0, at);
  }

  clear(): void {
    this.#size = 0;
    this.#keysLength = 0;
    this.#slots.fill(-1);
    this.#next.fill(-1);
    this.#last = -1;
  }

  #isKey(group: number, nameFrom: number, nameTo: number, hostFrom: number, hostTo: number): boolean {
    const from = this.#from[group]!;
    const host = this.#host[group]!;
    const nameBytes = nameTo - nameFrom;
    const hostBytes = hostTo - hostFrom;
    return (
      host - from === nameBytes &&
      this.#to[group]! - host === hostBytes &&
      sameBytes(this.#lineView, nameFrom, this.#keysView, from, nameBytes) &&
      sameBytes(this.#lineView, hostFrom, this.#keysView, host, hostBytes)
    );
  }

  #open(
    line: Buffer,
    nameFrom: number,
    nameTo: number,
    hostFrom: number,
    hostTo: number,
    hour: number,
    hash: number,
  ): number {
    const group = this.#size++;
    const from = this.#keysLength;
    const host = from + nameTo - nameFrom;
    const to = host + hostTo - hostFrom;
    if (to > this.#keys.length) {
      const larger = Buffer.allocUnsafe(Math.max(to, this.#keys.length * 2));
      this.#keys.copy(larger, 0, 0, from);
      this.#keys = larger;
      this.#keysView = viewOf(larger);
    }
    line.copy(this.#keys, from, nameFrom, nameTo);
    line.copy(this.#keys, host, hostFrom, hostTo);
    this.#keysLength = to;
    this.#hash[group] = hash;
    this.#hour[group] = hour;
    this.#sum[group] = 0;
    this.#counts[group] = 0;
    this.#min[group] = Infinity;
    this.#max[group] = -Infinity;
    this.#from[group] = from;
    this.#host[group] = host;
    this.#to[group] = to;
    if (this.#size === this.#hash.length) {
      this.#grow();
    }
    return group;
  }

  #grow(): void {
    const groups = this.#hash.length * 2;
    const grown = <T extends Int32Array | Float64Array>(array: T, larger: T): T => {
      larger.set(array);
      return larger;
    };
    this.#hash = grown(this.#hash, new Int32Array(groups));
    this.#from = grown(this.#from, new Int32Array(groups));
    this.#host = grown(this.#host, new Int32Array(groups));
    this.#to = grown(this.#to, new Int32Array(groups));
    this.#next = grown(this.#next, new Int32Array(groups).fill(-1));
    this.#hour = grown(this.#hour, new Float64Array(groups));
    this.#sum = grown(this.#sum, new Float64Array(groups));
    this.#counts = grown(this.#counts, new Float64Array(groups));
    this.#min = grown(this.#min, new Float64Array(groups));
    this.#max = grown(this.#max, new Float64Array(groups));
    this.#slots = new Int32Array(groups * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (let group = 0; group < this.#size; group++) {
      let slot = this.#hash[group]! & mask;
      while (this.#slots[slot]! >= 0) {
        slot = (slot + 1) & mask;
      }
      this.#slots[slot] = group;
    }
  }
}
