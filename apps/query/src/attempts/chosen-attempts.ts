/**
 * Attempts: which of them a statistic counts, how they are filtered and grouped. Every statistic over attempts starts here,
 * so that maps, Paretos, charts, capability and yield of the same data agree.
 */
import { type UnitFilters } from '../http/parameters.ts';
import { type Grouping } from '../sql/grouping.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type AttemptGroup, GROUP_COLUMNS, isPlainGroup } from './attempt-groups.ts';
import { knownAttempts, knownRetests } from './known-attempts.sql.ts';

export const ATTEMPT_POLICIES = ['last', 'first', 'best', 'worst', 'all'] as const;
export type AttemptPolicy = (typeof ATTEMPT_POLICIES)[number];

/** Filters and range apply to the chosen attempt, never to the attempts that it is chosen from. */
export interface AttemptQuestion extends UnitFilters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly policy: AttemptPolicy;
  readonly group_by?: AttemptGroup | undefined;
  /** Only the greatest groups, with the rest summed up. */
  readonly top?: number | undefined;
  /** Only what was known at this time; absent = now. */
  readonly as_at?: string | undefined;
  /** From `readyToCount`: the groups, where they depend on a catalogue. */
  readonly grouping?: Grouping | undefined;
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
 *
 * @param others what the attempts of the same unit are read from
 */
export function isSuperseded(
  row: string,
  { policy, step }: AttemptQuestion,
  per: ChosenPer,
  others = 'yield_retests',
): string | undefined {
  if (policy === 'all') {
    return undefined;
  }
  const { of, sense } = PREFERENCE[policy];
  const sameStep = per === 'operation' || step !== undefined ? ` AND other.step = ${row}.step` : '';
  return `EXISTS (SELECT 1 FROM ${others} other
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
  const asAt = question.as_at === undefined ? undefined : where.bind(question.as_at);
  const { key, lot, join = '' } = groupOf(question, where);
  inRange(where.require(`a.status = 'completed'`), question, 'a');
  const superseded = isSuperseded('a', question, per, asAt && knownRetests(asAt));
  if (superseded !== undefined) {
    where.require(`NOT ${superseded}`);
  }
  return {
    sql: `SELECT ${columns}, ${key} AS group_key, ${lot} AS group_lot
        FROM ${asAt === undefined ? 'inspection_attempts' : knownAttempts(asAt)} a${join}
       WHERE ${where.toString()}`,
    where,
  };
}

/** Key and lot of the group of an attempt `a`, and what to join for them. */
export function groupOf(
  { group_by, grouping }: AttemptQuestion,
  where: SqlConditions,
): { key: string; lot: string; join?: string } {
  if (grouping !== undefined) {
    return { lot: 'NULL::uuid', ...grouping.columns((value) => where.bind(value)) };
  }
  if (group_by === undefined) {
    return { key: 'NULL::text', lot: 'NULL::uuid' };
  }
  if (!isPlainGroup(group_by)) {
    throw new Error(`${group_by} needs a catalogue: call readyToCount first`);
  }
  return GROUP_COLUMNS[group_by];
}

const CHOICE: Readonly<Record<Exclude<AttemptPolicy, 'all'>, string>> = {
  last: 'the last attempt',
  first: 'the first attempt',
  best: 'the last passing attempt, else the last',
  worst: 'the last failing attempt, else the last',
};

/** States in words as of when a question is answered, and what its groups are. */
export const describeKnowledge = ({ as_at, grouping }: Pick<AttemptQuestion, 'as_at' | 'grouping'>): string =>
  [
    ...(as_at === undefined ? [] : [` As known at ${as_at}: events that were received later do not count.`]),
    ...(grouping === undefined ? [] : [` ${grouping.text}`]),
  ].join('');

/** States in words what a question counts, for `definition`. */
export function describeChoice(question: AttemptQuestion, per: ChosenPer): string {
  const { policy, step } = question;
  const more = describeKnowledge(question);
  if (policy === 'all') {
    return `Counted (policy all): every completed, non-voided attempt (insertion) with completed_at in [from, to) that matches every filter.${more}`;
  }
  const withStep = per === 'operation' || step !== undefined;
  return `Counted (policy ${policy}): of each unit (lot, chip, inspection type${withStep ? ', step' : ''}) ${CHOICE[policy]} by (occurred_at, attempt number with none first, event_id) among all its completed, non-voided attempts, whatever the range; the unit counts only if this attempt has completed_at in [from, to) and matches every filter.${more}`;
}
