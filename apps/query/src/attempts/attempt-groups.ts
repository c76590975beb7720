import { type SqlParameter } from '@chip/persistence';

export const ATTEMPT_GROUPS = [
  'hour',
  'day',
  'week',
  'month',
  'shift',
  'lot',
  'wafer',
  'equipment',
  'inspection_type',
  'product',
  'step',
  'recipe',
  'site',
  'zone',
] as const;
export type AttemptGroup = (typeof ATTEMPT_GROUPS)[number];

/** Groups that need a calendar or a geometry, which `readyToCount` reads. */
const GROUPS_OF_CATALOGUES = ['shift', 'zone'] as const;
type PlainGroup = Exclude<AttemptGroup, (typeof GROUPS_OF_CATALOGUES)[number]>;

/** Groups whose value depends on what a catalogue says. */
export interface Grouping {
  /** SQL of the key of an attempt `a`, and what to join for it. */
  readonly columns: (bind: (value: SqlParameter) => string) => { readonly key: string; readonly join?: string };
  /** The groups in words, for `definition`. */
  readonly text: string;
}

/** Columns that identify the group of an attempt `a`; `groupKey` later replaces a lot's id with its text. */
export const GROUP_COLUMNS: Readonly<Record<PlainGroup, { key: string; lot: string }>> = {
  hour: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')`, lot: 'NULL::uuid' },
  day: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
  week: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'IYYY-"W"IW')`, lot: 'NULL::uuid' },
  month: { key: `to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM')`, lot: 'NULL::uuid' },
  // Groups by the id of the lot and joins its text afterwards, because two sites may use the same text.
  lot: { key: 'NULL::text', lot: 'a.lot_id' },
  wafer: { key: 'a.wafer_id', lot: 'a.lot_id' },
  equipment: { key: 'a.equipment_id', lot: 'NULL::uuid' },
  inspection_type: { key: 'a.inspection_type::text', lot: 'NULL::uuid' },
  product: { key: 'a.product', lot: 'NULL::uuid' },
  step: { key: `nullif(a.step, '')`, lot: 'NULL::uuid' },
  recipe: { key: 'a.recipe', lot: 'NULL::uuid' },
  site: { key: '(SELECT own.site FROM lots own WHERE own.id = a.lot_id)', lot: 'NULL::uuid' },
};

export const isPlainGroup = (group: AttemptGroup): group is PlainGroup =>
  !GROUPS_OF_CATALOGUES.some((other) => other === group);

/** Text of a group: the lot's text for groups by lot, else the column. Needs `lots l` joined on `g.group_lot`. */
export const groupKey = (groupBy: AttemptGroup | undefined): string => (groupBy === 'lot' ? 'l.lot_id' : 'g.group_key');
/** Group rows by key, then the row of totals. */
export const GROUP_ORDER = 'total, key COLLATE "C" NULLS LAST, lot_id COLLATE "C", site COLLATE "C"';

/** Columns that every row of a grouped statistic begins with. */
export interface GroupRow {
  readonly total: boolean;
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
}

/** Name of a group in an answer; for lots and wafers, with the columns that distinguish equal texts. */
export function groupName(
  row: GroupRow,
  groupBy: AttemptGroup | undefined,
): { key: string | null; site?: string; lot_id?: string } {
  return groupBy === 'lot' || groupBy === 'wafer'
    ? { key: row.key, site: row.site ?? '', lot_id: row.lot_id ?? '' }
    : { key: row.key };
}

/** Groups of an answer with their figures; none when the question does not group. */
export const namedGroups = <Row extends GroupRow, Figures>(
  rows: readonly Row[],
  groupBy: AttemptGroup | undefined,
  figuresOf: (row: Row) => Figures,
): (ReturnType<typeof groupName> & Figures)[] =>
  groupBy === undefined
    ? []
    : rows.filter((row) => !row.total).map((row) => ({ ...groupName(row, groupBy), ...figuresOf(row) }));
