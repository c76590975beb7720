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
  daily: { readonly table: 'daily_attempts' | 'daily_defects'; readonly columns: string },
): Promise<AttemptsAndDays> {
  const days = daysOf(question);
  const changed = days && (await changedDays(snapshot, days));
  if (days === undefined || changed === undefined) {
    const { sql, where } = chosenAttempts(question, per, columns);
    return { attempts: sql, days: '', values: where.values };
  }
  const { from, to, ...anytime } = question;
  const left: Span[] = [
    ...partOfDay(from, days.first && days.first + MIDNIGHT),
    ...changed.map(([first, end]): Span => [first + MIDNIGHT, end + MIDNIGHT]),
    ...partOfDay(days.end && days.end + MIDNIGHT, to),
  ];
  const where = new SqlConditions();
  where.require(
    left.length === 0
      ? 'false'
      : `(${left.map((span) => within(where, 'a.completed_at', span, 'timestamptz')).join(' OR ')})`,
  );
  return {
    attempts: chosenAttempts(anytime, per, columns, where).sql,
    days: `UNION ALL ${countsOfDays(question, days, changed, per, daily, where.values)}`,
    values: where.values,
  };
}

function daysOf(question: AttemptQuestion): WholeDays | undefined {
  const { as_at, grouping, group_by } = question;
  return as_at !== undefined || grouping !== undefined || FINER_GROUPS.includes(group_by)
    ? undefined
    : wholeDays(question);
}

/**
 * Days that changed after they were summed up, as runs; undefined when the daily tables do not hold what this caller sees.
 * A caller limited to products sees a unit as if attempts of other products did not exist, which decides what policies
 * choose. In a central database a script adds the tables of the cells, and one of an earlier version adds fewer.
 */
async function changedDays(snapshot: Queryable, { first, end }: WholeDays): Promise<readonly Span[] | undefined> {
  const where = new SqlConditions().when(first, ($) => `day >= ${$}::date`).when(end, ($) => `day < ${$}::date`);
  const [row] = await snapshot.query<{ holds: boolean; changed: Span[] }>(
    `SELECT coalesce(current_setting('${LIMIT_SETTINGS.products}', true), '') IN ('', '*')
            AND (SELECT count(DISTINCT relnamespace) = 1 FROM pg_class WHERE oid IN ('inspection_attempts'::regclass, 'daily_attempts'::regclass)) AS holds,
            ARRAY(SELECT ARRAY[min(day)::text, (max(day) + 1)::text]
                    FROM (SELECT day, day - (row_number() OVER (ORDER BY day))::int AS run
                            FROM (SELECT DISTINCT day FROM attempt_day_changes WHERE ${where.toString()}) AS marked) AS numbered
                   GROUP BY run ORDER BY 1) AS changed`,
    where.values,
  );
  return row?.holds ? row.changed : undefined;
}

const partOfDay = (from: string | undefined, to: string | undefined): Span[] =>
  from === undefined || to === undefined || from === to ? [] : [[from, to]];

const within = (where: SqlConditions, column: string, [from, to]: Span, type: 'date' | 'timestamptz'): string =>
  `${column} >= ${where.bind(from)}::${type} AND ${column} < ${where.bind(to)}::${type}`;

function countsOfDays(
  question: AttemptQuestion,
  { first, end }: WholeDays,
  changed: readonly Span[],
  per: ChosenPer,
  { table, columns }: { readonly table: string; readonly columns: string },
  values: SqlParameter[],
): string {
  const where = new SqlConditions(values)
    .when(first, ($) => `a.day >= ${$}::date`)
    .when(end, ($) => `a.day < ${$}::date`);
  for (const span of changed) {
    where.require(`NOT (${within(where, 'a.day', span, 'date')})`);
  }
  where.units(question, 'a');
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
