/** Yield of units, from their counts. */

export interface UnitYield {
  readonly units: number;
  readonly passed: number;
  readonly failed: number;
  /** Passed / units; null without units. */
  readonly yield: number | null;
  /** Defective parts per million: 1e6 x failed / units; null without units. */
  readonly dppm: number | null;
}

export const unitYield = (units: number, passed: number): UnitYield => ({
  units,
  passed,
  failed: units - passed,
  yield: units === 0 ? null : passed / units,
  dppm: units === 0 ? null : (1e6 * (units - passed)) / units,
});

/** First attempts at one operation (inspection type and step) of the units of one product. */
export interface OperationCounts {
  readonly product: string | null;
  readonly inspection_type: string;
  readonly step: string;
  readonly units: number;
  readonly passed: number;
}

/** First-pass yield of one operation, over all products. */
export interface OperationYield extends Omit<OperationCounts, 'product'> {
  readonly yield: number;
}

export interface RolledThroughput {
  /** Product of the first-pass yields; null across products with different routes, as no unit goes through all of them. */
  readonly yield: number | null;
  readonly dppm: number | null;
  readonly steps: OperationYield[];
}

/**
 * Rolled throughput yield: the fraction of units that pass first time at every operation.
 *
 * @param operations each with at least one unit; those of one product form its route
 */
export function rolledThroughput(operations: readonly OperationCounts[]): RolledThroughput {
  const routes = new Map<string | null, string[]>();
  const sums = new Map<string, { inspection_type: string; step: string; units: number; passed: number }>();
  for (const { product, inspection_type, step, units, passed } of operations) {
    const name = JSON.stringify([inspection_type, step]);
    routes.set(product, [...(routes.get(product) ?? []), name]);
    const sum = sums.get(name) ?? { inspection_type, step, units: 0, passed: 0 };
    sum.units += units;
    sum.passed += passed;
    sums.set(name, sum);
  }
  const steps = [...sums.values()].map((sum) => ({ ...sum, yield: sum.passed / sum.units }));
  const isOneRoute = new Set([...routes.values()].map((route) => route.join())).size === 1;
  const rolled = isOneRoute ? steps.reduce((product, step) => product * step.yield, 1) : null;
  return { yield: rolled, dppm: rolled === null ? null : 1e6 * (1 - rolled), steps };
}
