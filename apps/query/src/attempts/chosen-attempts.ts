/**
 * Attempts: which of them a statistic counts, how they are filtered and grouped. Every statistic over attempts starts here,
 * so that maps, Paretos, charts, capability and yield of the same data agree.
 */
import { type UnitFilters } from '../http/parameters.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AttemptGroup, GROUP_COLUMNS } from './attempt-groups.ts';

export const ATTEMPT_POLICIES = ['last', 'first', 'best', 'worst', 'all'] as const;
export type AttemptPolicy = (typeof ATTEMPT_POLICIES)[number];

/** Filters and range apply to the chosen attempt, never to the attempts that it is chosen from. */
export interface AttemptQuestion extends UnitFilters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly policy: AttemptPolicy;
  readonly group_by?: AttemptGroup | undefined;
}

/**
 * The set from which a policy chooses one attempt. unit: (lot, chip, inspection type), and the step if the question names
 * one. operation: (lot, chip, inspection type, step), for findings and measurements, which belong to a step: inspecting the
 * next layer repeats nothing of the previous one.
 */
export type ChosenPer = 'unit' | 'operation';

/** Order of the attempts of a unit. Machines stamp all parts of a file with one time, so the attempt number comes next. */
const place = (row: string): string[] => [`${row}.occurred_at`, `coalesce(${row}.attempt_no, 0)`, `${row}.event_id`];

/** What a policy compares, and whether it chooses the greatest or the least attempt. */
const PREFERENCE: Readonly<Record<Exclude<AttemptPolicy, 'all'>, { of: (row: string) => string[]; sense: '<' | '>' }>> =
  {
    last: { of: place, sense: '>' },
    first: { of: place, sense: '<' },
    best: { of: (row) => [`(${row}.result = 'pass')::int`, ...place(row)], sense: '>' },
    worst: { of: (row) => [`(${row}.result = 'fail')::int`, ...place(row)], sense: '>' },
  };

/**
 * Condition that the policy prefers another attempt of the same unit to attempt `row`; undefined when every attempt counts.
 * `yield_retests` holds every counted attempt of each unit with more than one, including those that retention deleted.
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

/** ORDER BY terms that put the attempt preferred by a policy first, among attempts `row` of several units. */
export function preferredFirst(row: string, policy: Exclude<AttemptPolicy, 'all'>): string {
  const { of, sense } = PREFERENCE[policy];
  return of(row)
    .map((term) => (sense === '>' ? `${term} DESC` : term))
    .join(', ');
}

/** Adds range and filters on attempts `row`, or on their copies in `yield_retests`. */
export function inRange(where: SqlConditions, question: AttemptQuestion, row: string): SqlConditions {
  return where
    .when(question.from, ($) => `${row}.completed_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `${row}.completed_at < ${$}::timestamptz`)
    .units(question, row);
}

/**
 * SELECT of the counted attempts: `columns` (of `inspection_attempts a`), and `group_key` and `group_lot` of their group.
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

/** States in words what a question counts, for `definition`. */
export function describeChoice({ policy, step }: AttemptQuestion, per: ChosenPer): string {
  if (policy === 'all') {
    return 'Counted (policy all): every completed, non-voided attempt (insertion) with completed_at in [from, to) that matches every filter.';
  }
  const withStep = per === 'operation' || step !== undefined;
  return `Counted (policy ${policy}): of each unit (lot, chip, inspection type${withStep ? ', step' : ''}) ${CHOICE[policy]} by (occurred_at, attempt number with none first, event_id) among all its completed, non-voided attempts, whatever the range; the unit counts only if this attempt has completed_at in [from, to) and matches every filter.`;
}
