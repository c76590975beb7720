import { Database } from '@chip/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { type CostClass } from '../access/rights.ts';

/** Connections of statistics, and of exports, which hold theirs for as long as the reader takes. */
export const STATISTICS_POOL = Symbol('statistics pool');
export const EXPORTS_POOL = Symbol('exports pool');

/**
 * The connections to read with, in a pool for each class of cost: costly questions wait for each other, never cheap ones
 * for them, and the few that run at once leave the database to ingestion.
 */
@Injectable()
export class Pools {
  constructor(
    private readonly light: Database,
    @Inject(STATISTICS_POOL) private readonly statistics: Database,
    @Inject(EXPORTS_POOL) private readonly exports: Database,
  ) {}

  of(cost: CostClass): Database {
    return { light: this.light, write: this.light, statistic: this.statistics, export: this.exports }[cost];
  }
}
