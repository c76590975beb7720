import { describe, expect, it } from '@jest/globals';
import { type Refusal, telemetrySampleSchema } from '@chip/contracts';
import { anyCharacter } from '@chip/contracts/testing';
import fc from 'fast-check';
import { classifyTelemetry, type SampleRow, type SourceRecord } from './telemetry.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

interface Outcome {
  rows: SampleRow[];
  refusals: { code: Refusal['code']; detail: string; bytes: string | null; index?: number }[];
  unknown: number;
}

const classify = (
  value: unknown,
  { retentionDays = 0, headers = {} }: { retentionDays?: number; headers?: SourceRecord['headers'] } = {},
): Outcome => {
  const outcome: Outcome = { rows: [], refusals: [], unknown: 0 };
  const bytes =
    value === null || Buffer.isBuffer(value)
      ? value
      : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  classifyTelemetry(
    { timestamp: NOW, value: bytes, headers },
    { retentionMs: retentionDays * DAY },
    {
      accept: (row) => outcome.rows.push({ ...row }),
      refuse: (refusal, sent, index) =>
        outcome.refusals.push({
          ...refusal,
          bytes: sent?.toString() ?? null,
          ...(index === undefined ? {} : { index }),
        }),
      unknownFields: (count) => (outcome.unknown += count),
    },
  );
  return outcome;
};

const good = {
  time: '2026-05-31T12:00:00.25Z',
  service_name: 'ETCH-01',
  metric_name: 'chamber_pressure_pa',
  metric_value: 1.25,
};

