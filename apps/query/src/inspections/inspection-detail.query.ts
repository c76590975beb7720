import { type Queryable } from '@chip/persistence';
import { type InspectionDetail, type InspectionItem } from './inspection-answer.ts';
import { ITEM_COLUMNS } from './inspection-list.query.ts';

/** One inspection with everything known about it: four statements, however much it has. */
export async function inspectionWithHistory(snapshot: Queryable, id: string): Promise<InspectionDetail | undefined> {
  const [item] = await snapshot.query<InspectionItem>(
    `SELECT ${ITEM_COLUMNS} FROM inspections i JOIN lots l ON l.id = i.lot_id WHERE i.id = $1`,
    [id],
  );
  if (!item) return undefined;
  const attempts = await snapshot.query<InspectionDetail['attempts'][number]>(
    `SELECT a.status, a.result, a.step, a.priority, a.occurred_at, a.started_at, a.completed_at, a.equipment_id, a.recipe,
            a.product, a.wafer_id, a.die_x, a.die_y, a.hard_bin, a.soft_bin, a.inspected_area_cm2, a.defect_count,
            a.measurement_count, a.metadata, a.attempt_key,
            CASE WHEN t.terminal THEN row_number() OVER (PARTITION BY a.step, t.terminal ORDER BY a.occurred_at, a.event_id) END AS rank,
            a.attempt_no AS attempt, a.run_id,
            i.attempt_key IS NOT DISTINCT FROM a.attempt_key AND i.step = a.step AS current,
            a.event_id, a.event_ids, a.void_reason
       FROM inspection_attempts a
       JOIN inspections i ON i.id = a.inspection_id
      CROSS JOIN LATERAL (SELECT a.status IN ('completed', 'failed', 'cancelled') AS terminal) t
      WHERE a.inspection_id = $1
      ORDER BY a.occurred_at, a.event_id, a.step, a.attempt_key`,
    [id],
  );
  const defects = await snapshot.query<InspectionDetail['defects'][number]>(
    `SELECT d.event_id, a.step, a.attempt_key, d.defect_no, d.time, d.class, d.x_um, d.y_um, d.area_um2, d.size_um,
            d.severity, d.confidence, d.image_uri
       FROM defects d
       LEFT JOIN inspection_attempts a ON a.inspection_id = d.inspection_id AND d.event_id = ANY (a.event_ids)
      WHERE d.inspection_id = $1
      ORDER BY d.time, d.event_id, d.defect_no`,
    [id],
  );
  const measurements = await snapshot.query<InspectionDetail['measurements'][number]>(
    `SELECT m.event_id, a.step, a.attempt_key, m.time, m.name, m.value, m.unit, m.lower_limit, m.upper_limit
       FROM measurements m
       LEFT JOIN inspection_attempts a ON a.inspection_id = m.inspection_id AND m.event_id = ANY (a.event_ids)
      WHERE m.inspection_id = $1
      ORDER BY m.time, m.event_id, m.name`,
    [id],
  );
  return { ...item, attempts, defects, measurements };
}
