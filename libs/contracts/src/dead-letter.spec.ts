import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetter, encodedBytes, pointerLetter, type RefusedEvent } from './dead-letter.ts';
import { INSPECTION } from './streams/inspection/inspection.stream.ts';
import { TELEMETRY } from './streams/telemetry/telemetry.stream.ts';
import { maxLetterBytes } from './topics.ts';

const MIB = 1024 * 1024;
const event = (fields: Partial<RefusedEvent> = {}): RefusedEvent => ({
  topic: TELEMETRY.source,
  partition: 3,
  offset: 7,
  refusal: { code: 'schema_violation', detail: 'why' },
  stage: 'ingest',
  failedAt: '2026-01-20T08:00:00.000Z',
  value: Buffer.from('{}'),
  ...fields,
});

describe('dead letter', () => {
  it('keeps the bytes, the headers and the key of the record, so that it can be published again', () => {
    const raw = Buffer.from([0, 255]);
    const headers = { trace: raw, twice: [raw, raw], 'replay-of': Buffer.from('k'), 'replay-count': Buffer.from('2') };
    const letter = deadLetter(event({ key: raw, value: raw, headers }));
    expect(letter).toMatchObject({ key: 'telemetry.samples.v1/3/7', value: raw });
    expect(letter.headers).toMatchObject({
      ...headers,
      'source-key': raw,
      'error-code': 'schema_violation',
      stage: 'ingest',
    });
    expect(letter.headers).not.toHaveProperty('truncated');
    expect(deadLetter(event()).headers).not.toHaveProperty('source-key');
  });

  it('of an element names its place; of a tombstone it is one; of the writer it says that it is normalised', () => {
    expect(deadLetter(event({ place: 4 }))).toMatchObject({
      key: 'telemetry.samples.v1/3/7/4',
      headers: { 'source-index': '4' },
    });
    expect(deadLetter(event({ value: null })).value).toBeNull();
    expect(deadLetter(event({ stage: 'writer', replay: { of: 'k', count: 2 } })).headers).toMatchObject({
      content: 'normalised',
      'replay-of': 'k',
      'replay-count': '2',
    });
  });

  it('never mistakes a header of a machine for its own', () => {
    const headers = { truncated: Buffer.from('value'), stage: Buffer.from('x'), 'source-key': Buffer.from('k') };
    const letter = deadLetter(event({ headers }));
    expect(letter.headers).toMatchObject({ stage: 'ingest' });
    expect(letter.headers).not.toHaveProperty('truncated');
    expect(letter.headers).not.toHaveProperty('source-key');
  });

  it.each<[string, Partial<RefusedEvent>, string, Record<string, unknown>]>([
    ['a value above all limits', { value: Buffer.alloc(60 * MIB) }, 'value', { 'value-bytes': String(60 * MIB) }],
    ['a key of 3 MiB', { key: Buffer.alloc(3 * MIB) }, 'source-key', {}],
    ['1.5 million empty headers', { headers: { '': Array<Buffer>(1_500_000).fill(Buffer.alloc(0)) } }, 'headers', {}],
    [
      'everything too large',
      { value: Buffer.alloc(3 * MIB), key: Buffer.alloc(3 * MIB), headers: { big: Buffer.alloc(3 * MIB) } },
      'value,source-key,headers',
      { 'value-bytes': String(3 * MIB) },
    ],
    [
      'a normalised event above the limit of its letter',
      { topic: INSPECTION.source, stage: 'writer', value: Buffer.alloc(5_408_285) },
      'value',
      { 'value-bytes': '5408285' },
    ],
  ])('%s is cut to the limit of its topic, and says so', (_name, fields, truncated, headers) => {
    const letter = deadLetter(event(fields));
    expect(letter.headers).toMatchObject({ truncated, ...headers });
    expect(encodedBytes(letter)).toBeLessThanOrEqual(maxLetterBytes(fields.topic ?? TELEMETRY.source));
    const expected = truncated.includes('value') ? TELEMETRY.limits.eventBytes : 2;
    expect(letter.value!.length).toBeGreaterThanOrEqual(expected);
  });

  it('cuts headers before the key, and keeps what fits', () => {
    const headers = { big: Buffer.alloc(2 * MIB), small: Buffer.from('s') };
    const letter = deadLetter(event({ key: Buffer.alloc(900 * 1024), headers }));
    expect(letter.headers).toMatchObject({ truncated: 'headers', small: headers.small });
    expect((letter.headers['source-key'] as Buffer).length).toBe(900 * 1024);
  });

  it('of an element copies little of its record, because a thousand of them repeat it', () => {
    const letter = deadLetter(event({ place: 1, headers: { big: Buffer.alloc(20_000), small: Buffer.from('s') } }));
    expect(letter.headers).toMatchObject({ truncated: 'headers', small: Buffer.from('s') });
  });

  it.each([
    ['an element', { place: 1 }, 256],
    ['a whole record', {}, 5_000],
  ])('of %s copies few of very many headers', (_, fields, most) => {
    const counted = (count: number, isRepeated: boolean): [number, unknown] => {
      const values = Array<Buffer>(count).fill(Buffer.from('x'));
      const headers = isRepeated ? { h: values } : Object.fromEntries(values.map((value, i) => [`h${i}`, value]));
      const letter = deadLetter(event({ ...fields, headers }));
      const kept = Object.keys(headers).flatMap((name) => letter.headers[name] ?? []);
      return [kept.length, letter.headers['truncated']];
    };
    expect(counted(most, false)).toEqual([most, undefined]);
    expect(counted(most, true)).toEqual([most, undefined]);
    expect(counted(most + 1, false)).toEqual([most, 'headers']);
    expect(counted(most + 1, true)).toEqual([0, 'headers']);
  });

  it('says that headers are cut if its record has more of them than were read', () => {
    expect(deadLetter(event({ headers: { one: Buffer.from('1') }, areHeadersCut: true })).headers).toMatchObject({
      one: Buffer.from('1'),
      truncated: 'headers',
    });
  });

  it('of an element measures the headers of its record once: a machine may send a hundred thousand of them', () => {
    let looks = 0;
    const headers = new Proxy<Record<string, Buffer>>(
      { one: Buffer.from('1'), two: Buffer.from('2') },
      { ownKeys: (target) => (looks++, Reflect.ownKeys(target)) },
    );
    const letters = [0, 1, 2].map((place) => deadLetter(event({ place, headers })));
    for (const letter of letters) {
      expect(letter.headers).toMatchObject({ one: Buffer.from('1'), two: Buffer.from('2') });
    }
    expect(looks).toBe(1);
  });

  it('never exceeds the limit, for any event', () => {
    const bytes = (max: number) => fc.integer({ min: 0, max }).map((length) => Buffer.alloc(length));
    fc.assert(
      fc.property(
        bytes(3 * MIB),
        fc.option(bytes(2 * MIB)),
        fc.dictionary(fc.string({ maxLength: 50 }), fc.oneof(bytes(MIB), fc.array(bytes(1000), { minLength: 2 }))),
        fc.string({ maxLength: 5000 }),
        (value, key, headers, detail) => {
          const letter = deadLetter(event({ value, key, headers, refusal: { code: 'too_large', detail } }));
          expect(encodedBytes(letter)).toBeLessThanOrEqual(maxLetterBytes(TELEMETRY.source));
          const isWhole = letter.value!.length === value.length;
          expect(String(letter.headers['truncated'] ?? '').includes('value')).toBe(!isWhole);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('as a pointer says where the event is and why it was refused, and nothing else', () => {
    const letter = deadLetter(event({ key: Buffer.alloc(10), headers: { trace: Buffer.alloc(10) } }));
    const pointer = pointerLetter(letter);
    expect(pointer).toMatchObject({ key: letter.key, value: Buffer.alloc(0) });
    expect(pointer.headers).toMatchObject({
      'error-code': 'schema_violation',
      'source-offset': '7',
      truncated: 'value,source-key,headers',
    });
    expect(Object.keys(pointer.headers)).not.toEqual(expect.arrayContaining(['trace', 'source-key']));
    expect(encodedBytes(pointer)).toBeLessThan(4096);
  });
});
