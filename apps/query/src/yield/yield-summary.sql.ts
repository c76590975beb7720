import { type Queryable, type SqlParameter } from '@chip/persistence';
import { type AttemptGroup, GROUP_COLUMNS, groupedRows, groupKey } from '../attempts/attempt-groups.ts';
import { holdsChoices } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion, inRange, isSuperseded } from '../attempts/chosen-attempts.ts';
import { MIDNIGHT, type WholeDays, wholeDays } from '../attempts/whole-days.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type CountedYield, splitCounts, type YieldRow } from './yield-counts.ts';

/** Groups that the summary does not tell apart. */
const FINER_GROUPS = ['hour', 'shift', 'wafer', 'step', 'recipe', 'zone'] as const;
type FinerGroup = (typeof FINER_GROUPS)[number];
const isFiner = (group: AttemptGroup | undefined): boolean => FINER_GROUPS.some((finer) => finer === group);

/**
 * The whole days for which `yield_daily` can answer a question; undefined when there are none, or when the question is about
 * wafers, steps or recipes, production days or what was known earlier, which the summary does not hold.
 *
 * @param question with times in canonical form (UTC, six fractional digits)
 */
export function summaryDays(question: AttemptQuestion): WholeDays | undefined {
  const { step, recipe, as_at, grouping, group_by } = question;
  const isFinerQuestion = [step, recipe, as_at, grouping].some((given) => given !== undefined);
  return isFinerQuestion || isFiner(group_by) ? undefined : wholeDays(question);
}

/** A column to group counts by, in the summaries and in the attempts `a`. */
export interface YieldColumn {
  readonly name: string;
  /** Column of the summaries to sum by first, so that 365 days are converted to text, not a million rows. */
  readonly column?: string;
  /** The value, from the sums `s`. */
  readonly ofDays: string;
  readonly ofAttempt: string;
}

/** A column with the same name in both. */
export const yieldColumn = (name: string): YieldColumn => ({
  name,
  column: name,
  ofDays: `s.${name}`,
  ofAttempt: `a.${name}`,
});

/**
 * SELECT of counts (`columns`, units, passed) from summaries. They add up to the attempts that `question` counts:
 *
 * 1. attempts of whole days, from `yield_daily_base` and `yield_delta` (not the view, whose groups are finer than needed),
 * 2. attempts of the partial days at both ends, one by one,
 * 3. with a policy: minus attempts of retested units for which the policy chooses another attempt, at any time. Those of
 *    whole days are counted in the summaries, unless this caller does not see every attempt that they compare.
 *
 * Includes attempts that retention deleted, except in 2.
 *
 * @param order of the rows, for a caller who sums up groups that are nearly as many as the rows of the summaries. In the order
 *   of an index, that takes neither a sort nor a table of all groups.
 */
export async function countsFromSummary(
  snapshot: Queryable,
  question: AttemptQuestion,
  { first, end }: WholeDays,
  columns: readonly YieldColumn[],
  order?: string,
): Promise<{ sql: string; values: SqlParameter[] }> {
  const { policy } = question;
  const hasSuperseded = policy !== 'all' && (await holdsSuperseded(snapshot));
  const days = new SqlConditions();
  const { values } = days;
  days
    .when(first, ($) => `s.day >= ${$}::date`)
    .when(end, ($) => `s.day < ${$}::date`)
    .units(question, 's');
  const summed = [...new Set(columns.flatMap(({ column }) => column ?? []))].join(', ');
  const named = (of: 'ofDays' | 'ofAttempt'): string =>
    columns.map((column) => `${column[of]} AS ${column.name}`).join(', ');
  const names = columns.map(({ name }) => name).join(', ');
  const [units, passed] = hasSuperseded
    ? [`insertions - superseded_${policy}`, `insertions_passed - superseded_${policy}_passed`]
    : ['insertions', 'insertions_passed'];
  const ofDays = (table: string): string =>
    order === undefined
      ? `
      SELECT ${named('ofDays')}, units, passed
        FROM (SELECT ${summed}, sum(${units})::bigint AS units, sum(${passed})::bigint AS passed
                FROM ${table} s WHERE ${days.toString()} GROUP BY ${summed}) AS s`
      : // As integers, which no row exceeds: sums of bigint are numeric, and take twice as long. Ordered itself, because the
        // planner does not look into a part with conditions for the order of the whole.
        `(SELECT ${named('ofDays')}, (${units})::int AS units, (${passed})::int AS passed FROM ${table} s WHERE ${days.toString()} ORDER BY ${order})`;
  const partsOfDay = (
    [
      [question.from, first && first + MIDNIGHT],
      [end && end + MIDNIGHT, question.to],
    ] as const
  ).filter(([from, to]) => from !== undefined && to !== undefined && from !== to);
  const ofAttempts = ([from, to]: readonly [string | undefined, string | undefined]): string => {
    const where = new SqlConditions(values);
    inRange(where.require(`a.status = 'completed'`), { ...question, from, to }, 'a');
    return `SELECT ${named('ofAttempt')}, 1, (a.result = 'pass')::int FROM inspection_attempts a WHERE ${where.toString()}`;
  };
  const ofSuperseded = ([from, to]: readonly [string | undefined, string | undefined]): string => {
    const where = inRange(new SqlConditions(values), { ...question, from, to }, 'a');
    where.require(isSuperseded('a', question, 'unit') ?? 'false');
    const rows = `FROM yield_retests a WHERE ${where.toString()}`;
    return order === undefined
      ? `SELECT ${names}, -count(*), -count(*) FILTER (WHERE result = 'pass')
        FROM (SELECT ${named('ofAttempt')}, a.result ${rows}) AS superseded GROUP BY ${names}`
      : `SELECT ${named('ofAttempt')}, -1, -(a.result = 'pass')::int ${rows}`;
  };
  const supersededIn = policy === 'all' ? [] : hasSuperseded ? partsOfDay : [[question.from, question.to] as const];
  const parts = [
    ofDays('yield_daily_base'),
    ofDays('yield_delta'),
    ...partsOfDay.map(ofAttempts),
    ...supersededIn.map(ofSuperseded),
  ];
  const sql = parts.join('\n      UNION ALL\n      ');
  return { sql: order === undefined ? sql : `SELECT * FROM (${sql}) AS part ORDER BY ${order}`, values };
}

