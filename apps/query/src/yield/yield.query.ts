import { type Queryable } from '@chip/persistence';
import {
  type AttemptPolicy,
  type AttemptQuestion,
  countedAttempts,
  GROUP_ORDER,
  groupKey,
  type GroupRow,
  oneAttemptPerUnit,
} from '../counted-attempts.ts';
import { summaryDays, yieldCountsOfSummary } from './yield-summary.query.ts';

export const YIELD_KINDS = ['final', 'first_pass', 'insertion', 'rolled_throughput'] as const;
export type YieldKind = (typeof YIELD_KINDS)[number];

/** Counts of one group, or of everything (`total`). */
export interface YieldCounts extends GroupRow {
  readonly units: number;
  readonly passed: number;
}

/** Columns of an attempt that yield needs. */
export const YIELD_COLUMNS = 'a.inspection_id, a.step, a.result, a.occurred_at, a.event_id';

/** The policy that a kind of yield really uses; undefined = every attempt counts. */
export function attemptPerUnit(
  kind: Exclude<YieldKind, 'rolled_throughput'>,
  policy: AttemptPolicy,
): AttemptPolicy | undefined {
  switch (kind) {
    case 'final':
      return policy;
    case 'first_pass':
      return 'first';
    case 'insertion':
      return undefined;
  }
}

/**
 * Units and passes per group and in total: one attempt per unit by `policy`, or every attempt (`undefined`). Read from the
 * summaries wherever they give the same answer.
 */
export function yieldCounts(
  snapshot: Queryable,
  question: AttemptQuestion,
  policy: AttemptPolicy | undefined,
): Promise<YieldCounts[]> {
  const days = summaryDays(question);
  return days
    ? yieldCountsOfSummary(snapshot, question, days, policy)
    : yieldCountsOfAttempts(snapshot, question, policy);
}

/** As `yieldCounts`, from the attempts alone. */
export function yieldCountsOfAttempts(
  snapshot: Queryable,
  question: AttemptQuestion,
  policy: AttemptPolicy | undefined,
): Promise<YieldCounts[]> {
  const attempts = countedAttempts(question, YIELD_COLUMNS);
  const chosen = policy === undefined ? 'SELECT * FROM attempt' : oneAttemptPerUnit('attempt', policy);
  return snapshot.query<YieldCounts>(
    `WITH attempt AS (
      ${attempts.sql}
    ), chosen AS (
      ${chosen}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot,
             count(*) AS units, (count(*) FILTER (WHERE result = 'pass')) AS passed
        FROM chosen
       GROUP BY GROUPING SETS ((group_key, group_lot), ())
    )
    SELECT * FROM (
      SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.units, g.passed
        FROM g LEFT JOIN lots l ON l.id = g.group_lot
    ) AS counted
     ORDER BY ${GROUP_ORDER}`,
    attempts.where.values,
  );
}
