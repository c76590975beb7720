import { describe, expect, it } from '@jest/globals';
import { parseTime } from '@chip/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { endsInOrder, integerParameter, nameParameter, timeParameter, timeRange } from './parameters.ts';

describe('times', () => {
  it.each([
    ['2008-07-01T00:00:00Z', '2008-07-01T00:00:00.000000Z'],
    ['2008-07-01T02:00:00+02:00', '2008-07-01T00:00:00.000000Z'],
    ['2008-06-30T10:00:00.1234567-14:00', '2008-07-01T00:00:00.123456Z'],
    ['1000-01-01T00:00:00Z', '1000-01-01T00:00:00.000000Z'],
    ['0999-12-31T23:00:00-01:00', '1000-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['2300-01-01T01:00:00.1234567+01:00', '2300-01-01T00:00:00.123456Z'],
  ])('%s is the instant %s', (text, canonical) => {
    expect(timeParameter.parse(text)).toBe(canonical);
  });

  it.each([
    '2008-07-01',
    '2008-07-01 00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0099-12-31T23:59:59Z',
    '0999-01-01T00:00:00Z',
    '1000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-01:00',
    'now',
    'infinity',
    '',
  ])('%p is refused', (text) => {
    expect(timeParameter.safeParse(text).success).toBe(false);
  });

  it('is canonical or refused, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
        (text) => {
          const parsed = timeParameter.safeParse(text);
          return !parsed.success || (parsed.data.length === 27 && parseTime(parsed.data) === parseTime(text));
        },
      ),
    );
  });

  it('a range may be open or empty, but not reversed', () => {
    const range = z.strictObject(timeRange('x', { from: '', to: '' })).superRefine(endsInOrder);
    const [early, late] = ['2008-07-01T00:00:00Z', '2008-07-01T00:00:00.000001Z'];
    expect(range.safeParse({}).success).toBe(true);
    expect(range.safeParse({ to: early }).success).toBe(true);
    expect(range.safeParse({ from: early, to: early }).success).toBe(true);
    expect(range.safeParse({ from: late, to: early }).success).toBe(false);
  });
});

it('integers are plain decimal digits in their bounds', () => {
  const limit = integerParameter(1, 500);
  expect(['1', '007', '500'].map((text) => limit.parse(text))).toEqual([1, 7, 500]);
  for (const text of ['0', '501', '-1', '1.0', '1e2', '0x1', ' 1', '1 ', '', '+1', '١', undefined, ['1', '2']]) {
    expect(limit.safeParse(text).success).toBe(false);
  }
});

it('integers reach as far as numbers are exact', () => {
  const offset = integerParameter(0, Number.MAX_SAFE_INTEGER);
  expect(offset.parse(String(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
  for (const text of ['9007199254740992', '9007199254740993', '90071992547409910']) {
    expect(offset.safeParse(text).success).toBe(false);
  }
});

it('names count characters, not UTF-16 units, and cannot hold NUL', () => {
  const name = nameParameter('', '', 3);
  expect(name.safeParse('😀😀😀').success).toBe(true);
  expect(name.safeParse('😀😀😀😀').success).toBe(false);
  for (const text of ['', 'abcd', 'a\0']) {
    expect(name.safeParse(text).success).toBe(false);
  }
});
