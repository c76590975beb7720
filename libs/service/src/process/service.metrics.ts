import { collectDefaultMetrics, Registry } from 'prom-client';
import { measureCertificates } from './certificates.ts';

/**
 * Creates the metrics registry of a process, which is injected where needed. With prom-client's global registry, two
 * services in one test process would share counters.
 */
export function createMetricsRegistry(labels: { service: string; instance: string }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  measureCertificates(registry);
  collectDefaultMetrics({ register: registry });
  return registry;
}
