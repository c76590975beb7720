/**
 * Reads ordinary telemetry records without JSON.parse. Machines repeat one form of text, so the reader only parses its
 * slots and copies them, as bytes, into COPY lines.
 */
import {
  copyBytes,
  isTimePlausible,
  MAX_SAMPLES_PER_RECORD,
  MAX_TAGS_BYTES,
  sameBytes,
  TELEMETRY,
  viewOf,
} from '@chip/contracts';
import { cloudEventMajor } from './cloud-event.ts';
import { HOST, learnTemplate, type SampleTemplate, TAG_NUMBER, TAG_TEXT, TIME, VALUE } from './sample-template.ts';
import type { SourceRecord, TelemetryRules } from './telemetry.ts';
import { ValueReader } from './value-reader.ts';

/** Most templates that one process keeps. */
const MAX_TEMPLATES = 16;
/** Learns from one in this many records without a match, so that ever-changing forms do not cost more than they save. */
const LEARN_EVERY = 4;
const MAX_NAME = 100;
const NO_BYTES = Buffer.alloc(0);
/** Bytes that a line may need beyond those of its sample: tabs, line end, and `\N` twice. */
const LINE_OVERHEAD = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const UPPER_N = 0x4e;
const TAB = 9;
const NEWLINE = 10;

/** 1 for what may stand in a text between its quotes: printable ASCII without quote and backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 9 || byte === 10 || byte === 13;

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) {
    at++;
  }
  return at;
}

/** A record whose value lies among those of others, so that it needs no buffer of its own. */
interface ValueInBytes extends Pick<SourceRecord, 'headers'> {
  readonly bytes: Buffer;
  readonly valueFrom: number;
  /** Exclusive; -1 without a value. */
  readonly valueTo: number;
}

/** Where the lines of a record go: free space after the lines already written. */
export interface LineRoom {
  /** Ensures that `bytes` more fit; replaces `buffer` when they do not. */
  reserve(bytes: number): void;
  readonly buffer: Buffer;
  /** Where the free part of the buffer begins. */
  readonly length: number;
}

/**
 * Reads records by templates that it learns, and leaves anything unusual in form or content to the slow path. A match
 * accepts every sample and writes exactly the line that the slow path would write (a property test compares the two); no
 * match says nothing about the record.
 *
 * `room` holds the lines of the last match; `count` and the arrays describe them.
 */
export class TemplateReader {
  /** Samples of the last match. */
  count = 0;
  /** Whether the record was an array. */
  isArray = false;
  /** End of the last line in the buffer. */
  end = 0;
  /** Per sample, positions in the buffer: begin and end of `service<tab>metric`, begin and end of the host field. */
  readonly spans = new Int32Array(MAX_SAMPLES_PER_RECORD * 4);
  readonly timeUs = new Float64Array(MAX_SAMPLES_PER_RECORD);
  readonly value = new Float64Array(MAX_SAMPLES_PER_RECORD);

  readonly #templates: SampleTemplate[] = [];
  #misses = 0;
  // Slots of the sample being read.
  readonly #from = new Int32Array(64);
  readonly #to = new Int32Array(64);
  #value = 0;
  readonly #values = new ValueReader();
  // Views of the buffers last seen: records of a batch share theirs, and blocks take turns with a few.
  #bytes: Buffer = NO_BYTES;
  #view = viewOf(NO_BYTES);
  #room: Buffer = NO_BYTES;
  #roomView = viewOf(NO_BYTES);
  /** Headers that leave a record to templates; records without headers share one object. */
  #knownHeaders: SourceRecord['headers'] | undefined;

