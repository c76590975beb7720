import { type Queryable } from '@chip/persistence';
import {
  type AttemptGroup,
  type AttemptPolicy,
  type AttemptQuestion,
  countedAttempts,
  GROUP_COLUMNS,
  GROUP_ORDER,
  groupKey,
  oneAttemptPerUnit,
} from '../counted-attempts.ts';
import { SqlConditions } from '../sql-conditions.ts';
import type { YieldCounts } from './yield.query.ts';

const MIDNIGHT = 'T00:00:00.000000Z';
const DAY_MS = 86_400_000;

/** Whole UTC days inside a range: from the first to before the last (`2026-01-20`); an open end of the range stays open. */
export interface WholeDays {
  readonly first: string | undefined;
  readonly end: string | undefined;
}

const dayAfter = (time: string): string =>
  new Date(Date.parse(`${time.slice(0, 10)}T00:00:00Z`) + DAY_MS).toISOString().split('T')[0] as string;

/**
 * The whole days that `yield_daily` can answer a question for; undefined when there is none, or when it is about what the
 * summary does not hold: wafers and steps.
 *
 * @param question with times in canonical form (UTC, six fractional digits)
 */
export function summaryDays({ step, group_by, from, to }: AttemptQuestion): WholeDays | undefined {
  if (step !== undefined || group_by === 'wafer') return undefined;
  const end = to?.slice(0, 10);
  const first = from === undefined || from.endsWith(MIDNIGHT) ? from?.slice(0, 10) : dayAfter(from);
  // A year after 9999 is written with a sign.
  if (first !== undefined && (first.startsWith('+') || (end !== undefined && first >= end))) return undefined;
  return { first, end };
}

/** Summed up by `column` first, then named: 365 days become text rather than a million rows. */
const SUMMARY_GROUPS: Readonly<Record<Exclude<AttemptGroup, 'wafer'>, { column: string; key: string; lot: string }>> = {
  day: { column: 'day', key: `to_char(s.day, 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
  month: { column: 'day', key: `to_char(s.day, 'YYYY-MM')`, lot: 'NULL::uuid' },
  lot: { column: 'lot_id', key: 'NULL::text', lot: 's.lot_id' },
  equipment: { column: 'equipment_id', key: 's.equipment_id', lot: 'NULL::uuid' },
  inspection_type: { column: 'inspection_type', key: 's.inspection_type::text', lot: 'NULL::uuid' },
  product: { column: 'product', key: 's.product', lot: 'NULL::uuid' },
};
const NO_GROUP = { key: 'NULL::text', lot: 'NULL::uuid' };

/**
 * As `yieldCountsOfAttempts`, and the same numbers, from summaries:
 *
 * 1. attempts of whole days, from `yield_daily_base` and `yield_delta` (not the view: its groups are finer than any asked for),
 * 2. attempts of the parts of days at both ends, one by one,
 * 3. with a policy: minus every attempt of the units that were tested more than once, plus the one that the policy chooses.
 *    All other units have one attempt, which every policy chooses.
 *
 * Attempts that retention deleted are still counted, except in 2.
 */
export function yieldCountsOfSummary(
  snapshot: Queryable,
  question: AttemptQuestion,
  { first, end }: WholeDays,
  policy: AttemptPolicy | undefined,
): Promise<YieldCounts[]> {
  // summaryDays has none for wafers.
  const groupBy = question.group_by as keyof typeof SUMMARY_GROUPS | undefined;
  const inSummary = groupBy && SUMMARY_GROUPS[groupBy];
  const days = new SqlConditions();
  const { values } = days;
  days
    .when(first, ($) => `s.day >= ${$}::date`)
    .when(end, ($) => `s.day < ${$}::date`)
    .units(question, 's');
  const { key, lot } = inSummary ?? NO_GROUP;
  const ofDays = (table: string): string => `
      SELECT ${key} AS group_key, ${lot} AS group_lot, units, passed
        FROM (SELECT ${inSummary ? `${inSummary.column}, ` : ''}sum(insertions) AS units, sum(insertions_passed) AS passed
                FROM ${table} s WHERE ${days.toString()}${inSummary ? ` GROUP BY ${inSummary.column}` : ''}) AS s`;
  const one = (sign: 1 | -1): string => `group_key, group_lot, ${sign}, ${sign} * (result = 'pass')::int`;
  const partOfDay = (from: string | undefined, to: string | undefined): string[] =>
    from === undefined || to === undefined || from === to
      ? []
      : [
          `SELECT ${one(1)} FROM (${countedAttempts({ ...question, from, to }, 'a.result', new SqlConditions(values)).sql}) AS part`,
        ];
  const parts = [
    ofDays('yield_daily_base'),
    ofDays('yield_delta'),
    ...partOfDay(question.from, first && first + MIDNIGHT),
    ...partOfDay(end && end + MIDNIGHT, question.to),
  ];
  let retests = '';
  if (policy !== undefined) {
    const where = new SqlConditions(values)
      .when(question.from, ($) => `a.completed_at >= ${$}::timestamptz`)
      .when(question.to, ($) => `a.completed_at < ${$}::timestamptz`)
      .units(question, 'a');
    const group = groupBy ? GROUP_COLUMNS[groupBy] : NO_GROUP;
    retests = `retest AS (
      SELECT inspection_id, occurred_at, event_id, result, ${group.key} AS group_key, ${group.lot} AS group_lot
        FROM yield_retests a WHERE ${where.toString()}
    ), `;
    parts.push(
      `SELECT ${one(-1)} FROM retest`,
      `SELECT ${one(1)} FROM (${oneAttemptPerUnit('retest', policy)}) AS chosen`,
    );
  }
  return snapshot.query<YieldCounts>(
    `WITH ${retests}part (group_key, group_lot, units, passed) AS (
      ${parts.join('\n      UNION ALL\n      ')}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot,
             coalesce(sum(units), 0)::bigint AS units, coalesce(sum(passed), 0)::bigint AS passed
        FROM part
       GROUP BY GROUPING SETS ((group_key, group_lot), ())
      HAVING grouping(group_key) = 1 OR sum(units) <> 0
    )
    SELECT * FROM (
      SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.units, g.passed
        FROM g LEFT JOIN lots l ON l.id = g.group_lot
    ) AS counted
     ORDER BY ${GROUP_ORDER}`,
    values,
  );
}
