import { type Queryable } from '@chip/persistence';
import { groupKey } from '../attempts/attempt-groups.ts';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { type GroupedCount } from '../attempts/grouped-pareto.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export const BINS = ['hard', 'soft'] as const;
export type Bin = (typeof BINS)[number];

export interface BinCount extends GroupedCount {
  /** null: the counted attempt has no such bin. */
  readonly key: number | null;
  readonly passed: number;
}

/** Units per bin of their chosen attempt and per group; with policy all, attempts per bin. At most `limit` rows. */
export async function binCounts(
  snapshot: Queryable,
  question: AttemptQuestion & { readonly result?: string | undefined },
  bin: Bin,
  limit: number,
): Promise<BinCount[]> {
  const columns = `a.result, a.${bin === 'hard' ? 'hard_bin' : 'soft_bin'} AS bin`;
  const { attempts, days, values } = await attemptsAndDays(snapshot, question, 'unit', `${columns}, 1 AS attempts`, {
    table: 'daily_attempts',
    columns: `${columns}, a.attempts`,
  });
  const where = new SqlConditions(values).when(question.result, ($) => `result = ${$}`);
  return snapshot.query<BinCount>(
    `WITH chosen AS (
      ${attempts}
      ${days}
    ), g AS (
      SELECT bin AS key, group_key, group_lot, sum(attempts) AS count, coalesce(sum(attempts) FILTER (WHERE result = 'pass'), 0) AS passed
        FROM chosen WHERE ${where.toString()} GROUP BY bin, group_key, group_lot
    )
    SELECT g.key, g.count, g.passed, ${groupKey(question.group_by)} COLLATE "C" AS group_key, l.site COLLATE "C" AS group_site, l.lot_id COLLATE "C" AS group_lot_id
      FROM g LEFT JOIN lots l ON l.id = g.group_lot
     ORDER BY 4 NULLS LAST, 6, 5
     LIMIT ${where.bind(limit)}`,
    values,
  );
}
