import { describe, expect, it } from '@jest/globals';
import { Workers } from './workers.ts';

describe('Workers', () => {
  it.each(['ends', 'is aborted'])('announce that they may hold less as soon as work %s', async (how) => {
    const workers = new Workers(1, () => undefined);
    const end = Promise.withResolvers<void>();
    const abort = new AbortController();
    workers.start({ partition: 0, bytes: 7, signal: abort.signal, run: () => end.promise });
    await new Promise(setImmediate);
    let isAnnounced = false;
    const change = workers.change(2 ** 31 - 1).then(() => (isAnnounced = true));
    await new Promise(setImmediate);
    expect([isAnnounced, workers.movingBytes]).toEqual([false, 7]);
    if (how === 'ends') {
      end.resolve();
    } else {
      abort.abort();
    }
    await change;
    expect(workers.movingBytes).toBe(0);
    end.resolve();
    await workers.ended();
    expect(workers.bytes).toBe(0);
  });
});
