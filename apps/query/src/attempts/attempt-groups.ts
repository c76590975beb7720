import { Problem } from '../http/problem.error.ts';

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
const KEYS = 'key COLLATE "C" NULLS LAST, lot_id COLLATE "C", site COLLATE "C"';
/** Most groups of one answer. */
const MAX_GROUPS = 10_000;
/** More than the rows of totals, one for each inspection type, which would otherwise displace groups. */
const MAX_TOTALS = 1_000;

/**
 * Statement of grouped rows: totals first, then the groups by key; at most one group more than an answer may have. With `top`
 * the greatest groups.
 *
 * @param rows SELECT of `GroupRow` columns
 * @param size column that groups are compared by
 */
export const groupedRows = (rows: string, size: string, top: number | undefined): string =>
  `SELECT *, (count(*) FILTER (WHERE NOT total) OVER ())::int AS group_count FROM (
      ${rows}
    ) AS counted
     ORDER BY total DESC, ${top === undefined ? '' : `${size} DESC, `}${KEYS} LIMIT ${MAX_TOTALS + (top ?? MAX_GROUPS) + 1}`;

/** Columns that every row of a grouped statistic begins with. */
export interface GroupRow {
  readonly total: boolean;
  /** Groups that there are, of which the rows may be a part. */
  readonly group_count?: number;
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

/** What a question says about groups. */
interface Grouped {
  readonly group_by?: AttemptGroup | undefined;
  readonly top?: number | undefined;
}

/**
 * Groups of an answer with their figures, by key; none when the question does not group.
 *
 * @param rows as `groupedRows` orders them
 * @param restOf figures of the groups that `top` leaves off, from those that it shows
 * @throws Problem 400 for more groups than an answer may have
 */
export function namedGroups<Row extends GroupRow, Figures, Rest extends object>(
  rows: readonly Row[],
  { group_by, top }: Grouped,
  figuresOf: (row: Row) => Figures,
  restOf?: (shown: readonly Row[]) => Rest,
): { groups: (ReturnType<typeof groupName> & Figures)[]; other?: Rest & { groups: number } } {
  if (group_by === undefined) {
    return { groups: [] };
  }
  const found = rows.filter((row) => !row.total);
  const all = found[0]?.group_count ?? 0;
  if (top === undefined && all > MAX_GROUPS) {
    const message = `gives ${all} groups, more than ${MAX_GROUPS}: ask for the greatest with top, or narrow the range or the filters`;
    throw new Problem(400, 'invalid_parameter', `group_by ${message}`, [{ parameter: 'group_by', message }]);
  }
  const shown = found.slice(0, top);
  return {
    groups: [...shown].sort(byKey).map((row) => ({ ...groupName(row, group_by), ...figuresOf(row) })),
    ...(restOf && all > shown.length && { other: { groups: all - shown.length, ...restOf(shown) } }),
  };
}

/** The order of `groupedRows` without `top`. */
const byKey = (a: GroupRow, b: GroupRow): number =>
  compareText(a.key, b.key) || compareText(a.lot_id, b.lot_id) || compareText(a.site, b.site);

const compareText = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : Buffer.compare(Buffer.from(a), Buffer.from(b));
