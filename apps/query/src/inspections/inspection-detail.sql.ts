import { type Queryable } from '@chip/persistence';
import { type InspectionDetail, type InspectionItem, RUN_COLUMNS } from './inspection-answer.ts';
import { SELECT_ITEM } from './inspection-list.sql.ts';

/** Inspections with everything known about each, by type, in four statements regardless of their number and history. */
export async function inspectionsWithHistory(snapshot: Queryable, ids: readonly string[]): Promise<InspectionDetail[]> {
  const items = await snapshot.query<InspectionItem>(
    `SELECT ${SELECT_ITEM} FROM inspections i JOIN lots l ON l.id = i.lot_id
      WHERE i.id = ANY ($1::uuid[])
      ORDER BY i.inspection_type, i.id`,
    [ids],
  );
  type Of<Row> = Row & { inspection_id: string };
  const attempts = await snapshot.query<Of<InspectionDetail['attempts'][number]>>(
    `SELECT a.inspection_id, ${RUN_COLUMNS.map((column) => `a.${column}`).join(', ')}, a.attempt_key,
            CASE WHEN t.terminal THEN row_number() OVER (
              PARTITION BY a.inspection_id, a.step, t.terminal ORDER BY a.occurred_at, coalesce(a.attempt_no, 0), a.event_id) END AS rank,
            a.attempt_no AS attempt, a.run_id,
            i.attempt_key IS NOT DISTINCT FROM a.attempt_key AND i.step = a.step AS current,
            a.event_id, a.event_ids, a.void_reason
       FROM inspection_attempts a
       JOIN inspections i ON i.id = a.inspection_id
      CROSS JOIN LATERAL (SELECT a.status IN ('completed', 'failed', 'cancelled') AS terminal) t
      WHERE a.inspection_id = ANY ($1::uuid[])
      ORDER BY a.occurred_at, coalesce(a.attempt_no, 0), a.event_id, a.step, a.attempt_key`,
    [ids],
  );
  const defects = await snapshot.query<Of<InspectionDetail['defects'][number]>>(
    `SELECT d.inspection_id, d.event_id, a.step, a.attempt_key, d.defect_no, d.time, d.class, d.x_um, d.y_um, d.area_um2,
            d.size_um, d.severity, d.confidence, d.image_uri
       FROM defects d
       LEFT JOIN inspection_attempts a ON a.inspection_id = d.inspection_id AND d.event_id = ANY (a.event_ids)
      WHERE d.inspection_id = ANY ($1::uuid[])
      ORDER BY d.time, d.event_id, d.defect_no`,
    [ids],
  );
  const measurements = await snapshot.query<Of<InspectionDetail['measurements'][number]>>(
    `SELECT m.inspection_id, m.event_id, a.step, a.attempt_key, m.time, m.name, m.value, m.unit, m.lower_limit, m.upper_limit
       FROM measurements m
       LEFT JOIN inspection_attempts a ON a.inspection_id = m.inspection_id AND m.event_id = ANY (a.event_ids)
      WHERE m.inspection_id = ANY ($1::uuid[])
      ORDER BY m.time, m.event_id, m.name`,
    [ids],
  );
  const byInspection = <Row>(rows: readonly Of<Row>[]) => {
    const groups = Map.groupBy(rows, (row) => row.inspection_id);
    return (id: string): Omit<Of<Row>, 'inspection_id'>[] =>
      (groups.get(id) ?? []).map(({ inspection_id: _, ...row }) => row);
  };
  const [attemptsOf, defectsOf, measurementsOf] = [
    byInspection(attempts),
    byInspection(defects),
    byInspection(measurements),
  ];
  return items.map((item) => ({
    ...item,
    attempts: attemptsOf(item.id),
    defects: defectsOf(item.id),
    measurements: measurementsOf(item.id),
  }));
}
