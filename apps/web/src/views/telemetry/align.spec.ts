import { expect, it } from '@jest/globals';
import { alignedTo, timesOf } from './align.ts';

const point = (second: number, avg_value: number) => ({
  time: new Date(second * 1000).toISOString(),
  avg_value,
  min_value: avg_value,
  max_value: avg_value,
  sample_count: 1,
});

it('passes over times of other series, and interrupts a line where its own series is silent', () => {
  const one = { points: [point(0, 1), point(10, 2), point(100, 3)] };
  const other = { points: [point(5, 9), point(10, 8), point(50, 7), point(105, 6)] };
  const times = timesOf([one, other]);
  expect(times).toEqual([0, 5, 10, 50, 100, 105]);
  expect(alignedTo(times, one.points, ({ avg_value }) => avg_value, 1)).toEqual([1, undefined, 2, null, 3, null]);
  expect(alignedTo(times, other.points, ({ avg_value }) => avg_value, 1)).toEqual([null, 9, 8, 7, null, 6]);
});

it('takes a series without points, and one with a single point', () => {
  expect(alignedTo([1, 2], [], ({ avg_value }) => avg_value, 1)).toEqual([null, null]);
  expect(alignedTo([1, 2], [point(2, 5)], ({ avg_value }) => avg_value, 1)).toEqual([null, 5]);
});
