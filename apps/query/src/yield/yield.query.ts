import { type Queryable, type SqlParameter } from '@chip/persistence';
import { type UnitFilters } from '../parameters.ts';
import { SqlConditions } from '../sql-conditions.ts';

export const YIELD_KINDS = ['final', 'first_pass', 'insertion', 'rolled_throughput'] as const;
export const YIELD_POLICIES = ['last', 'first', 'best', 'worst'] as const;
export const YIELD_GROUPS = ['day', 'month', 'lot', 'wafer', 'equipment', 'inspection_type', 'product'] as const;
export type YieldKind = (typeof YIELD_KINDS)[number];
export type YieldPolicy = (typeof YIELD_POLICIES)[number];
export type YieldGroup = (typeof YIELD_GROUPS)[number];

export interface YieldQuestion extends UnitFilters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly group_by?: YieldGroup | undefined;
}

/** Counts of one group, or of everything (`total`). `site` and `lot_id` tell equal texts of different lots apart. */
export interface YieldCounts {
  readonly total: boolean;
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
  readonly units: number;
  readonly passed: number;
}

/** Columns of the attempt that make its group; a constant for "no groups". */
const GROUP_COLUMNS: Readonly<Record<YieldGroup, { key: string; lot: string }>> = {
  day: { key: `to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
  month: { key: `to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM')`, lot: 'NULL::uuid' },
  lot: { key: 'NULL::text', lot: 'lot_id' },
  wafer: { key: 'wafer_id', lot: 'lot_id' },
  equipment: { key: 'equipment_id', lot: 'NULL::uuid' },
  inspection_type: { key: 'inspection_type::text', lot: 'NULL::uuid' },
  product: { key: 'product', lot: 'NULL::uuid' },
};

/** Which attempt of a unit stands for it; ties go by event_id, never by arrival. */
const POLICY_ORDER: Readonly<Record<YieldPolicy, string>> = {
  last: 'occurred_at DESC, event_id DESC',
  first: 'occurred_at, event_id',
  best: `(result = 'pass') DESC, occurred_at DESC, event_id DESC`,
  worst: `(result = 'pass'), occurred_at DESC, event_id DESC`,
};

/** The attempts that a yield question is about, each with the columns `group_key` and `group_lot` of its group. */
export function countedAttempts(question: YieldQuestion): { sql: string; values: SqlParameter[] } {
  const group = question.group_by === undefined ? undefined : GROUP_COLUMNS[question.group_by];
  const where = new SqlConditions()
    .require(`a.status = 'completed'`)
    .when(question.from, ($) => `a.completed_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `a.completed_at < ${$}::timestamptz`)
    .units(question, 'a');
  return {
    sql: `SELECT inspection_id, step, result, occurred_at, event_id,
             ${group?.key ?? 'NULL::text'} AS group_key, ${group?.lot ?? 'NULL::uuid'} AS group_lot
        FROM inspection_attempts a
       WHERE ${where.toString()}`,
    values: where.values,
  };
}

/** Group rows in the order of their keys, then the row of the totals (there is always one). */
export const GROUP_ORDER = 'total, key COLLATE "C" NULLS LAST, lot_id COLLATE "C", site COLLATE "C"';
/** The machine's text of a group: the lot's own for groups by lot. */
export const groupKey = (groupBy: YieldGroup | undefined): string => (groupBy === 'lot' ? 'l.lot_id' : 'g.group_key');

/** The policy that a kind of yield really uses; undefined = every attempt counts. */
export function attemptPerUnit(
  kind: Exclude<YieldKind, 'rolled_throughput'>,
  policy: YieldPolicy,
): YieldPolicy | undefined {
  switch (kind) {
    case 'final':
      return policy;
    case 'first_pass':
      return 'first';
    case 'insertion':
      return undefined;
  }
}

/** Units and passes per group and in total: one attempt per unit by `policy`, or every attempt (`undefined`). */
export function yieldCounts(
  snapshot: Queryable,
  question: YieldQuestion,
  policy: YieldPolicy | undefined,
): Promise<YieldCounts[]> {
  const attempts = countedAttempts(question);
  const chosen =
    policy === undefined
      ? 'SELECT * FROM attempt'
      : `SELECT DISTINCT ON (inspection_id) * FROM attempt ORDER BY inspection_id, ${POLICY_ORDER[policy]}`;
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
    attempts.values,
  );
}
