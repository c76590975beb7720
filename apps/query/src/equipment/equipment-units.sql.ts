import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export interface TouchedUnit {
  readonly inspection_id: string;
  readonly site: string;
  readonly lot_id: string;
  readonly chip_id: string;
  readonly wafer_id: string | null;
  readonly die_x: number | null;
  readonly die_y: number | null;
  readonly inspection_type: string;
  readonly step: string;
  readonly status: string;
  readonly result: string | null;
  readonly recipe: string | null;
  readonly product: string | null;
  readonly occurred_at: string;
  readonly completed_at: string | null;
  readonly event_id: string;
}

/** Attempts of one machine, newest first by (occurred_at, event_id). */
export function unitsOfEquipment(
  snapshot: Queryable,
  equipmentId: string,
  range: { from?: string | undefined; to?: string | undefined },
  after: KeysetPosition | undefined,
  limit: number,
): Promise<TouchedUnit[]> {
  const where = new SqlConditions()
    .when(equipmentId, ($) => `a.equipment_id = ${$}`)
    .when(range.from, ($) => `a.occurred_at >= ${$}::timestamptz`)
    .when(range.to, ($) => `a.occurred_at < ${$}::timestamptz`);
  if (after) {
    where.require(
      `(a.occurred_at, a.event_id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`,
    );
  }
  // Selects the page before joining; otherwise the database would join every attempt of the machine.
  return snapshot.query<TouchedUnit>(
    `SELECT a.inspection_id, l.site, l.lot_id, i.chip_id, a.wafer_id, a.die_x, a.die_y, a.inspection_type::text AS inspection_type,
            a.step, a.status, a.result, a.recipe, a.product, a.occurred_at, a.completed_at, a.event_id
       FROM (SELECT * FROM inspection_attempts a
              WHERE ${where.toString()}
              ORDER BY a.occurred_at DESC, a.event_id DESC
              LIMIT ${where.bind(limit)}) AS a
       JOIN inspections i ON i.id = a.inspection_id
       JOIN lots l ON l.id = a.lot_id
      ORDER BY a.occurred_at DESC, a.event_id DESC`,
    where.values,
  );
}