  /** Returns true when it accepts all samples of the record; their lines are then in `room`. */
  read(
    { headers, bytes, valueFrom: from, valueTo: to }: ValueInBytes,
    { timestamp, retentionMs }: TelemetryRules & Pick<SourceRecord, 'timestamp'>,
    room: LineRoom,
  ): boolean {
    if (to < 0 || this.#templates.length === 0 || to - from > TELEMETRY.limits.eventBytes) {
      return false;
    }
    if (headers !== this.#knownHeaders) {
      if (headers['ce_type'] !== undefined && (cloudEventMajor(headers) ?? 1) !== 1) {
        return false;
      }
      this.#knownHeaders = headers;
    }
    const latestUs = timestamp;
    const earliestUs = retentionMs > 0 ? (timestamp - retentionMs) * 1000 : -Infinity;
    room.reserve(to - from + LINE_OVERHEAD);
    const { buffer } = room;
    if (buffer !== this.#room) {
      this.#room = buffer;
      this.#roomView = viewOf(buffer);
    }
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.count = 0;
    this.end = room.length;
    let at = skipSpace(bytes, from);
    this.isArray = bytes[at] === OPEN_BRACKET;
    if (this.isArray) {
      at++;
    }
    for (;;) {
      at = skipSpace(bytes, at);
      if (this.count === MAX_SAMPLES_PER_RECORD) {
        return false;
      }
      at = this.#sample(bytes, at, to, buffer);
      if (at < 0 || !isTimePlausible(this.#values.timeUs, latestUs) || this.#values.timeUs < earliestUs) {
        return false;
      }
      at = skipSpace(bytes, at);
      if (!this.isArray) {
        return at === to;
      }
      const next = bytes[at++];
      if (next === CLOSE_BRACKET) {
        break;
      }
      if (next !== COMMA) {
        return false;
      }
    }
    at = skipSpace(bytes, at);
    return at === to;
  }

  /** Offers an accepted record that matched no template. */
  learn(record: SourceRecord): void {
    if (record.value === null || this.#misses++ % LEARN_EVERY !== 0) {
      return;
    }
    const template = learnTemplate(record.value);
    if (template !== undefined) {
      this.#templates.unshift(template);
      this.#templates.length = Math.min(this.#templates.length, MAX_TEMPLATES);
    }
  }

  /** Reads the sample at `at` by the first template that fits and ends before `to`. @returns its end, or -1 */
  #sample(bytes: Buffer, at: number, to: number, buffer: Buffer): number {
    const templates = this.#templates;
    for (let i = 0; i < templates.length; i++) {
      const template = templates[i]!;
      const end = this.#match(template, bytes, at);
      // What follows the value are other records: a sample that reaches into them is none.
      if (end < 0 || end > to) {
        continue;
      }
      if (!this.#write(template, buffer)) {
        return -1;
      }
      if (i > 0) {
        templates.splice(i, 1);
        templates.unshift(template);
      }
      return end;
    }
    return -1;
  }

  #match({ fixed, fixedFrom, roles }: SampleTemplate, bytes: Buffer, start: number): number {
    const view = this.#view;
    let at = start;
    const last = roles.length;
    for (let slot = 0; ; slot++) {
      const from = fixedFrom[slot]!;
      const length = fixedFrom[slot + 1]! - from;
      if (at + length > bytes.length || !sameBytes(fixed, from, view, at, length)) {
        return -1;
      }
      at += length;
      if (slot === last) {
        return at;
      }
      const role = roles[slot]!;
      this.#from[slot] = at;
      if (role === VALUE || role === TAG_NUMBER) {
        at = this.#values.readNumber(bytes, at);
        if (at < 0) {
          return -1;
        }
        this.#to[slot] = this.#values.canonicalTo;
        if (role === VALUE) {
          this.#value = this.#values.number;
        }
        continue;
      }
      const textFrom = at;
      if (role === TIME) {
        at = this.#values.readTime(bytes, view, at);
        if (at < 0) {
          return -1;
        }
      } else {
        while (PLAIN[bytes[at]!] === 1) {
          at++;
        }
      }
      if (bytes[at] !== QUOTE) {
        return -1;
      }
      this.#to[slot] = at;
      const characters = at - textFrom;
      if (role !== TAG_TEXT && role !== TIME && (characters > MAX_NAME || (characters === 0 && role !== HOST))) {
        return -1;
      }
    }
  }

  /** Writes the line of the sample just matched. @returns false when its tags are too long */
  #write(template: SampleTemplate, buffer: Buffer): boolean {
    const { count } = this;
    const view = this.#view;
    const room = this.#roomView;
    let at = this.#copySlot(template.time, view, room, this.end);
    buffer[at++] = TAB;
    this.spans[count * 4] = at;
    at = this.#copySlot(template.service, view, room, at);
    buffer[at++] = TAB;
    at = this.#copySlot(template.metric, view, room, at);
    this.spans[count * 4 + 1] = at;
    buffer[at++] = TAB;
    at = this.#copySlot(template.value, view, room, at);
    buffer[at++] = TAB;
    const { tags, host } = template;
    if (tags === null) {
      buffer[at++] = BACKSLASH;
      buffer[at++] = UPPER_N;
    } else {
      const from = at;
      const { pieces, piecesFrom, slots } = tags;
      for (let i = 0; ; i++) {
        const pieceFrom = piecesFrom[i]!;
        at = copyBytes(pieces, pieceFrom, piecesFrom[i + 1]! - pieceFrom, room, at);
        if (i === slots.length) {
          break;
        }
        at = this.#copySlot(slots[i]!, view, room, at);
      }
      if (at - from > MAX_TAGS_BYTES) {
        return false;
      }
    }
    buffer[at++] = TAB;
    this.spans[count * 4 + 2] = at;
    if (host < 0) {
      buffer[at++] = BACKSLASH;
      buffer[at++] = UPPER_N;
    } else {
      at = this.#copySlot(host, view, room, at);
    }
    this.spans[count * 4 + 3] = at;
    buffer[at++] = NEWLINE;
    this.timeUs[count] = this.#values.timeUs;
    this.value[count] = this.#value;
    this.count = count + 1;
    this.end = at;
    return true;
  }

  #copySlot(slot: number, view: DataView, room: DataView, at: number): number {
    const from = this.#from[slot]!;
    return copyBytes(view, from, this.#to[slot]! - from, room, at);
  }
}
