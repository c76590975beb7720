import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatTime, isDay, isTimePlausible, parseTime } from './time.ts';

const us = (iso: string): number => Date.parse(iso) * 1000;

describe('times of the contract', () => {
  it.each([
    ['2026-03-14T09:26:53Z', us('2026-03-14T09:26:53Z')],
    ['2026-03-14t09:26:53z', us('2026-03-14T09:26:53Z')],
    ['2026-03-14T09:26:53.5Z', us('2026-03-14T09:26:53Z') + 500_000],
    ['2026-03-14T09:26:53.589793Z', us('2026-03-14T09:26:53Z') + 589_793],
    ['2026-03-14T09:26:53.589793999Z', us('2026-03-14T09:26:53Z') + 589_793],
    ['2026-03-14T09:26:53+14:00', us('2026-03-13T19:26:53Z')],
    ['2026-03-14T09:26:53-05:30', us('2026-03-14T14:56:53Z')],
    ['2024-02-29T00:00:00Z', us('2024-02-29T00:00:00Z')],
    ['1969-12-31T23:59:59.999999Z', -1],
  ])('reads %s', (text, expected) => expect(parseTime(text)).toBe(expected));

  it.each([
    ['no zone', '2026-03-14T09:26:53'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2025-02-29T00:00:00Z'],
    ['29 February 2100', '2100-02-29T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['24:00:00', '2026-01-01T24:00:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['ten fractional digits', '2026-01-01T00:00:00.0123456789Z'],
    ['an empty fraction', '2026-01-01T00:00:00.Z'],
    ['an offset above 14:00', '2026-01-01T00:00:00+14:01'],
    ['an offset without colon', '2026-01-01T00:00:00+0200'],
    ['a space for the T', '2026-01-01 00:00:00Z'],
    ['a date', '2026-01-01'],
    ['something behind', '2026-01-01T00:00:00Zx'],
    ['words', 'yesterday at lunch time'],
    ['a number', 1_700_000_000],
    ['nothing', undefined],
  ])('refuses %s', (_, text) => expect(parseTime(text)).toBeNaN());

  it('writes and reads back any microsecond, as text that sorts as time does', () => {
    const times = fc.integer({ min: Date.UTC(2000, 0, 1) * 1000, max: Date.UTC(2200, 0, 1) * 1000 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(parseTime(formatTime(a))).toBe(a);
        expect(formatTime(a) < formatTime(b)).toBe(a < b);
      }),
    );
  });

  it('knows the days of the calendar', () => {
    const given = ['2026-01-20', '2024-02-29', '2026-02-30', '2026-13-01', '2026-1-20', '20260120', '2026-01-20T'];
    expect(given.map(isDay)).toEqual([true, true, false, false, false, false, false]);
  });

  it('judges plausibility against the record, to the microsecond', () => {
    const record = Date.UTC(2026, 0, 1);
    expect(isTimePlausible((record + 600_000) * 1000, record)).toBe(true);
    expect(isTimePlausible((record + 600_000) * 1000 + 1, record)).toBe(false);
    expect(isTimePlausible(Date.UTC(2000, 0, 1) * 1000, record)).toBe(true);
    expect(isTimePlausible(Date.UTC(2000, 0, 1) * 1000 - 1, record)).toBe(false);
  });
});
