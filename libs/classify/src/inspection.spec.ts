import { describe, expect, it } from '@jest/globals';
import {
  type AcceptedInspection,
  inspectionIdentity,
  lineParts,
  measurementsOf,
  ofRunFields,
  type Refusal,
} from '@chip/contracts';
import fc from 'fast-check';
import { classifyInspection } from './inspection.ts';
import type { SourceRecord } from './telemetry.ts';

const NOW = Date.UTC(2026, 5, 1);
const classify = (value: unknown, headers: SourceRecord['headers'] = {}) =>
  classifyInspection({
    timestamp: NOW,
    headers,
    value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  });
const accepted = (value: unknown, headers?: SourceRecord['headers']): AcceptedInspection => {
  const outcome = classify(value, headers);
  if (!outcome.accepted) {
    throw new Error(`${outcome.refusal.code}: ${outcome.refusal.detail}`);
  }
  const parts = lineParts(Buffer.from(outcome.line));
  const { measurement_count: count, ...event } = JSON.parse(parts.facts.toString()) as AcceptedInspection;
  return count === undefined ? event : { ...event, measurements: measurementsOf(parts) };
};

const good = {
  event_id: '0B0E7A35-6d06-4b6c-8d0e-7d4a4c8f7a10',
  lot_id: 'LOT-1',
  chip_id: 'W01-3-4',
  inspection_type: 'electrical',
  status: 'completed',
  result: 'pass',
  occurred_at: '2026-05-31T12:00:00+02:00',
};
const VOID_ID = '11111111-6d06-4b6c-8d0e-7d4a4c8f7a10';
const { event_id: _, ...anonymous } = good;

