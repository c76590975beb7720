import { expect, it } from '@jest/globals';
import { together } from './together.ts';

it('tells the others when one fails, and awaits their end', async () => {
  let hasEnded = false;
  const waits = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () =>
        queueMicrotask(() => {
          hasEnded = true;
          reject(new Error('told to end'));
        }),
      ),
    );
  const fails = () => Promise.reject(new Error('the reason'));
  await expect(together(new AbortController().signal, waits, fails)).rejects.toThrow('the reason');
  expect(hasEnded).toBe(true);
});

it('gives the results in the order of the tasks', async () => {
  const results = await together<[number, string]>(
    new AbortController().signal,
    async () => 1,
    async () => 'two',
  );
  expect(results).toEqual([1, 'two']);
});
