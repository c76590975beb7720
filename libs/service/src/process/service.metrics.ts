import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * The one metrics registry of a process, injected where it is needed. prom-client's global registry is not used: with
 * it two services in one test process would share counters.
 */
export function createMetricsRegistry(labels: { service: string; instance: string }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  collectDefaultMetrics({ register: registry });
  return registry;
}
