import { expect, it } from '@jest/globals';
import { createMetricsRegistry } from './service.metrics.ts';

it('measures the process from the first reading on, which has samples already', async () => {
  const registry = createMetricsRegistry({ service: 's', instance: 'i' });
  expect(registry.getSingleMetric('nodejs_eventloop_lag_p99_seconds')).toBeUndefined();
  const [text] = await Promise.all([registry.metrics(), registry.metrics()]);
  const read = (name: string): number => Number(new RegExp(`^${name}{.*} (.*)$`, 'm').exec(text)?.[1]);
  for (const name of ['min', 'mean', 'p99', 'max']) {
    expect([name, read(`nodejs_eventloop_lag_${name}_seconds`)]).toEqual([name, expect.any(Number)]);
    expect(read(`nodejs_eventloop_lag_${name}_seconds`)).toBeGreaterThan(0);
    expect(read(`nodejs_eventloop_lag_${name}_seconds`)).toBeLessThan(60);
  }
});
