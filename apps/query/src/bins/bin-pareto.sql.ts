import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export const BINS = ['hard', 'soft'] as const;
export type Bin = (typeof BINS)[number];

export interface BinCount {
  /** null: the counted attempt has no such bin. */
  readonly key: number | null;
  readonly count: number;
  readonly passed: number;
}

/** Units per bin of their chosen attempt; with policy all, attempts per bin. */
export function binCounts(
  snapshot: Queryable,
  question: AttemptQuestion & { readonly result?: string | undefined },
  bin: Bin,
): Promise<BinCount[]> {
  const where = new SqlConditions().when(question.result, ($) => `a.result = ${$}`);
  const chosen = chosenAttempts(
    question,
    'unit',
    `a.result, a.${bin === 'hard' ? 'hard_bin' : 'soft_bin'} AS bin`,
    where,
  );
  return snapshot.query<BinCount>(
    `WITH chosen AS (
      ${chosen.sql}
    )
    SELECT bin AS key, count(*) AS count, count(*) FILTER (WHERE result = 'pass') AS passed FROM chosen GROUP BY bin`,
    where.values,
  );
}
