import { type Queryable } from '@chip/persistence';
import { unitNames } from '../access/caller.ts';
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

/** Distinguishes attempts that the same event decides: a withdrawal decides two. */
interface PlacedUnit extends TouchedUnit {
  readonly place: string;
}
const PLACE = `md5(a.step || '/' || a.attempt_key) COLLATE "C"`;

export const placeOf = ({ occurred_at, event_id, place }: PlacedUnit): KeysetPosition => ({
  time: occurred_at,
  id: `${event_id}.${place}`,
});
/** Cursors of earlier versions have no place. */
export const isPlace = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[0-9a-f]{32})?$/;

/** Attempts of one machine, newest first by (occurred_at, event_id). */
export function unitsOfEquipment(
  snapshot: Queryable,
  equipmentId: string,
  range: { from?: string | undefined; to?: string | undefined },
  after: KeysetPosition | undefined,
  limit: number,
): Promise<PlacedUnit[]> {
  const where = new SqlConditions()
    .when(equipmentId, ($) => `a.equipment_id = ${$}`)
    .when(range.from, ($) => `a.occurred_at >= ${$}::timestamptz`)
    .when(range.to, ($) => `a.occurred_at < ${$}::timestamptz`);
  if (after) {
    const [eventId = '', place = ''] = after.id.split('.');
    where.require(
      `(a.occurred_at, a.event_id, ${PLACE}) < (${where.bind(after.time)}::timestamptz, ${where.bind(eventId)}::uuid, ${where.bind(place)})`,
    );
  }
  // Selects the page before joining; otherwise the database would join every attempt of the machine.
  return snapshot.query<PlacedUnit>(
    `SELECT a.inspection_id, l.site, l.lot_id, i.chip_id, a.wafer_id, a.die_x, a.die_y, a.inspection_type::text AS inspection_type,
            a.step, a.status, a.result, a.recipe, a.product, a.occurred_at, a.completed_at, a.event_id, ${PLACE} AS place
       FROM (SELECT * FROM inspection_attempts a
              WHERE ${where.toString()}
              ORDER BY a.occurred_at DESC, a.event_id DESC, ${PLACE} DESC
              LIMIT ${where.bind(limit)}) AS a
       JOIN ${unitNames()} i ON i.id = a.inspection_id
       JOIN lots l ON l.id = a.lot_id
      ORDER BY a.occurred_at DESC, a.event_id DESC, place DESC`,
    where.values,
  );
}
