import { type UnitFilters } from '../http/parameters.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AttemptGroup, GROUP_COLUMNS } from './attempt-groups.ts';

/**
 * Which attempts a statistic counts. Every statistic over attempts begins here, so that maps, Paretos, charts, capability
 * and yield of the same data agree.
 */

export const ATTEMPT_POLICIES = ['last', 'first', 'best', 'worst', 'all'] as const;
export type AttemptPolicy = (typeof ATTEMPT_POLICIES)[number];

/** Filters and range are about the attempt that was chosen, never about which attempts it is chosen from. */
export interface AttemptQuestion extends UnitFilters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly policy: AttemptPolicy;
  readonly group_by?: AttemptGroup | undefined;
}

/**
 * What a policy chooses one attempt of. unit: (lot, chip, inspection type), and the step where the question names one.
 * operation: (lot, chip, inspection type, step). Findings and measurements belong to a step: an inspection of the next
 * layer repeats nothing of the one before.
 */
export type ChosenPer = 'unit' | 'operation';

/** Order of the attempts of a unit. Machines stamp all parts of a file with one time, so their own number comes next. */
const place = (row: string): string[] => [`${row}.occurred_at`, `coalesce(${row}.attempt_no, 0)`, `${row}.event_id`];

/** What a policy compares, and the sense in which the chosen attempt is the extreme one. */
const PREFERENCE: Readonly<Record<Exclude<AttemptPolicy, 'all'>, { of: (row: string) => string[]; sense: '<' | '>' }>> =
  {
    last: { of: place, sense: '>' },
    first: { of: place, sense: '<' },
    best: { of: (row) => [`(${row}.result = 'pass')::int`, ...place(row)], sense: '>' },
    worst: { of: (row) => [`(${row}.result = 'fail')::int`, ...place(row)], sense: '>' },
  };

/**
 * Condition that another attempt stands for the unit of attempt `row`: undefined where every attempt stands for itself.
 * `yield_retests` has every counted attempt of each unit that has more than one, also those that retention has deleted.
 */
export function isSuperseded(row: string, { policy, step }: AttemptQuestion, per: ChosenPer): string | undefined {
  if (policy === 'all') {
    return undefined;
  }
  const { of, sense } = PREFERENCE[policy];
  const sameStep = per === 'operation' || step !== undefined ? ` AND other.step = ${row}.step` : '';
  return `EXISTS (SELECT 1 FROM yield_retests other
           WHERE other.inspection_id = ${row}.inspection_id${sameStep} AND (${of('other').join(', ')}) ${sense} (${of(row).join(', ')}))`;
}

/** ORDER BY that puts the attempt that a policy prefers first, among attempts `row` of several units. */
export function preferredFirst(row: string, policy: Exclude<AttemptPolicy, 'all'>): string {
  const { of, sense } = PREFERENCE[policy];
  return of(row)
    .map((term) => (sense === '>' ? `${term} DESC` : term))
    .join(', ');
}

/** Range and filters on attempts `row`, or on their copies in `yield_retests`. */
export function inRange(where: SqlConditions, question: AttemptQuestion, row: string): SqlConditions {
  return where
    .when(question.from, ($) => `${row}.completed_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `${row}.completed_at < ${$}::timestamptz`)
    .units(question, row);
}

/**
 * SELECT of the attempts counted with `columns` (of `inspection_attempts a`) and the columns `group_key`, `group_lot` of
 * their group.
 */
export function chosenAttempts(
  question: AttemptQuestion,
  per: ChosenPer,
  columns: string,
  where = new SqlConditions(),
): { sql: string; where: SqlConditions } {
  const group = question.group_by === undefined ? undefined : GROUP_COLUMNS[question.group_by];
  inRange(where.require(`a.status = 'completed'`), question, 'a');
  const superseded = isSuperseded('a', question, per);
  if (superseded !== undefined) {
    where.require(`NOT ${superseded}`);
  }
  return {
    sql: `SELECT ${columns}, ${group?.key ?? 'NULL::text'} AS group_key, ${group?.lot ?? 'NULL::uuid'} AS group_lot
        FROM inspection_attempts a
       WHERE ${where.toString()}`,
    where,
  };
}

const CHOICE: Readonly<Record<Exclude<AttemptPolicy, 'all'>, string>> = {
  last: 'the last attempt',
  first: 'the first attempt',
  best: 'the last passing attempt, else the last',
  worst: 'the last failing attempt, else the last',
};

/** Says in words what a question counts, for `definition`. */
export function describeChoice({ policy, step }: AttemptQuestion, per: ChosenPer): string {
  if (policy === 'all') {
    return 'Counted (policy all): every completed attempt that is not voided (insertion), with completed_at in [from, to), matching every filter.';
  }
  const withStep = per === 'operation' || step !== undefined;
  return `Counted (policy ${policy}): of each unit (lot, chip, inspection type${withStep ? ', step' : ''}) ${CHOICE[policy]} by (occurred_at, attempt number with none first, event_id) among all its completed attempts that are not voided, whatever the range; and then only where this attempt has completed_at in [from, to) and matches every filter.`;
}
