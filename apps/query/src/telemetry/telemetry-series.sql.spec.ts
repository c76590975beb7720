import { describe, expect, it } from '@jest/globals';
import { formatTime, parseTime } from '@chip/contracts';
import fc from 'fast-check';
import { chooseBuckets, coveredByRollUp } from './telemetry-series.sql.ts';

describe('buckets of a series', () => {
  const range = (length: string): [string, string] => {
    const from = Date.UTC(2026, 2, 2);
    const [, n, unit] = /^(\d+)([mhd])$/.exec(length)!;
    return [
      formatTime(from * 1000),
      formatTime((from + Number(n) * { m: 60e3, h: 3600e3, d: 86400e3 }[unit as 'm' | 'h' | 'd']) * 1000),
    ];
  };

  it.each([
    ['5m', 500, 'raw', 1],
    ['60m', 500, 'raw', 10],
    ['24h', 500, 'raw', 300],
    ['24h', 30, 'hourly', 3600],
    ['24h', 10, 'hourly', 3 * 3600],
    ['2d', 500, 'hourly', 3600],
    ['30d', 100, 'hourly', 8 * 3600],
    ['30d', 30, 'daily', 86400],
    ['123d', 100, 'daily', 2 * 86400],
  ] as const)('%s in %i points: %s of %i s', (length, maxPoints, resolution, seconds) => {
    expect(chooseBuckets(...range(length), maxPoints)).toEqual({ resolution, seconds });
  });

  it('never give more points than requested, wherever the range begins', () => {
    const start = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2050, 0, 1) });
    const length = fc.oneof(fc.nat(86_400_000), fc.nat(1_000_000_000), fc.nat(100_000_000_000));
    fc.assert(
      fc.property(start, length, fc.integer({ min: 2, max: 5000 }), (from, ms, maxPoints) => {
        const [a, b] = [formatTime(from * 1000), formatTime((from + ms) * 1000)];
        const { seconds, resolution } = chooseBuckets(a, b, maxPoints);
        const bucket = (time: string): number =>
          Math.floor((parseTime(time) / 1e6 - Date.UTC(2000, 0, 1) / 1000) / seconds);
        const points = ms === 0 ? 0 : bucket(formatTime((from + ms) * 1000 - 1)) - bucket(a) + 1;
        expect(points).toBeLessThanOrEqual(maxPoints);
        if (resolution === 'raw') {
          expect(ms).toBeLessThanOrEqual(86_400_000);
        }
      }),
    );
  });
});

describe('what points of a roll-up cover', () => {
  it.each([
    ['hourly', '2026-03-02T08:00:00.000001Z', '2026-03-02T09:00:00.000001Z', ['2026-03-02T09', '2026-03-02T10']],
    ['hourly', '2026-03-02T08:00:00.000000Z', '2026-03-02T08:59:59.999999Z', ['2026-03-02T08', '2026-03-02T09']],
    ['hourly', '2026-03-02T08:00:00.000001Z', '2026-03-02T08:59:59.999999Z', null],
    ['daily', '2026-03-01T23:59:59.999999Z', '2026-03-03T00:00:00.000000Z', ['2026-03-02T00', '2026-03-03T00']],
  ] as const)('%s [%s, %s)', (resolution, from, to, hours) => {
    const [first, end] = hours?.map((hour) => `${hour}:00:00.000000Z`) ?? [];
    const covered = hours && { from: first, to: end };
    expect(coveredByRollUp({ metric_name: 'm', from, to }, resolution)).toEqual(covered);
  });

  it('ends with the last representable time', () => {
    const [from, to] = ['9999-12-30T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z'];
    expect(coveredByRollUp({ metric_name: 'm', from, to }, 'daily')).toEqual({ from, to });
  });
});
