import { type Database } from '@chip/persistence';
import { type CostClass } from '../access/rights.ts';

/** {@link Pools} of telemetry; null when it has no database of its own. */
export const OWN_TELEMETRY = Symbol('own telemetry');

/**
 * The connections to read with, in a pool for each class of cost: costly questions wait for each other, never cheap ones
 * for them, and the few that run at once leave the database to ingestion.
 */
export class Pools {
  /** @param exports hold their connections for as long as their readers take */
  constructor(
    private readonly light: Database,
    private readonly statistics: Database,
    private readonly exports: Database,
  ) {}

  of(cost: CostClass): Database {
    return { light: this.light, write: this.light, statistic: this.statistics, export: this.exports }[cost];
  }
}