async function holdsSuperseded(snapshot: Queryable): Promise<boolean> {
  const [row] = await snapshot.query<{ holds: boolean }>(`SELECT ${holdsChoices('yield_daily_base')} AS holds`);
  return row?.holds ?? false;
}

const SUMMARY_GROUPS: Readonly<
  Record<Exclude<AttemptGroup, FinerGroup>, { column: string; key: string; lot: string }>
> = {
  day: { column: 'day', key: `to_char(s.day, 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
  week: { column: 'day', key: `to_char(s.day, 'IYYY-"W"IW')`, lot: 'NULL::uuid' },
  month: { column: 'day', key: `to_char(s.day, 'YYYY-MM')`, lot: 'NULL::uuid' },
  lot: { column: 'lot_id', key: 'NULL::text', lot: 's.lot_id' },
  equipment: { column: 'equipment_id', key: 's.equipment_id', lot: 'NULL::uuid' },
  inspection_type: { column: 'inspection_type', key: 's.inspection_type::text', lot: 'NULL::uuid' },
  product: { column: 'product', key: 's.product', lot: 'NULL::uuid' },
  site: { column: 'lot_id', key: '(SELECT own.site FROM lots own WHERE own.id = s.lot_id)', lot: 'NULL::uuid' },
};

function groupColumns(groupBy: keyof typeof SUMMARY_GROUPS | undefined): YieldColumn[] {
  if (groupBy === undefined) {
    return [
      { name: 'group_key', ofDays: 'NULL::text', ofAttempt: 'NULL::text' },
      { name: 'group_lot', ofDays: 'NULL::uuid', ofAttempt: 'NULL::uuid' },
    ];
  }
  const { column, key, lot } = SUMMARY_GROUPS[groupBy];
  return [
    { name: 'group_key', column, ofDays: key, ofAttempt: GROUP_COLUMNS[groupBy].key },
    { name: 'group_lot', ofDays: lot, ofAttempt: GROUP_COLUMNS[groupBy].lot },
  ];
}

/** Gives the same numbers as `yieldCountsOfAttempts`, from summaries. */
export async function yieldCountsOfSummary(
  snapshot: Queryable,
  question: AttemptQuestion,
  days: WholeDays,
): Promise<CountedYield> {
  // summaryDays returns undefined for wafers.
  const groupBy = question.group_by as keyof typeof SUMMARY_GROUPS | undefined;
  const parts = await countsFromSummary(snapshot, question, days, [
    ...groupColumns(groupBy),
    yieldColumn('inspection_type'),
  ]);
  const rows = await snapshot.query<YieldRow>(
    `WITH part (group_key, group_lot, inspection_type, units, passed) AS (
      ${parts.sql}
    ), g AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, inspection_type,
             coalesce(sum(units), 0)::bigint AS units, coalesce(sum(passed), 0)::bigint AS passed
        FROM part
       GROUP BY GROUPING SETS ((group_key, group_lot), (inspection_type), ())
      HAVING grouping(group_key, inspection_type) = 3 OR sum(units) <> 0
    )
    ${groupedRows(
      `SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.inspection_type::text AS inspection_type, g.units, g.passed
        FROM g LEFT JOIN lots l ON l.id = g.group_lot`,
      'units',
      question.top,
    )}`,
    parts.values,
  );
  return splitCounts(rows);
}
