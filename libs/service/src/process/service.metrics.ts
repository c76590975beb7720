import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { measureCertificates } from './certificates.ts';

/** The first samples of the event loop's delay are there by then. */
const FIRST_SAMPLES_MS = 25;

/**
 * Measures the process itself from the first reading on: to sample the delay of the event loop, a hundred times a second,
 * is up to half of what an idle service computes.
 */
class ProcessRegistry extends Registry {
  #begun: Promise<void> | undefined;

  override async metrics(): Promise<string> {
    this.#begun ??= this.#begin();
    await this.#begun;
    return super.metrics();
  }

  #begin(): Promise<void> {
    collectDefaultMetrics({ register: this });
    return sleep(FIRST_SAMPLES_MS);
  }
}

/**
 * Creates the metrics registry of a process, which is injected where needed. With prom-client's global registry, two
 * services in one test process would share counters.
 */
export function createMetricsRegistry(labels: { service: string; instance: string }): Registry {
  const registry = new ProcessRegistry();
  registry.setDefaultLabels(labels);
  measureCertificates(registry);
  return registry;
}
