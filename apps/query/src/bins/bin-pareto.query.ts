import { type Queryable } from '@chip/persistence';
import { type AttemptPolicy, type AttemptQuestion, countedAttempts, oneAttemptPerUnit } from '../counted-attempts.ts';

export const BINS = ['hard', 'soft'] as const;
export type Bin = (typeof BINS)[number];

export interface BinCount {
  /** null: the chosen attempt has no such bin. */
  readonly key: number | null;
  readonly count: number;
  readonly passed: number;
}

/** Units per bin of their chosen attempt. */
export function binCounts(
  snapshot: Queryable,
  question: AttemptQuestion,
  bin: Bin,
  policy: AttemptPolicy,
): Promise<BinCount[]> {
  const attempts = countedAttempts(
    question,
    `a.inspection_id, a.result, a.occurred_at, a.event_id, a.${bin === 'hard' ? 'hard_bin' : 'soft_bin'} AS bin`,
  );
  return snapshot.query<BinCount>(
    `WITH attempt AS (
      ${attempts.sql}
    ), chosen AS (
      ${oneAttemptPerUnit('attempt', policy)}
    )
    SELECT bin AS key, count(*) AS count, count(*) FILTER (WHERE result = 'pass') AS passed FROM chosen GROUP BY bin`,
    attempts.where.values,
  );
}
