import { describe, expect, it } from '@jest/globals';
import { formatTime, parseTime } from '@chip/contracts';
import fc from 'fast-check';
import { addUp, cutAtHours } from './telemetry-summary.sql.ts';

const at = (time: string): string => formatTime(parseTime(`2026-03-02T${time}Z`));

describe('cutting a range at full hours', () => {
  it.each([
    ['08:00:00', '10:00:00', null, ['08:00:00', '10:00:00'], null],
    ['08:30:00', '10:15:00', ['08:30:00', '09:00:00'], ['09:00:00', '10:00:00'], ['10:00:00', '10:15:00']],
    ['08:30:00', '09:15:00', ['08:30:00', '09:00:00'], null, ['09:00:00', '09:15:00']],
    ['08:30:00', '08:45:00', ['08:30:00', '08:45:00'], null, null],
    ['08:30:00', '09:00:00', ['08:30:00', '09:00:00'], null, null],
    ['08:00:00', '08:45:00', null, null, ['08:00:00', '08:45:00']],
    ['08:00:00', '08:00:00', null, null, null],
    ['08:30:00', '08:30:00', null, null, null],
  ])('[%s, %s)', (from, to, head, whole, tail) => {
    const cut = cutAtHours(at(from), at(to));
    const range = (piece: { from: string; to: string } | null) => piece && [piece.from, piece.to];
    expect(range(cut.head)).toEqual(head && head.map(at));
    expect(range(cut.whole)).toEqual(whole && whole.map(at));
    expect(range(cut.tail)).toEqual(tail && tail.map(at));
  });

  it('is exact up to the last representable microsecond', () => {
    const [last, to] = ['9999-12-31T23:00:00.000000Z', '9999-12-31T23:59:59.999999Z'];
    expect(cutAtHours(at('08:00:00'), to)).toEqual({
      head: null,
      whole: { from: at('08:00:00'), to: last },
      tail: { hour: last, from: last, to },
    });
  });

  it('pieces leave no hole, and each partial piece lies within its hour', () => {
    const time = fc
      .integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) })
      .map((ms) => ms * 1000 + (ms % 997));
    const length = fc.oneof(fc.nat(10_000_000), fc.nat(400_000_000_000));
    fc.assert(
      fc.property(time, length, (start, microseconds) => {
        const [from, to] = [formatTime(start), formatTime(start + microseconds)];
        const cut = cutAtHours(from, to);
        const pieces = [cut.head, cut.whole, cut.tail].filter((piece) => piece !== null);
        let at = from;
        for (const piece of pieces) {
          expect(piece.from).toBe(at);
          expect(piece.from < piece.to).toBe(true);
          at = piece.to;
        }
        expect(at).toBe(to);
        for (const piece of [cut.head, cut.tail]) {
          if (piece) {
            expect(piece.from >= piece.hour).toBe(true);
            expect(parseTime(piece.to) - parseTime(piece.hour)).toBeLessThanOrEqual(3_600_000_000);
          }
        }
      }),
    );
  });
});

it('adds up sums of the same service, and drops services without samples', () => {
  const sums = (
    service_name: string,
    sample_count: number,
    sum_value: number,
    min_value: number,
    max_value: number,
  ) => ({
    service_name,
    sample_count,
    sum_value,
    min_value,
    max_value,
  });
  expect(
    addUp([sums('a', 2, 10, -1, 9), sums('b', 0, 0, NaN, NaN), sums('a', 1, 1, 1, 1), sums('c', 1, -5, -5, -5)]),
  ).toEqual([sums('a', 3, 11, -1, 9), sums('c', 1, -5, -5, -5)]);
});
