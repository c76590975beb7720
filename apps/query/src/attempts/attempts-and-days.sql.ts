/** Counts the attempts of long ranges from tables that hold them by day (see 0044-summaries-by-day). */
import { LIMIT_SETTINGS, type Queryable, type SqlParameter } from '@chip/persistence';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AttemptGroup } from './attempt-groups.ts';
import { type AttemptQuestion, chosenAttempts, type ChosenPer, groupOf } from './chosen-attempts.ts';
import { MIDNIGHT, type WholeDays, wholeDays } from './whole-days.ts';

/** Groups that the daily tables do not tell apart. */
const FINER_GROUPS: readonly (AttemptGroup | undefined)[] = ['hour', 'shift', 'wafer', 'zone'];

/** Bits of `choices`, of all attempts of a unit; four bits higher are those among the attempts of its step. */
const CHOICES = { last: 1, first: 2, best: 4, worst: 8 } as const;

/** The time at which a day begins. */
export const beginOf = (day: string): string => `(${day})::timestamp AT TIME ZONE 'UTC'`;

/** Tables that know each policy, lot and machine. */
type AttemptTable = 'daily_attempts' | 'daily_defects';
/** Tables of last attempts, and the filters that they cannot apply (see 0046-measured-by-day). */
const UNKNOWN_FILTERS = {
  daily_measured: ['lot_id', 'equipment_id'],
  daily_measured_lots: ['equipment_id'],
  daily_tests: ['lot_id', 'equipment_id'],
} as const;
type MeasuredTable = keyof typeof UNKNOWN_FILTERS;

/** From the first day, or time, to the second, exclusive. */
type Span = readonly [from: string, to: string];

export interface AttemptsAndDays {
  /** SELECT of the attempts to count one by one, as of `chosenAttempts`. */
  readonly attempts: string;
  /** What to add to a SELECT of counts over them: those of all other days. Empty if the daily tables do not answer the question. */
  readonly days: string;
  readonly values: SqlParameter[];
}

/**
 * The attempts that a question counts, in two parts: those of days that are summed up as counts, the others one by one.
 *
 * @param columns of `inspection_attempts a`
 * @param daily a daily table `a` and its columns, in the order in which the attempts are counted
 */
export async function attemptsAndDays(
  snapshot: Queryable,
  question: AttemptQuestion,
  per: ChosenPer,
  columns: string,
  daily: { readonly table: AttemptTable; readonly columns: string },
): Promise<AttemptsAndDays> {
  const summed = await summedUpDays(snapshot, question, daily.table);
  const { sql, where } = attemptsLeft(question, summed, per, columns);
  return {
    attempts: sql,
    days: summed ? `UNION ALL ${countsOfDays(question, summed, per, daily, where.values)}` : '',
    values: where.values,
  };
}

/** Which part of a question daily tables answer. */
export interface SummedUpDays {
  readonly days: WholeDays;
  /** Days within them that do not count, as runs. */
  readonly except: readonly Span[];
  /** All other times of the range, in order. */
  readonly left: readonly Span[];
}

/**
 * @param unfit SELECT of more days whose attempts must be read one by one
 * @returns undefined when all of them must
 */
export async function summedUpDays(
  snapshot: Queryable,
  question: AttemptQuestion,
  table: AttemptTable | MeasuredTable,
  unfit?: (where: SqlConditions, days: WholeDays) => string,
): Promise<SummedUpDays | undefined> {
  const days = daysOf(question, table);
  const except = days && (await changedDays(snapshot, days, table, unfit));
  if (days === undefined || except === undefined) {
    return undefined;
  }
  const left = [
    ...partOfDay(question.from, days.first && days.first + MIDNIGHT),
    ...except.map(([first, end]): Span => [first + MIDNIGHT, end + MIDNIGHT]),
    ...partOfDay(days.end && days.end + MIDNIGHT, question.to),
  ];
  return { days, except, left };
}

/** SELECT of the attempts that daily tables leave, as of `chosenAttempts`: all of the question when they answer nothing. */
export function attemptsLeft(
  question: AttemptQuestion,
  summed: Pick<SummedUpDays, 'left'> | undefined,
  per: ChosenPer,
  columns: string,
): { sql: string; where: SqlConditions } {
  if (summed === undefined) {
    return chosenAttempts(question, per, columns);
  }
  const { from: _, to: __, ...anytime } = question;
  const { left } = summed;
  const where = new SqlConditions();
  where.require(
    left.length === 0
      ? 'false'
      : `(${left.map((span) => within(where, 'a.completed_at', span, 'timestamptz')).join(' OR ')})`,
  );
  return chosenAttempts(anytime, per, columns, where);
}

