import { DEAD_LETTER_HEADERS, deadLetterKey, type Refusal, REPLAY_HEADERS, type Replay } from './refusals.ts';
import { streamOf } from './streams/streams.ts';
import { maxLetterBytes } from './topics.ts';

/** A refused event and its context, as the refusing service knows them. */
export interface RefusedEvent {
  /** Machine topic, partition and offset of the record; `place` is the index in its array, absent for a whole record. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly place?: number | undefined;
  readonly refusal: Refusal;
  readonly stage: 'ingest' | 'writer';
  /** RFC 3339, UTC. */
  readonly failedAt: string;
  /** The bytes that the machine sent; in stage `writer` the normalised event. Null for a tombstone. */
  readonly value: Buffer | null;
  /** Key and headers of the machine's record, where known. */
  readonly key?: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>;
  readonly replay?: Replay | undefined;
  /** Whether the record has more headers than these. */
  readonly areHeadersCut?: boolean;
  /** Headers that only this kind of letter carries. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** A record for the dead-letter topic. */
export interface DeadLetter {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | string | Buffer[]>;
}

/** A detail needs a JSON pointer and a few words; anything longer is cut. */
const MAX_DETAIL_CHARACTERS = 2_000;
/**
 * Limits on the key and headers that the letter of one element copies from its record: an array of 1,000 elements would
 * repeat them 1,000 times.
 */
const MAX_ELEMENT_CONTEXT_BYTES = 16 * 1024;
const MAX_ELEMENT_HEADERS = 256;
/** Most headers of the machine in any letter: its readers have to find ours behind them. */
const MAX_MACHINE_HEADERS = 5_000;
/** Header of a record batch (61 bytes), and the fixed fields of its only record at their widest. */
const BATCH_BYTES = 61 + 1 + 10 + 5;

/** Readers would mistake a machine's header of one of these names for ours. */
const OWN_NAMES: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

const varintBytes = (value: number): number => {
  let bytes = 1;
  // Kafka writes lengths in zigzag, which doubles them.
  for (let left = value * 2; left > 127; left = Math.floor(left / 128)) {
    bytes++;
  }
  return bytes;
};
const fieldBytes = (field: Buffer | string | null): number => {
  const length = field === null ? 0 : Buffer.byteLength(field);
  return varintBytes(length) + length;
};
const headerBytes = (name: string, value: Buffer | string | readonly (Buffer | string)[]): number => {
  const values = Array.isArray(value) ? (value as readonly (Buffer | string)[]) : [value as Buffer | string];
  const nameBytes = fieldBytes(name);
  return values.reduce((sum, one) => sum + nameBytes + fieldBytes(one), 0);
};

/**
 * Size of a letter as a record batch of its own, which the broker compares with `max.message.bytes`: key, value, every
 * header with its lengths, and the overhead of record and batch. An upper bound, exact to a few bytes.
 */
export function encodedBytes({ key, value, headers }: DeadLetter): number {
  let fields = fieldBytes(key) + fieldBytes(value);
  let count = 0;
  for (const [name, content] of Object.entries(headers)) {
    fields += headerBytes(name, content);
    count += Array.isArray(content) ? content.length : 1;
  }
  return BATCH_BYTES + varintBytes(fields) + varintBytes(count) + fields;
}

const headersOf = (event: RefusedEvent, cut: readonly string[]): Record<string, string> => {
  const { topic, partition, offset, place, refusal, replay } = event;
  return {
    ...(event.stage === 'writer' ? { [DEAD_LETTER_HEADERS.content]: 'normalised' } : {}),
    ...event.facts,
    [DEAD_LETTER_HEADERS.code]: refusal.code,
    [DEAD_LETTER_HEADERS.detail]: refusal.detail.slice(0, MAX_DETAIL_CHARACTERS),
    [DEAD_LETTER_HEADERS.topic]: topic,
    [DEAD_LETTER_HEADERS.partition]: String(partition),
    [DEAD_LETTER_HEADERS.offset]: String(offset),
    ...(place === undefined ? {} : { [DEAD_LETTER_HEADERS.index]: String(place) }),
    [DEAD_LETTER_HEADERS.failedAt]: event.failedAt,
    [DEAD_LETTER_HEADERS.stage]: event.stage,
    ...(replay === undefined ? {} : { [REPLAY_HEADERS.of]: replay.of, [REPLAY_HEADERS.count]: String(replay.count) }),
    ...(cut.length === 0 ? {} : { [DEAD_LETTER_HEADERS.truncated]: cut.join(',') }),
    ...(cut.includes('value') ? { [DEAD_LETTER_HEADERS.valueBytes]: String(event.value?.length ?? 0) } : {}),
  };
};

interface MachineHeaders {
  readonly list: readonly {
    readonly name: string;
    readonly value: Buffer | readonly Buffer[];
    readonly bytes: number;
  }[];
  readonly bytes: number;
}

const NO_HEADERS = {};
/** By the headers of a record, which all of its elements share: measuring them for each element would block the process. */
const measured = new WeakMap<object, MachineHeaders>();

function machineHeadersOf({ headers = NO_HEADERS }: RefusedEvent): MachineHeaders {
  let found = measured.get(headers);
  if (found === undefined) {
    const list = Object.entries(headers)
      .filter(([name]) => !OWN_NAMES.has(name))
      .map(([name, value]) => ({ name, value, bytes: headerBytes(name, value) }));
    found = { list, bytes: list.reduce((sum, { bytes }) => sum + bytes, 0) };
    measured.set(headers, found);
  }
  return found;
}

const keyOf = ({ topic, partition, offset, place }: RefusedEvent): string =>
  deadLetterKey(topic, partition, offset, place);

/**
 * Makes the dead letter of a refused event, measured as a whole against the limit of its topic. It cuts what does not fit,
 * in this order, and names each part that it cut in header `truncated`:
 *
 * 1. `headers` of the machine that no longer fit (by name, in order; headers of one name stay together),
 * 2. `source-key`, as a whole: part of a key would lead to another partition,
 * 3. `value`, at its end, down to the limit of its machine topic; header `value-bytes` states its whole length.
 */
export function deadLetter(event: RefusedEvent): DeadLetter {
  const limit = maxLetterBytes(event.topic);
  const key = keyOf(event);
  // Measures with every part named as cut, so that naming one never makes the letter too large.
  const bare: DeadLetter = { key, value: null, headers: headersOf(event, ['value', 'source-key', 'headers']) };
  const room = limit - encodedBytes(bare) - 3 * varintBytes(limit);

  const keyBytes = event.key == null ? 0 : headerBytes(DEAD_LETTER_HEADERS.key, event.key);
  const machineHeaders = machineHeadersOf(event);
  const context = keyBytes + machineHeaders.bytes;

  const valueLimit = Math.max(room - context, streamOf(event.topic)?.limits.eventBytes ?? 0);
  const isValueCut = event.value !== null && event.value.length > Math.min(valueLimit, room);
  const value = isValueCut ? event.value!.subarray(0, Math.min(valueLimit, room)) : event.value;
  let left = room - (value?.length ?? 0);
  if (event.place !== undefined) {
    left = Math.min(left, MAX_ELEMENT_CONTEXT_BYTES);
  }

  const isKeyCut = keyBytes > left;
  const kept = Object.create(null) as Record<string, Buffer | string | Buffer[]>;
  if (event.key != null && !isKeyCut) {
    left -= keyBytes;
  }
  let areHeadersCut = event.areHeadersCut === true;
  let most = event.place === undefined ? MAX_MACHINE_HEADERS : MAX_ELEMENT_HEADERS;
  for (const { name, value: content, bytes } of machineHeaders.list) {
    if (most === 0) {
      areHeadersCut = true;
      break;
    }
    const count = Array.isArray(content) ? content.length : 1;
    if (bytes > left || count > most) {
      areHeadersCut = true;
      continue;
    }
    left -= bytes;
    most -= count;
    kept[name] = Array.isArray(content) ? [...(content as readonly Buffer[])] : (content as Buffer);
  }
  const cut = [
    ...(isValueCut ? ['value'] : []),
    ...(isKeyCut ? ['source-key'] : []),
    ...(areHeadersCut ? ['headers'] : []),
  ];
  return {
    key,
    value,
    headers: {
      ...kept,
      ...headersOf(event, cut),
      ...(event.key == null || isKeyCut ? {} : { [DEAD_LETTER_HEADERS.key]: event.key }),
    },
  };
}

/**
 * The smallest letter: it points at the event and says why it was refused. For a dead-letter topic whose limit is below
 * that of the contract; the event itself stays in the machine topic until its retention ends.
 */
export function pointerLetter({ key, headers }: DeadLetter): DeadLetter {
  const kept: Record<string, string | Buffer | Buffer[]> = {};
  for (const name of [...Object.values(DEAD_LETTER_HEADERS), ...Object.values(REPLAY_HEADERS)]) {
    if (headers[name] !== undefined && name !== DEAD_LETTER_HEADERS.key) {
      kept[name] = headers[name];
    }
  }
  return {
    key,
    value: Buffer.alloc(0),
    headers: { ...kept, [DEAD_LETTER_HEADERS.truncated]: 'value,source-key,headers' },
  };
}
