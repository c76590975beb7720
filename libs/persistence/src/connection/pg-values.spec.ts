import { describe, expect, it } from '@jest/globals';
import { parseTime } from '@chip/contracts';
import fc from 'fast-check';
import { parseBigint, parseMicros, parseTimestamptz } from './pg-values.ts';

describe('values from PostgreSQL', () => {
  it.each([
    ['2026-01-20 10:30:00+00', '2026-01-20T10:30:00Z'],
    ['2026-01-20 10:30:00.123456+00', '2026-01-20T10:30:00.123456Z'],
    ['2026-01-20 00:30:00.000001+05:30', '2026-01-19T19:00:00.000001Z'],
    ['2026-01-20 22:30:00-03:30', '2026-01-21T02:00:00Z'],
    ['1890-01-01 00:00:00+00:19:32', '1889-12-31T23:40:28Z'],
    ['infinity', 'infinity'],
  ])('reads timestamptz %s as %s', (text, expected) => {
    expect(parseTimestamptz(text)).toBe(expected);
    expect(parseMicros(text)).toBe(parseTime(expected));
  });

  it('reads any time in UTC as the same microseconds', () => {
    const micros = fc.integer({ min: -50_000_000_000_000_000 / 8, max: 9_000_000_000_000_000 });
    fc.assert(
      fc.property(micros, fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (at, rest, digits) => {
        const seconds = new Date(at / 1000).toISOString().slice(0, 19).replace('T', ' ');
        const fraction = digits === 0 ? '' : `.${String(rest).padStart(6, '0').slice(0, digits)}`;
        const text = `${seconds}${fraction}+00`;
        expect(parseMicros(text)).toBe(parseTime(parseTimestamptz(text)));
      }),
    );
  });

  it('refuses a bigint that a number would round', () => {
    expect(parseBigint('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseBigint('9007199254740992')).toThrow('select it as text');
  });
});
