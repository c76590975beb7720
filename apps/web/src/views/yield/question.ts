import { type Filters } from '../../filters/filter-bar.tsx';

export const KINDS = ['final', 'first_pass', 'insertion', 'rolled_throughput'] as const;
export const BUCKETS = ['hour', 'day', 'week', 'month'] as const;

/** What every panel of the view is about. */
export interface YieldChoice extends Filters {
  readonly from: string | undefined;
  readonly kind: (typeof KINDS)[number];
}

/** The attempts that a kind of yield counts, for what has no kinds. */
export const policyOf = ({ kind }: YieldChoice): 'last' | 'first' | 'all' =>
  kind === 'insertion' ? 'all' : kind === 'final' ? 'last' : 'first';

export const filtersOf = ({ product, step, equipment_id, from }: YieldChoice) => ({
  product,
  step,
  equipment_id,
  from,
});
