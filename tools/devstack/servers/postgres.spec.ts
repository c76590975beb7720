import { expect, it } from '@jest/globals';
import { walLimitGib } from './postgres.ts';

it.each([
  [1000, 8],
  [40, 5],
  [4, 1],
])('with %d GiB free, the write-ahead log may take %d GiB', (freeGib, limit) => {
  expect(walLimitGib(freeGib * 1024 ** 3)).toBe(limit);
});
