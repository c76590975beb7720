import { expect, it } from '@jest/globals';
import { formatFigures, increase } from './live-line.ts';

it('shows whole numbers', () => {
  const figures = { eventsPerSecond: 1234.4, rowsPerSecond: 1200, ingestLag: 12, writerLag: 3, deadLetters: 1 };
  expect(formatFigures(figures)).toBe(
    '1,234 events/s in | 1,200 rows/s committed | lag 12 events, 3 blocks | dead letters 1',
  );
});

it('does not take what a counter shows at first sight for new', () => {
  expect(increase(undefined, 500)).toBe(0);
});

it('counts on from 0 after a restart of the service', () => {
  expect(increase(500, 530)).toBe(30);
  expect(increase(500, 20)).toBe(20);
});
