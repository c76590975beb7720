import { type UnitFilters } from './parameters.ts';
import { SqlConditions } from './sql-conditions.ts';

export const ATTEMPT_GROUPS = ['day', 'month', 'lot', 'wafer', 'equipment', 'inspection_type', 'product'] as const;
export type AttemptGroup = (typeof ATTEMPT_GROUPS)[number];
export const ATTEMPT_POLICIES = ['last', 'first', 'best', 'worst'] as const;
export type AttemptPolicy = (typeof ATTEMPT_POLICIES)[number];

/** Which attempts a statistic is about. Every statistic over inspections starts from these, so that they agree. */
export interface AttemptQuestion extends UnitFilters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly group_by?: AttemptGroup | undefined;
}

/** The same in words, for `definition`. */
export const COUNTED_ATTEMPTS =
  'attempts with status completed that are not voided, completed_at in [from, to), matching every filter';

/** What names the group of an attempt `a`, until the text of its lot is joined by `groupKey`. */
export const GROUP_COLUMNS: Readonly<Record<AttemptGroup, { key: string; lot: string }>> = {
  day: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
  month: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM')`, lot: 'NULL::uuid' },
  // The machine's text of a lot is joined after grouping; two sites may use the same one.
  lot: { key: 'NULL::text', lot: 'a.lot_id' },
  wafer: { key: 'a.wafer_id', lot: 'a.lot_id' },
  equipment: { key: 'a.equipment_id', lot: 'NULL::uuid' },
  inspection_type: { key: 'a.inspection_type::text', lot: 'NULL::uuid' },
  product: { key: 'a.product', lot: 'NULL::uuid' },
};

/** SELECT of the attempts with `columns` (of `inspection_attempts a`) and the columns `group_key`, `group_lot` of their group. */
export function countedAttempts(
  question: AttemptQuestion,
  columns: string,
  where = new SqlConditions(),
): { sql: string; where: SqlConditions } {
  const group = question.group_by === undefined ? undefined : GROUP_COLUMNS[question.group_by];
  where
    .require(`a.status = 'completed'`)
    .when(question.from, ($) => `a.completed_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `a.completed_at < ${$}::timestamptz`)
    .units(question, 'a');
  return {
    sql: `SELECT ${columns}, ${group?.key ?? 'NULL::text'} AS group_key, ${group?.lot ?? 'NULL::uuid'} AS group_lot
        FROM inspection_attempts a
       WHERE ${where.toString()}`,
    where,
  };
}

/** ORDER BY that puts the attempt that stands for a unit (or a die) first; ties go by event_id, never by arrival. */
export const POLICY_ORDER: Readonly<Record<AttemptPolicy, string>> = {
  last: 'occurred_at DESC, event_id DESC',
  first: 'occurred_at, event_id',
  best: `(result = 'pass') DESC, occurred_at DESC, event_id DESC`,
  worst: `(result = 'pass'), occurred_at DESC, event_id DESC`,
};

/** SELECT of one attempt per unit out of `relation` (with the columns inspection_id, occurred_at, event_id, result). */
export const oneAttemptPerUnit = (relation: string, policy: AttemptPolicy): string =>
  `SELECT DISTINCT ON (inspection_id) * FROM ${relation} ORDER BY inspection_id, ${POLICY_ORDER[policy]}`;

/** The same in words. */
export const POLICY_CHOICE: Readonly<Record<AttemptPolicy, string>> = {
  last: 'the last attempt',
  first: 'the first attempt',
  best: 'the last passing attempt, else the last',
  worst: 'the last failing attempt, else the last',
};

/** Text of a group: the machine's lot for groups by lot, else the column itself. Needs `lots l` joined on `g.group_lot`. */
export const groupKey = (groupBy: AttemptGroup | undefined): string => (groupBy === 'lot' ? 'l.lot_id' : 'g.group_key');
/** Group rows in the order of their keys, then the row of the totals. */
export const GROUP_ORDER = 'total, key COLLATE "C" NULLS LAST, lot_id COLLATE "C", site COLLATE "C"';

/** What every row of a grouped statistic begins with. */
export interface GroupRow {
  readonly total: boolean;
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
}

/** How a group is named in an answer: lots and wafers with what tells equal texts apart. */
export function groupName(
  row: GroupRow,
  groupBy: AttemptGroup | undefined,
): { key: string | null; site?: string; lot_id?: string } {
  return groupBy === 'lot' || groupBy === 'wafer'
    ? { key: row.key, site: row.site ?? '', lot_id: row.lot_id ?? '' }
    : { key: row.key };
}
