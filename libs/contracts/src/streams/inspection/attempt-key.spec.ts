import { expect, it } from '@jest/globals';
import { attemptKey } from './attempt-key.ts';

it('names an attempt by what it voids, else by number, else by run, else by its event', () => {
  const event_id = '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a10';
  expect(attemptKey({ event_id, attempt: 2, run_id: 'R' })).toBe('a:2');
  expect(attemptKey({ event_id, run_id: 'R' })).toBe('r:R');
  expect(attemptKey({ event_id, run_id: 'R', voids: 'X' })).toBe('e:X');
  expect(attemptKey({ event_id })).toBe(`e:${event_id}`);
});