/** From the first time that is left to the last one. */
export const spanOf = ({
  left,
}: Pick<SummedUpDays, 'left'>): { from?: string | undefined; to?: string | undefined } => ({
  from: left[0]?.[0],
  to: left.at(-1)?.[1],
});

/** Adds that `a.day` is a day that is summed up. */
export function onSummedUpDays({ days, except }: SummedUpDays, where: SqlConditions): SqlConditions {
  inDays(days, where);
  for (const span of except) {
    where.require(`NOT (${within(where, 'a.day', span, 'date')})`);
  }
  return where;
}

/** Adds the filters on rows `a` of a table that has sites instead of lots. */
export const ofKinds = ({ site, ...filters }: AttemptQuestion, where: SqlConditions): SqlConditions =>
  where.oneOf('a.site', site).units(filters, 'a');

/** Adds that `a.day` is one of the days. */
export const inDays = ({ first, end }: WholeDays, where: SqlConditions): SqlConditions =>
  where.when(first, ($) => `a.day >= ${$}::date`).when(end, ($) => `a.day < ${$}::date`);

function daysOf(question: AttemptQuestion, table: AttemptTable | MeasuredTable): WholeDays | undefined {
  const { as_at, grouping, group_by, policy } = question;
  const isUnknown =
    table in UNKNOWN_FILTERS &&
    (policy !== 'last' || UNKNOWN_FILTERS[table as MeasuredTable].some((filter) => question[filter] !== undefined));
  return isUnknown || as_at !== undefined || grouping !== undefined || FINER_GROUPS.includes(group_by)
    ? undefined
    : wholeDays(question);
}

/**
 * Days that changed after they were summed up, and those that are unfit, as runs; undefined when the daily tables do not
 * hold what this caller sees.
 */
async function changedDays(
  snapshot: Queryable,
  days: WholeDays,
  table: AttemptTable | MeasuredTable,
  unfit?: (where: SqlConditions, days: WholeDays) => string,
): Promise<readonly Span[] | undefined> {
  const where = inDays(days, new SqlConditions());
  const marked = `SELECT DISTINCT a.day FROM attempt_day_changes a WHERE ${where.toString()}`;
  const more = unfit === undefined ? '' : ` UNION ${unfit(new SqlConditions(where.values), days)}`;
  const [row] = await snapshot.query<{ holds: boolean; changed: Span[] }>(
    `SELECT ${holdsChoices(table)} AS holds,
            ARRAY(SELECT ARRAY[min(day)::text, (max(day) + 1)::text]
                    FROM (SELECT day, day - (row_number() OVER (ORDER BY day))::int AS run
                            FROM (${marked}${more}) AS marked) AS numbered
                   GROUP BY run ORDER BY 1) AS changed`,
    where.values,
  );
  return row?.holds ? row.changed : undefined;
}

/**
 * Condition that a table of sums holds what policies choose for this caller.
 * A caller limited to products sees a unit as if attempts of other products did not exist, which decides what policies
 * choose. In a central database a script adds the tables of the cells, and one of an earlier version adds fewer, or fewer
 * columns.
 */
export const holdsChoices = (table: string): string =>
  `coalesce(current_setting('${LIMIT_SETTINGS.products}', true), '') IN ('', '*')
            AND (SELECT count(DISTINCT relnamespace) = 1 FROM pg_class WHERE oid IN ('inspection_attempts'::regclass, '${table}'::regclass))
            AND (SELECT count(DISTINCT relnatts) = 1 FROM pg_class WHERE relname = '${table}' AND (oid = '${table}'::regclass OR relnamespace = 'public'::regnamespace))`;

const partOfDay = (from: string | undefined, to: string | undefined): Span[] =>
  from === undefined || to === undefined || from === to ? [] : [[from, to]];

const within = (where: SqlConditions, column: string, [from, to]: Span, type: 'date' | 'timestamptz'): string =>
  `${column} >= ${where.bind(from)}::${type} AND ${column} < ${where.bind(to)}::${type}`;

function countsOfDays(
  question: AttemptQuestion,
  summed: SummedUpDays,
  per: ChosenPer,
  { table, columns }: { readonly table: AttemptTable; readonly columns: string },
  values: SqlParameter[],
): string {
  const where = onSummedUpDays(summed, new SqlConditions(values)).units(question, 'a');
  if (question.policy !== 'all') {
    const bit = CHOICES[question.policy] << (per === 'operation' || question.step !== undefined ? 4 : 0);
    where.require(`a.choices & ${bit} <> 0`);
  }
  const { key, lot } = groupOf(question, where);
  // With a time, so that days are grouped as attempts are.
  return `SELECT ${columns}, ${key} AS group_key, ${lot} AS group_lot
        FROM (SELECT *, ${beginOf('day')} AS completed_at FROM ${table}) a
       WHERE ${where.toString()}`;
}
