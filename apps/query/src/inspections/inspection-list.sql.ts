import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { type FieldTexts } from '../http/field-filters.ts';
import { requireFields } from '../sql/field-conditions.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type InspectionItem, ITEM_COLUMNS } from './inspection-answer.ts';

export interface InspectionListQuestion {
  readonly status?: string | undefined;
  readonly result?: string | undefined;
  readonly site?: string | undefined;
  readonly lot_id?: string | undefined;
  readonly chip_id?: string | undefined;
  readonly wafer_id?: string | undefined;
  readonly die_x?: number | undefined;
  readonly die_y?: number | undefined;
  readonly inspection_type?: string | undefined;
  readonly equipment_id?: string | undefined;
  readonly product?: string | undefined;
  readonly step?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly metadata: FieldTexts;
}

/** Columns that are not just the column of `inspections i` with the same name. */
const SOURCES: Partial<Record<keyof InspectionItem, string>> = {
  lot_id: 'l.lot_id',
  inspection_type: 'i.inspection_type::text AS inspection_type',
};
/** Columns of an item, from `inspections i JOIN lots l`. */
export const SELECT_ITEM = ITEM_COLUMNS.map((column) => SOURCES[column] ?? `i.${column}`).join(', ');

/** Inspections, newest first by (created_at, id); at most `limit` after `after`. */
export function listInspections(
  snapshot: Queryable,
  question: InspectionListQuestion,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<InspectionItem[]> {
  const { lot_id, site, ...filters } = question;
  const where = new SqlConditions();
  where
    .units(lot_id === undefined ? question : filters, 'i')
    .when(question.status, ($) => `i.status = ${$}::inspection_status_enum`)
    .when(question.result, ($) => `i.result = ${$}`)
    .when(question.chip_id, ($) => `i.chip_id = ${$}`)
    .when(question.wafer_id, ($) => `i.wafer_id = ${$}`)
    .when(question.die_x, ($) => `i.die_x = ${$}`)
    .when(question.die_y, ($) => `i.die_y = ${$}`)
    .when(question.from, ($) => `i.created_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `i.created_at < ${$}::timestamptz`);
  requireFields(where, 'i.metadata', question.metadata);
  if (after) {
    where.require(`(i.created_at, i.id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  const order = 'ORDER BY i.created_at DESC, i.id DESC';
  const top = where.bind(limit);
  if (lot_id === undefined) {
    return snapshot.query<InspectionItem>(
      `SELECT ${SELECT_ITEM}
         FROM inspections i JOIN lots l ON l.id = i.lot_id
        WHERE ${where.toString()}
        ${order} LIMIT ${top}`,
      where.values,
    );
  }
  // Reads a page per lot of that name (one, or one per site) in the order of the lot's index. Given one condition on a set
  // of lots, the planner would walk all inspections by time until enough belong to the lot: seconds for an old lot.
  const ofSite = site === undefined ? '' : ` AND site = ${where.bind(site)}`;
  return snapshot.query<InspectionItem>(
    `SELECT ${SELECT_ITEM}
       FROM (SELECT id, lot_id FROM lots WHERE lot_id = ${where.bind(lot_id)}${ofSite}) l
      CROSS JOIN LATERAL (
        SELECT * FROM inspections i WHERE i.lot_id = l.id AND ${where.toString()} ${order} LIMIT ${top}
      ) i
      ${order} LIMIT ${top}`,
    where.values,
  );
}
