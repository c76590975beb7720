import { expect, it } from '@jest/globals';
import { restartDelayMs } from './supervisor.ts';

it('starts a part again at once, then ever later, always within 5 s', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 50].map(restartDelayMs);
  expect(delays[0]).toBeLessThanOrEqual(200);
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(Math.max(...delays)).toBeLessThan(5_000);
});