describe('classification of telemetry', () => {
  it('accepts a sample', () => {
    expect(classify({ ...good, host: 'etch-01', tags: { recipe: 'R1', ok: true, n: 2 } }).rows).toEqual([
      {
        timeUs: Date.UTC(2026, 4, 31, 12) * 1000 + 250_000,
        time: '2026-05-31T12:00:00.25Z',
        service: 'ETCH-01',
        metric: 'chamber_pressure_pa',
        value: 1.25,
        tags: '{"recipe":"R1","ok":true,"n":2}',
        host: 'etch-01',
      },
    ]);
  });

  it('takes null for an optional field as absent', () => {
    expect(classify({ ...good, host: null, tags: null }).rows).toMatchObject([{ host: null, tags: null }]);
  });

  it('keeps microseconds and converts offsets', () => {
    const { rows } = classify({ ...good, time: '2026-05-31T14:00:00.123456789+02:00' });
    expect(rows[0]).toMatchObject({ timeUs: Date.UTC(2026, 4, 31, 12) * 1000 + 123_456, time: null });
  });

  it('keeps unknown fields in tags._extra and counts them', () => {
    const { rows, unknown } = classify({ ...good, tags: { a: 1 }, vendor: { x: [1] }, serial: 'S' });
    expect(JSON.parse(rows[0]!.tags!)).toEqual({ a: 1, _extra: { vendor: { x: [1] }, serial: 'S' } });
    expect(unknown).toBe(2);
  });

  it('keeps the number of dropped fields when the sample is replayed', () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (__, i) => [`f${i}`, i]));
    const { _extra: kept, ...tags } = JSON.parse(classify({ ...good, ...fields }).rows[0]!.tags!) as { _extra: object };
    const again = classify({ ...good, ...kept, tags }, { headers: { 'replay-of': 'k', 'replay-count': '1' } });
    expect(kept).toMatchObject({ _dropped: 236 });
    expect(JSON.parse(again.rows[0]!.tags!)).toEqual({ _extra: kept });
  });

  it('takes a field called __proto__ as data and lends none of its values to the sample', () => {
    const text = JSON.stringify(good).replace('{', '{"__proto__":{"host":"evil"},"constructor":1,');
    const { rows } = classify(text);
    expect(rows[0]!.host).toBeNull();
    expect(rows[0]!.tags).toBe('{"_extra":{"__proto__":{"host":"evil"},"constructor":1}}');
    expect(({} as { host?: string }).host).toBeUndefined();
  });

  it('keeps a tag called _extra although it keeps unknown fields under that name', () => {
    expect(JSON.parse(classify({ ...good, tags: { _extra: 'mine' }, serial: 'S' }).rows[0]!.tags!)).toEqual({
      _extra: { serial: 'S', '/tags/_extra': 'mine' },
    });
    expect(classify({ ...good, tags: { _extra: 'mine' } }).rows[0]!.tags).toBe('{"_extra":"mine"}');
  });

  it.each([
    ['an object', '{"a":1}', /^\/tags\/__proto__: got an object, expected a string, number or boolean$/],
    ['null', 'null', /^\/tags\/__proto__: got null, expected a string, number or boolean$/],
    ['a long text', JSON.stringify('x'.repeat(4096)), /^\/tags: got an object, expected at most 4096 bytes of JSON$/],
    [
      'one more than 32',
      `1,${Array.from({ length: 32 }, (__, i) => `"t${i}":1`).join(',')}`,
      /^\/tags: got an object, expected at most 32 keys$/,
    ],
  ])('judges a tag called __proto__ like any other: %s', (__, value, detail) => {
    const text = JSON.stringify({ ...good, tags: {} }).replace('"tags":{', `"tags":{"__proto__":${value}`);
    expect(classify(text).refusals).toMatchObject([
      { code: 'schema_violation', detail: expect.stringMatching(detail) },
    ]);
  });

  it('uses ce_time when the sample has no time', () => {
    const { time: _, ...timeless } = good;
    expect(classify(timeless, { headers: { ce_time: '2026-05-31T12:00:00Z' } }).rows).toHaveLength(1);
  });

  const without = (field: keyof typeof good) => ({ ...good, [field]: undefined });
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  it.each<[string, unknown, Refusal['code'], RegExp]>([
    ['a tombstone', null, 'malformed_json', /tombstone/],
    ['an empty value', '', 'malformed_json', /empty/],
    ['truncated JSON', '{"time":', 'malformed_json', /ends too early/],
    ['a bare NaN', '{"metric_value":NaN}', 'malformed_json', /not JSON/],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'invalid_text', /UTF-8/],
    ['a value above 1 MiB', Buffer.alloc(1024 * 1024 + 1, 32), 'too_large', /1048577 bytes.*at most 1048576/],
    ['a string', '"hello"', 'schema_violation', /a string of 5/],
    ['null JSON', 'null', 'schema_violation', /got null/],
    ['no time', without('time'), 'schema_violation', /^\/time: got nothing/],
    ['no service_name', without('service_name'), 'schema_violation', /^\/service_name: got nothing/],
    ['an empty metric_name', { ...good, metric_name: '' }, 'schema_violation', /^\/metric_name: .*1 to 100 characters/],
    ['a service_name of 101', { ...good, service_name: 'x'.repeat(101) }, 'schema_violation', /^\/service_name/],
    ['a text value', { ...good, metric_value: '1' }, 'schema_violation', /^\/metric_value: got a string/],
    ['a null value', { ...good, metric_value: null }, 'schema_violation', /^\/metric_value: got null/],
    ['a value of 1e400', JSON.stringify(good).replace('1.25', '1e400'), 'value_out_of_range', /^\/metric_value/],
    ['a value of 2e100', { ...good, metric_value: 2e100 }, 'value_out_of_range', /^\/metric_value: .*at most 1e\+100/],
    [
      'a tag of 1e400',
      JSON.stringify({ ...good, tags: { a: 7 } }).replace('7', '1e400'),
      'value_out_of_range',
      /^\/tags\/a/,
    ],
    ['an object as tag', { ...good, tags: { a: {} } }, 'schema_violation', /^\/tags\/a: got an object/],
    [
      '33 tags',
      { ...good, tags: Object.fromEntries([...Array(33)].map((_, i) => [`k${i}`, i])) },
      'schema_violation',
      /32 keys/,
    ],
    ['tags above 4 KiB', { ...good, tags: { a: 'x'.repeat(4096) } }, 'schema_violation', /4096 bytes/],
    ['an array as tags', { ...good, tags: [] }, 'schema_violation', /^\/tags: got an array/],
    ['30 February', { ...good, time: '2026-02-30T00:00:00Z' }, 'schema_violation', /^\/time: .*RFC 3339/],
    ['a number as time', { ...good, time: 1_700_000_000 }, 'schema_violation', /^\/time: got the number/],
    ['a time before 2000', { ...good, time: '1999-12-31T23:59:59Z' }, 'time_out_of_range', /^\/time/],
    ['a time 11 minutes ahead', { ...good, time: '2026-06-01T00:11:00Z' }, 'time_out_of_range', /^\/time/],
    ['a NUL in a value', { ...good, host: 'a\0b' }, 'invalid_text', /^\/host: got a NUL/],
    ['a NUL in a key', { ...good, tags: { 'a\0b': 1 } }, 'invalid_text', /NUL/],
    ['a lone surrogate', `{"host":"\\ud800","x":${JSON.stringify(good)}}`, 'invalid_text', /^\/host: got a lone/],
    ['33 levels', { ...good, x: nested(32) }, 'too_deep', /32 levels/],
    ['20,000 levels', `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'too_deep', /32 levels/],
    ['an empty array', [], 'schema_violation', /array of 0/],
    ['an array of 1,001', Array(1001).fill(good), 'schema_violation', /array of 1001/],
  ])('refuses %s', (_, value, code, detail) => {
    const { rows, refusals } = classify(value);
    expect(rows).toEqual([]);
    expect(refusals).toMatchObject([
      { code, detail: expect.stringMatching(detail), bytes: value === null ? null : expect.any(String) },
    ]);
  });

  it('refuses an unknown major version of the event type', () => {
    expect(classify(good, { headers: { ce_type: 'com.example.sample.v2' } }).refusals).toMatchObject([
      { code: 'schema_violation' },
    ]);
    expect(classify(good, { headers: { ce_type: 'com.example.sample.v1' } }).rows).toHaveLength(1);
  });

  it('accepts 32 levels and a text with harmless escapes', () => {
    expect(classify({ ...good, x: nested(31) }).rows).toHaveLength(1);
    expect(classify(JSON.stringify(good).replace('ETCH', '\\u0045TCH')).rows).toMatchObject([{ service: 'ETCH-01' }]);
  });

  it('judges age against the record, and only with a set retention', () => {
    const old = { ...good, time: '2026-02-01T00:00:00Z' };
    expect(classify(old).rows).toHaveLength(1);
    expect(classify(old, { retentionDays: 90 }).refusals).toMatchObject([{ code: 'too_old' }]);
    expect(classify(old, { retentionDays: 365 }).rows).toHaveLength(1);
    // Templates draw the line at the same place.
    const oldest = { ...good, time: new Date(NOW - 90 * DAY).toISOString() };
    expect(classify(oldest, { retentionDays: 90 }).rows).toHaveLength(1);
  });

  it('refuses single elements of an array with their own bytes and place; the neighbours are accepted', () => {
    const bad = '{"metric_name" : "ä,]}[{\\"",\t"x":[1,{"y":2}]}';
    const text = ` [ ${JSON.stringify(good)},${bad} , ${JSON.stringify(good)}, 7,[] ]`;
    const { rows, refusals } = classify(text);
    expect(rows).toHaveLength(2);
    expect(refusals).toMatchObject([
      { index: 1, bytes: bad, code: 'schema_violation' },
      { index: 3, bytes: '7', code: 'schema_violation' },
      { index: 4, bytes: '[]', code: 'schema_violation' },
    ]);
  });

  it('decides by hand exactly as the schema does', () => {
    const texts = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 3 }),
      fc.constantFrom('x'.repeat(100), 'x'.repeat(101), '😀'.repeat(100), '😀'.repeat(101)),
    );
    const times = fc.oneof(
      fc
        .date({ noInvalidDate: true, min: new Date('1999-12-31'), max: new Date('2026-06-02') })
        .map((date) => date.toISOString()),
      fc.constantFrom('2026-01-01', '2026-05-31T12:00:00+01:00', '2026-02-30T00:00:00Z'),
    );
    const anything = fc.anything({ maxDepth: 2, maxKeys: 3 });
    const samples = fc.record(
      {
        time: fc.oneof({ weight: 8, arbitrary: times }, anything),
        service_name: fc.oneof({ weight: 8, arbitrary: texts }, anything),
        metric_name: fc.oneof({ weight: 8, arbitrary: texts }, anything),
        metric_value: fc.oneof({ weight: 8, arbitrary: fc.double() }, anything),
        tags: fc.oneof(
          fc.dictionary(fc.oneof(texts, fc.constant('__proto__')), fc.oneof(texts, fc.double(), fc.boolean())),
          anything,
        ),
        host: fc.oneof(texts, anything),
      },
      { requiredKeys: ['time', 'service_name', 'metric_name', 'metric_value'] },
    );
    fc.assert(
      fc.property(samples, (sample) => {
        const text = JSON.stringify(sample);
        // Under a name of the same length that Zod judges, too.
        const given = JSON.parse(text.replaceAll('"__proto__"', '"__other__"')) as Record<string, unknown>;
        const { rows, refusals } = classify(text);
        const isFitting = telemetrySampleSchema.safeParse(given).success;
        const code = refusals[0]?.code;
        if (rows.length === 1) {
          expect(isFitting).toBe(true);
        } else if (code === 'schema_violation' || code === 'value_out_of_range') {
          expect(isFitting).toBe(false);
        } else {
          expect(['time_out_of_range', 'invalid_text']).toContain(code);
        }
        // Reading it again decides the same.
        expect(classify(text)).toEqual({ rows, refusals, unknown: 0 });
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on any bytes, and accounts for every element', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          fc.json().map(Buffer.from),
        ),
        (bytes) => {
          const { rows, refusals } = classify(bytes);
          expect(rows.length + refusals.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
