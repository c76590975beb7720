import { describe, expect, it } from '@jest/globals';
import { waitFor, WaitTimeoutError } from './wait-for.ts';

describe('waitFor', () => {
  it('looks again until the state is as expected, and yields it', async () => {
    let looks = 0;
    expect(
      await waitFor(
        () => ++looks,
        (state) => state === 3,
        { intervalMs: 1 },
      ),
    ).toBe(3);
    expect(looks).toBe(3);
  });

  it('takes an error of the look for "not yet"', async () => {
    let looks = 0;
    const look = (): string => {
      if (++looks < 3) {
        throw new Error('not there');
      }
      return 'there';
    };
    expect(await waitFor(look, Boolean, { intervalMs: 1 })).toBe('there');
  });

  it('gives up at the deadline and tells the last state', async () => {
    const late = waitFor(
      () => ({ rows: 7, offset: 12n, by: new Map([['a', 1]]) }),
      () => false,
      { timeoutMs: 20, intervalMs: 1 },
    );
    await expect(late).rejects.toBeInstanceOf(WaitTimeoutError);
    await expect(late).rejects.toThrow('{"rows":7,"offset":"12n","by":[["a",1]]}');
  });

  it('gives up at the deadline and tells the last error', async () => {
    const cause = new Error('no route');
    await expect(waitFor(() => Promise.reject(cause), Boolean, { timeoutMs: 20, intervalMs: 1 })).rejects.toMatchObject(
      { cause, message: expect.stringContaining('no route') },
    );
  });
});
