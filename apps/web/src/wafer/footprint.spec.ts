import { expect, it } from '@jest/globals';
import { DiceGrid } from './footprint.ts';

it('takes memory for the dice of each wafer of a gallery, not for the room between a stray die and the others', () => {
  const before = process.memoryUsage().arrayBuffers;
  const grids = Array.from(
    { length: 25 },
    () => new DiceGrid([[0, 0, 'pass']], { xMin: 0, xMax: 3_999, yMin: 0, yMax: 3_999 }),
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  expect([grids[0]?.indexAt(0, 0), grids[0]?.indexAt(3_999, 3_999)]).toEqual([0, undefined]);
});
