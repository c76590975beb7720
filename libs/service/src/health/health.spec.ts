import { describe, expect, it } from '@jest/globals';
import { Health } from './health.ts';

describe('Health', () => {
  it('is up without indicators, and checks live and ready separately', async () => {
    const health = new Health();
    expect(await health.live()).toEqual({ status: 'up', checks: {} });
    health.addReady({ name: 'database', check: () => ({ state: 'down', reason: 'no connection' }) });
    expect(await health.live()).toEqual({ status: 'up', checks: {} });
    expect(await health.ready()).toEqual({
      status: 'down',
      checks: { database: { state: 'down', reason: 'no connection' } },
    });
  });

  it('names every indicator, even when one fails or never answers', async () => {
    const health = new Health();
    health.addLive({ name: 'good', check: async () => ({ state: 'up' }) });
    health.addLive({
      name: 'throwing',
      check: () => {
        throw new Error('cannot look');
      },
    });
    health.addLive({ name: 'rejecting', check: () => Promise.reject(new Error('cannot look either')) });
    health.addLive({ name: 'silent', check: () => new Promise(() => undefined) });
    expect(await health.live()).toEqual({
      status: 'down',
      checks: {
        good: { state: 'up' },
        throwing: { state: 'down', reason: 'cannot look' },
        rejecting: { state: 'down', reason: 'cannot look either' },
        silent: { state: 'down', reason: 'no answer within 3000 ms' },
      },
    });
  });

  it('stays up while a part is degraded, and names it', async () => {
    const health = new Health();
    const state = { state: 'degraded', reason: 'no connection' } as const;
    health.addReady({ name: 'telemetry', check: () => state });
    expect(await health.ready()).toEqual({ status: 'up', checks: { telemetry: state } });
  });

  it('refuses a second indicator of the same name', () => {
    const health = new Health();
    const indicator = { name: 'kafka', check: () => ({ state: 'up' }) as const };
    health.addLive(indicator);
    health.addReady(indicator);
    expect(() => health.addLive(indicator)).toThrow('two health indicators are named kafka');
  });
});
