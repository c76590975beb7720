import { describe, expect, it } from '@jest/globals';
import { AppError } from '../errors/app-error.ts';
import { DeadlineExceededError, retry, withDeadline } from './retry.ts';

class Passing extends AppError {
  readonly code = 'kafka_unavailable';
  readonly retriable = true;
}
class Lasting extends AppError {
  readonly code = 'kafka_refused';
  readonly retriable = false;
}

const failing = (times: number, error: Error) => {
  let calls = 0;
  return async (attempt: number): Promise<string> => {
    calls++;
    expect(attempt).toBe(calls);
    if (calls <= times) {
      throw error;
    }
    return `after ${calls}`;
  };
};

describe('retry', () => {
  it('repeats a retriable failure until it succeeds', async () => {
    const delays: number[] = [];
    const options = {
      budgetMs: 5_000,
      firstDelayMs: 4,
      maxDelayMs: 10,
      onRetry: (_: unknown, __: number, delayMs: number) => delays.push(delayMs),
    };
    expect(await retry(failing(4, new Passing('x')), options)).toBe('after 5');
    // 4, 8, 10, 10, each times 0.5 to 1.
    for (const [index, longest] of [4, 8, 10, 10].entries()) {
      expect(delays[index]).toBeLessThanOrEqual(longest);
      expect(delays[index]).toBeGreaterThanOrEqual(longest / 2);
    }
  });

  it('throws any other failure at once and unchanged', async () => {
    const error = new Lasting('x');
    await expect(retry(failing(1, error), { budgetMs: 5_000 })).rejects.toBe(error);
    const unknown = new Error('not ours');
    await expect(retry(failing(1, unknown), { budgetMs: 5_000 })).rejects.toBe(unknown);
  });

  it('lets the caller decide what is retriable', async () => {
    expect(await retry(failing(1, new Error('x')), { budgetMs: 5_000, firstDelayMs: 1, isRetriable: () => true })).toBe(
      'after 2',
    );
  });

  it('stops within one total budget and names the last failure as the cause', async () => {
    const error = new Passing('x');
    let pausesMs = 0;
    const promise = retry(failing(Infinity, error), {
      budgetMs: 200,
      firstDelayMs: 20,
      onRetry: (_, __, delayMs) => (pausesMs += delayMs),
    });
    await expect(promise).rejects.toBeInstanceOf(DeadlineExceededError);
    await expect(promise).rejects.toMatchObject({ cause: error, retriable: true });
    // Checks the pauses, not the clock: timers are late on a loaded machine.
    expect(pausesMs).toBeGreaterThan(0);
    expect(pausesMs).toBeLessThanOrEqual(200);
  });

  it('neither begins nor keeps waiting once it is aborted', async () => {
    const reason = new Error('stop');
    await expect(retry(failing(0, reason), { budgetMs: 5_000, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const abort = new AbortController();
    const promise = retry(failing(Infinity, new Passing('x')), {
      budgetMs: 60_000,
      firstDelayMs: 60_000,
      maxDelayMs: 60_000,
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(reason), 10);
    // The first pause is 30 to 60 s.
    await expect(promise).rejects.toBe(reason);
  });
});

describe('withDeadline', () => {
  it('yields the result, or the error, of work that is in time', async () => {
    expect(await withDeadline(Promise.resolve(1), 1_000, 'work')).toBe(1);
    await expect(withDeadline(Promise.reject(new Error('own')), 1_000, 'work')).rejects.toThrow('own');
  });

  it('does not wait for late work, and survives its later failure', async () => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('too late to matter')), 40));
    await expect(withDeadline(late, 10, 'the work')).rejects.toThrow('the work took longer than 10 ms');
    await expect(late).rejects.toThrow();
  });
});
