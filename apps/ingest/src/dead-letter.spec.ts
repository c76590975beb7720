import { TELEMETRY_SAMPLES } from '@chip/contracts';
import type { KafkaRecord } from '@chip/kafka';
import { describe, expect, it } from '@jest/globals';
import { deadLetterOf } from './dead-letter.ts';

const refusal = { code: 'schema_violation', detail: 'why' } as const;
const record = (fields: Partial<KafkaRecord> = {}): KafkaRecord => ({
  offset: 7,
  timestamp: 0,
  key: null,
  value: Buffer.from('{}'),
  headers: {},
  ...fields,
});
const letterOf = (given: KafkaRecord, bytes = given.value, place?: number) =>
  deadLetterOf(TELEMETRY_SAMPLES, 3, given, refusal, bytes, place, '2026-01-20T08:00:00.000Z');

describe('dead letter of ingest', () => {
  it('keeps the bytes, the headers and the key of the record, so that it can be published again', () => {
    const raw = Buffer.from([0, 255]);
    const headers = { trace: raw, twice: [raw, raw], 'replay-of': Buffer.from('k'), 'replay-count': Buffer.from('2') };
    const letter = letterOf(record({ key: raw, value: raw, headers }));
    expect(letter).toMatchObject({ key: 'telemetry.samples.v1/3/7', value: raw });
    expect(letter.headers).toMatchObject({
      ...headers,
      'source-key': raw,
      'error-code': 'schema_violation',
      stage: 'ingest',
    });
    expect(letterOf(record()).headers).not.toHaveProperty('source-key');
  });

  it('of an element names its place; of a tombstone it is one', () => {
    expect(letterOf(record(), Buffer.from('1'), 4)).toMatchObject({
      key: 'telemetry.samples.v1/3/7/4',
      headers: { 'source-index': '4' },
    });
    expect(letterOf(record({ value: null })).value).toBeNull();
  });

  it('cuts what its topic could not hold, and says so', () => {
    const value = Buffer.alloc(1024 * 1024 + 1);
    const letter = letterOf(record({ value, headers: { big: Buffer.alloc(600 * 1024) } }));
    expect((letter.value as Buffer).length).toBe(1024 * 1024);
    expect(letter.headers).not.toHaveProperty('big');
    expect(letter.headers!['truncated']).toBe(`value of ${value.length} bytes, headers`);
  });
});
