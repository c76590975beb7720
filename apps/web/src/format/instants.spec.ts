import { expect, it } from '@jest/globals';
import { compareTimes } from './instants.ts';

it('orders times within one second, whatever zeros they leave out', () => {
  const rising = [
    '2026-03-02T07:59:59.999999Z',
    '2026-03-02T08:00:00Z',
    '2026-03-02T08:00:00.000001Z',
    '2026-03-02T08:00:00.05Z',
    '2026-03-02T08:00:00.5Z',
    '2026-03-02T08:00:00.51Z',
    '2026-03-02T08:00:01Z',
  ];
  expect([...rising].reverse().sort(compareTimes)).toEqual(rising);
  expect(compareTimes('2026-03-02T08:00:00.5Z', '2026-03-02T08:00:00.5Z')).toBe(0);
});
