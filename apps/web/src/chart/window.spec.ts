import { expect, it } from '@jest/globals';
import { endOfBaseline, windowOf } from './window.ts';

const at = (time: string): string => `2026-03-02T${time}Z`;
/** Lots in the order in which they began; the first took longer than the second. */
const LOTS = [
  { first_at: at('08:10:00.25'), last_at: at('14:20:00') },
  { first_at: at('09:30:00'), last_at: at('10:00:00.000001') },
  { first_at: at('12:00:00'), last_at: at('13:00:00') },
];

it('reaches from the beginning of the first sample over the end of each, at whole hours', () => {
  expect(windowOf(LOTS, undefined)).toEqual({ from: at('08:00:00.000'), to: at('15:00:00.000') });
  expect(windowOf([], undefined)).toBeUndefined();
});

it('begins with the range of the chart: values before it are in none of its samples', () => {
  expect(windowOf(LOTS, at('08:05:00.000'))).toMatchObject({ from: at('08:05:00.000') });
});

it('ends a baseline behind every value of its samples, or where the first sample that is not in it begins', () => {
  const endAt = (last: number): string => new Date(endOfBaseline(LOTS, last)).toISOString();
  expect(endAt(2)).toBe(at('14:20:00.001'));
  expect(endAt(1)).toBe(at('12:00:00.000'));
  // Samples that begin together: the whole of the last one.
  const together = [LOTS[1]!, { ...LOTS[1]!, last_at: at('11:00:00') }];
  expect(new Date(endOfBaseline(together, 0)).toISOString()).toBe(at('10:00:00.001'));
});
