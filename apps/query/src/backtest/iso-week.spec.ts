import { describe, expect, it } from '@jest/globals';
import { isoWeek } from './iso-week.ts';

describe('isoWeek', () => {
  it.each([
    ['2008-07-19T11:55:00Z', '2008-W29'],
    ['2026-01-01T00:00:00Z', '2026-W01'],
    ['2027-01-03T23:59:59.999999Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
    ['2024-12-30T00:00:00Z', '2025-W01'],
    ['2000-02-29T12:00:00Z', '2000-W09'],
  ])('%s lies in %s', (time, week) => {
    expect(isoWeek(time)).toBe(week);
  });
});