describe('classification of inspections', () => {
  it('normalises an event: canonical times, lower-case ids, computed identities', () => {
    expect(
      accepted({ ...good, wafer_id: 'W01', defects: [{ class: 'scratch', x_um: 1, y_um: 2, severity: 3 }] }),
    ).toMatchObject({
      event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a10',
      occurred_at: '2026-05-31T10:00:00.000000Z',
      site: '',
      inspection_uuid: inspectionIdentity('', 'LOT-1', 'W01-3-4', 'electrical'),
      attempt_key: 'e:0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a10',
      wafer_uuid: expect.any(String),
      defects: [{ class: 'scratch', x_um: 1, y_um: 2, severity: '3' }],
    });
  });

  it('withdraws an event whatever the case of the id that it names', () => {
    const { result: _result, ...voided } = { ...good, event_id: VOID_ID, status: 'voided', reason: 'r' };
    expect(accepted({ ...voided, voids: good.event_id })).toMatchObject({
      voids: good.event_id.toLowerCase(),
      attempt_key: `e:${good.event_id.toLowerCase()}`,
    });
  });

  it('hashes content, not its formatting', () => {
    const a = accepted({ ...good, metadata: { a: 1, b: { c: 2, d: 3 } }, priority: null });
    const b = accepted({ ...good, occurred_at: '2026-05-31T10:00:00.000Z', metadata: { b: { d: 3, c: 2 }, a: 1 } });
    const c = accepted({ ...good, result: 'fail' });
    expect(a.content_hash).toBe(b.content_hash);
    expect(a.content_hash).toMatch(/^[0-9a-f]{32}$/);
    expect(c.content_hash).not.toBe(a.content_hash);
  });

  it('keeps its hashes, because the ledger holds those of years', () => {
    const { content_hash } = accepted({
      ...good,
      measurements: [{ name: 'vth', value: 0.4, unit: 'V', upper_limit: null }],
      defects: [{ class: 'scratch', x_um: 1, y_um: 2, severity: 3 }],
      metadata: { b: 1, a: 2 },
    });
    expect(content_hash).toBe('176876ff9a700ddf6d76df8c7ec7071c');
  });

  it('takes event id and time from CloudEvents headers', () => {
    const uuid = 'a3bb189e-8bf9-3888-9912-ace4e6543002';
    expect(accepted(anonymous, { ce_id: uuid.toUpperCase() }).event_id).toBe(uuid);
    const derived = accepted(anonymous, { ce_id: '17', ce_source: '/aoi' }).event_id;
    expect(accepted(anonymous, { ce_id: Buffer.from('17'), ce_source: ['/aoi', 'x'] }).event_id).toBe(derived);
    expect(accepted(anonymous, { ce_id: '17', ce_source: '/other' }).event_id).not.toBe(derived);
    const { occurred_at: _time, ...timeless } = good;
    expect(accepted(timeless, { ce_time: '2026-05-31T10:00:00Z' }).occurred_at).toBe('2026-05-31T10:00:00.000000Z');
  });

  it('keeps unknown fields, also of measurements and defects, in metadata._extra', () => {
    const event = accepted({
      ...good,
      vendor: 1,
      metadata: { a: 1 },
      measurements: [{ name: 'vth', value: null, probe: 7 }],
      defects: [{ class: 'x', x_um: 0, y_um: 0, cluster: 2 }],
    });
    expect(event.metadata).toEqual({
      a: 1,
      _extra: { vendor: 1, '/measurements/0/probe': 7, '/defects/0/cluster': 2 },
    });
    expect(event.measurements).toEqual([{ name: 'vth', value: null }]);
  });

  it('keeps metadata called _extra although it keeps unknown fields under that name', () => {
    expect(accepted({ ...good, vendor: 1, metadata: { _extra: 'mine' } }).metadata).toEqual({
      _extra: { vendor: 1, '/metadata/_extra': 'mine' },
    });
    expect(accepted({ ...good, metadata: { _extra: 'mine' } }).metadata).toEqual({ _extra: 'mine' });
  });

  it('counts metadata called __proto__ against its limit', () => {
    const text = (size: number): string =>
      JSON.stringify({ ...good, metadata: {} }).replace('{}', `{"__proto__":"${'x'.repeat(size)}"}`);
    expect(classify(text(16 * 1024 - 16)).accepted).toBe(true);
    expect(classify(text(16 * 1024 - 15))).toMatchObject({
      refusal: { code: 'schema_violation', detail: '/metadata: got an object, expected at most 16384 bytes of JSON' },
    });
  });

  it.each<[string, unknown, Refusal['code'], RegExp]>([
    [
      'a severity that is no text',
      { ...good, defects: [{ class: 'x', x_um: 0, y_um: 0, severity: true }] },
      'schema_violation',
      /^\/defects\/0\/severity: got the boolean true, expected a string or number$/,
    ],
    [
      'a severity of 51 characters',
      { ...good, defects: [{ class: 'x', x_um: 0, y_um: 0, severity: 'x'.repeat(51) }] },
      'schema_violation',
      /^\/defects\/0\/severity: got a string of 51 characters, expected 0 to 50 characters$/,
    ],
    ['a tombstone', null, 'malformed_json', /tombstone/],
    ['an array', [good], 'schema_violation', /an array of 1/],
    ['no event_id anywhere', anonymous, 'schema_violation', /^\/event_id: got nothing/],
    ['an event_id that is no UUID', { ...good, event_id: '17' }, 'schema_violation', /^\/event_id: .*UUID/],
    ['an unknown status', { ...good, status: 'done' }, 'schema_violation', /^\/status: .*one of pending/],
    [
      'completed without result',
      { ...good, result: undefined },
      'schema_violation',
      /^\/result: .*with status completed/,
    ],
    [
      'a result without completed',
      { ...good, status: 'failed' },
      'schema_violation',
      /^\/result: .*none with status failed/,
    ],
    ['pending without a name', { ...good, status: 'pending', result: null }, 'schema_violation', /^\/attempt/],
    ['a void without reason', { ...good, status: 'voided', result: null, attempt: 1 }, 'schema_violation', /^\/reason/],
    ['a void of nothing', { ...good, status: 'voided', result: null, reason: 'r' }, 'schema_violation', /^\/voids/],
    ['voids without voided', { ...good, voids: good.event_id }, 'schema_violation', /^\/voids/],
    [
      'priority 11',
      { ...good, priority: 11 },
      'value_out_of_range',
      /^\/priority: got the number 11, expected at most 10/,
    ],
    ['attempt 0', { ...good, attempt: 0 }, 'value_out_of_range', /^\/attempt/],
    ['attempt 1.5', { ...good, attempt: 1.5 }, 'schema_violation', /^\/attempt: .*an integer/],
    ['die_x beyond 32 bits', { ...good, die_x: 3_000_000_000 }, 'value_out_of_range', /^\/die_x/],
    [
      'die_x beyond 2^53',
      JSON.stringify(good).replace('{', '{"die_x":9007199254740993000,'),
      'value_out_of_range',
      /^\/die_x: .*expected at most 2147483647$/,
    ],
    [
      'an attempt below -2^53',
      { ...good, attempt: -1e17 },
      'value_out_of_range',
      /^\/attempt: got the number -100000000000000000, expected at least 1$/,
    ],
    [
      'a measurement of 1e400',
      JSON.stringify({ ...good, measurements: [{ name: 'a', value: 7 }] }).replace(':7', ':1e400'),
      'value_out_of_range',
      /^\/measurements\/0\/value/,
    ],
    [
      'the overflow value of an instrument',
      { ...good, measurements: [{ name: 'a', value: Number.MAX_VALUE }] },
      'value_out_of_range',
      /^\/measurements\/0\/value: .*expected at most 1e\+100/,
    ],
    [
      'a measurement of memory that nobody wrote',
      { ...good, measurements: [{ name: 'a', value: -5e-324 }] },
      'value_out_of_range',
      /^\/measurements\/0\/value: .*expected 0, or at least 1e-100 in magnitude/,
    ],
    ['an area of 2e100', { ...good, inspected_area_cm2: 2e100 }, 'value_out_of_range', /^\/inspected_area_cm2/],
    [
      '2,001 measurements',
      { ...good, measurements: Array(2001).fill({ name: 'a', value: 1 }) },
      'schema_violation',
      /at most 2000 elements/,
    ],
    [
      'a measurement without value',
      { ...good, measurements: [{ name: 'a' }] },
      'schema_violation',
      /^\/measurements\/0\/value: got nothing/,
    ],
    [
      'confidence 1.1',
      { ...good, defects: [{ class: 'a', x_um: 0, y_um: 0, confidence: 1.1 }] },
      'value_out_of_range',
      /^\/defects\/0\/confidence/,
    ],
    ['an area of 0', { ...good, inspected_area_cm2: 0 }, 'value_out_of_range', /^\/inspected_area_cm2: .*more than 0/],
    ['metadata above 16 KiB', { ...good, metadata: { a: 'x'.repeat(16_384) } }, 'schema_violation', /16384 bytes/],
    ['a deep metadata', `{"metadata":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, 'too_deep', /32 levels/],
    ['a NUL in a metadata key', { ...good, metadata: { 'a\0': 1 } }, 'invalid_text', /NUL/],
    [
      'a lone surrogate in a measurement',
      { ...good, measurements: [{ name: '\ud800', value: 1 }] },
      'invalid_text',
      /^\/measurements\/0\/name/,
    ],
    ['started_at in 1999', { ...good, started_at: '1999-01-01T00:00:00Z' }, 'time_out_of_range', /^\/started_at/],
    ['a zone-less time', { ...good, occurred_at: '2026-05-31T12:00:00' }, 'schema_violation', /^\/occurred_at/],
  ])('refuses %s', (_, value, code, detail) => {
    expect(classify(value)).toMatchObject({
      accepted: false,
      refusal: { code, detail: expect.stringMatching(detail) },
    });
  });

  it('keeps the number of dropped fields when the event is replayed', () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (__, i) => [`f${i}`, i]));
    const first = accepted({ ...good, ...fields });
    const { _extra: kept, ...metadata } = first.metadata as { _extra: object };
    const again = accepted({ ...good, ...kept, metadata }, { 'replay-of': 'k', 'replay-count': '1' });
    expect(first.metadata).toMatchObject({ _extra: { _dropped: 236 } });
    expect(again.metadata).toEqual(first.metadata);
  });

  it('drops an unknown field that is too large, and says so', () => {
    const numbers = `[${Array(400_000).fill('1e20').join(',')}]`;
    expect(classify(JSON.stringify(good).replace('{', `{"x":${numbers},`))).toMatchObject({
      accepted: true,
      line: expect.stringContaining('"metadata":{"_extra":{"_dropped":1}}'),
      unknownFields: 1,
    });
  });

  it('decides ordinary events by hand as the schema does', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom('', 'a', '\u{1F600}'.repeat(60), 'x'.repeat(101)),
    );
    const number = fc.oneof(
      fc.integer({ min: -1, max: 11 }),
      fc.double(),
      fc.constantFrom(2_147_483_648, 0, -0, 1e300, 1e100, -1e-100, 1e-101),
    );
    const time = fc.constantFrom(
      '2026-05-31T12:00:00Z',
      '2026-05-31t12:00:00.5z',
      '2026-05-31T12:00:00.123456789Z',
      '12:00',
    );
    const odd = fc.oneof(
      fc.constant(null),
      fc.constant(undefined),
      text,
      number,
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
    );
    const often = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: odd, weight: 1 });
    const uuid = fc.constantFrom(good.event_id, good.event_id.toLowerCase(), good.event_id.slice(1));
    const measurement = fc.record(
      {
        name: often(text),
        value: often(number),
        unit: often(text),
        lower_limit: often(number),
        upper_limit: often(number),
        x: odd,
      },
      { requiredKeys: ['name', 'value'] },
    );
    const defect = fc.record(
      {
        class: often(text),
        x_um: often(number),
        y_um: often(number),
        area_um2: often(number),
        size_um: often(number),
        severity: often(fc.oneof(text, number)),
        confidence: often(fc.double({ min: 0, max: 1.1 })),
        image_uri: often(text),
      },
      { requiredKeys: ['class', 'x_um', 'y_um'] },
    );
    const fields: Record<string, fc.Arbitrary<unknown>> = {
      event_id: uuid,
      site: text,
      lot_id: text,
      chip_id: text,
      inspection_type: text,
      status: fc.constantFrom('completed', 'failed', 'cancelled', 'pending', 'in_progress', 'voided'),
      result: fc.constantFrom('pass', 'fail', null),
      attempt: number,
      run_id: text,
      voids: uuid,
      reason: text,
      priority: number,
      occurred_at: time,
      started_at: time,
      completed_at: time,
      step: text,
      ...ofRunFields({ name: text, integer: number, positive: number }),
      measurements: fc.array(often(measurement), { maxLength: 3 }),
      defects: fc.array(often(defect), { maxLength: 2 }),
      metadata: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), odd, { maxKeys: 3 }),
    };
    const change = fc
      .constantFrom(...Object.keys(fields))
      .chain((key) => fc.tuple(fc.constant(key), often(fields[key]!)));
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), (changes) => {
        const json = JSON.stringify({ ...good, ...Object.fromEntries(changes) });
        const outcome = classify(json);
        // An escape sends an event past the check by hand.
        expect(outcome).toEqual(classify(json.replace('"status"', '"\\u0073tatus"')));
        accepted += outcome.accepted ? 1 : 0;
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('is a pure function and never throws', () => {
    const part = fc.anything({ maxDepth: 3, withNullPrototype: true });
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...Object.keys(good), 'measurements', 'defects', 'metadata', '__proto__', 'x'),
          part,
        ),
        (fields) => {
          const text = JSON.stringify({ ...good, ...fields });
          expect(classify(text)).toEqual(classify(text));
        },
      ),
    );
  });
});
