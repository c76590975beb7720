import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { ReaderPace } from './reader-pace.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it('waits for no reader once it has stopped, also when a chunk is ready only then', () => {
  const before = timers();
  const pace = new ReaderPace({ EXPORT_MAX_SECONDS: 900, EXPORT_STALL_SECONDS: 30 });
  pace.give(1);
  expect(timers()).toBe(before + 2);
  pace.stop();
  // The reader left while the rows of this chunk were read.
  pace.give(1);
  expect(timers()).toBe(before);
});

it('reports a limit that was exceeded before a callback was set', async () => {
  const pace = new ReaderPace({ EXPORT_MAX_SECONDS: 0, EXPORT_STALL_SECONDS: 30 });
  // The first rows took as long as the whole export may: Node runs a timer of a later moment after that of an earlier one.
  await delay(10);
  const reasons: string[] = [];
  pace.onLate((reason) => reasons.push(reason));
  expect(reasons).toEqual(['the export took longer than 0 s']);
  pace.stop();
});
