import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../http/problem.error.ts';
import { type Caller } from './caller.ts';
import { type CostClass } from './rights.ts';

/** Requests per minute and caller, by class. */
export type RateLimits = Readonly<Record<CostClass, number>>;

/** Counts the requests of each caller by class, within this process only: n instances admit n times as many. */
export class CallerRates {
  readonly #limiters: Readonly<Record<CostClass, RateLimiterMemory>>;

  constructor(limits: RateLimits) {
    const limiter = (cost: CostClass): RateLimiterMemory =>
      new RateLimiterMemory({ points: limits[cost], duration: 60, keyPrefix: cost });
    this.#limiters = {
      light: limiter('light'),
      statistic: limiter('statistic'),
      export: limiter('export'),
      write: limiter('write'),
    };
  }

  /** @throws Problem 429 with the seconds to wait */
  async count({ countedAs }: Caller, cost: CostClass): Promise<void> {
    if (countedAs === undefined) {
      return;
    }
    try {
      await this.#limiters[cost].consume(countedAs);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) {
        throw error;
      }
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      throw new Problem(
        429,
        'rate_limited',
        `too many requests of class ${cost}: wait ${seconds} s`,
        [],
        undefined,
        seconds,
      );
    }
  }
}
