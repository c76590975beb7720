import { type Queryable } from '@chip/persistence';
import { type InspectionDetail, type InspectionItem, RUN_COLUMNS } from './inspection-answer.ts';
import { SELECT_ITEM } from './inspection-list.sql.ts';

/** Most rows of one answer, in memory here and in a client: one inspection may have any number of attempts. */
const MAX_ROWS = { attempts: 1_000, defects: 20_000, measurements: 20_000 } as const;
type History = keyof typeof MAX_ROWS;

/**
 * The newest rows of a question, and one more if there are too many. First all rows of the inspections, which their index
 * finds, then the newest: a plan that walks back through time would read other inspections.
 */
const newest = (list: History, rows: string, order: readonly string[]): string =>
  `WITH found AS MATERIALIZED (${rows})
   SELECT * FROM found ORDER BY ${order.map((column) => `${column} DESC`).join(', ')} LIMIT ${MAX_ROWS[list] + 1}`;

/** Which attempt an event belongs to, one row per event: a hash join, where a search in each list of events is quadratic. */
const ATTEMPT_OF_EVENT = `(SELECT a.inspection_id, e.event_id, a.step, a.attempt_key
         FROM inspection_attempts a CROSS JOIN LATERAL unnest(a.event_ids) AS e (event_id)
        WHERE a.inspection_id = ANY ($1::uuid[]))`;

/** Inspections with everything known about each, by type, in four statements at once, regardless of their number and history. */
export async function inspectionsWithHistory(snapshot: Queryable, ids: readonly string[]): Promise<InspectionDetail[]> {
  const itemsAsked = snapshot.query<InspectionItem>(
    `SELECT ${SELECT_ITEM} FROM inspections i JOIN lots l ON l.id = i.lot_id
      WHERE i.id = ANY ($1::uuid[])
      ORDER BY i.inspection_type, i.id`,
    [ids],
  );
  type Of<Row> = Row & { inspection_id: string };
  const attemptsAsked = snapshot.query<Of<InspectionDetail['attempts'][number]>>(
    newest(
      'attempts',
      `SELECT a.inspection_id, ${RUN_COLUMNS.map((column) => `a.${column}`).join(', ')}, a.attempt_key,
            CASE WHEN t.terminal THEN row_number() OVER (
              PARTITION BY a.inspection_id, a.step, t.terminal ORDER BY a.occurred_at, coalesce(a.attempt_no, 0), a.event_id) END AS rank,
            a.attempt_no AS attempt, a.run_id,
            i.attempt_key IS NOT DISTINCT FROM a.attempt_key AND i.step = a.step AS current,
            a.event_id, a.event_ids, a.void_reason
       FROM inspection_attempts a
       JOIN inspections i ON i.id = a.inspection_id
      CROSS JOIN LATERAL (SELECT a.status IN ('completed', 'failed', 'cancelled') AS terminal) t
      WHERE a.inspection_id = ANY ($1::uuid[])`,
      ['occurred_at', 'coalesce(attempt, 0)', 'event_id', 'step', 'attempt_key'],
    ),
    [ids],
  );
  const defectsAsked = snapshot.query<Of<InspectionDetail['defects'][number]>>(
    newest(
      'defects',
      `SELECT inspection_id, event_id, a.step, a.attempt_key, d.defect_no, d.time, d.class, d.x_um, d.y_um, d.area_um2,
            d.size_um, d.severity, d.confidence, d.image_uri
       FROM defects d
       LEFT JOIN ${ATTEMPT_OF_EVENT} a USING (inspection_id, event_id)
      WHERE inspection_id = ANY ($1::uuid[])`,
      ['time', 'event_id', 'defect_no'],
    ),
    [ids],
  );
  const measurementsAsked = snapshot.query<Of<InspectionDetail['measurements'][number]>>(
    newest(
      'measurements',
      `SELECT inspection_id, event_id, a.step, a.attempt_key, m.time, m.name, m.value, m.unit, m.lower_limit, m.upper_limit
       FROM measurements m
       LEFT JOIN ${ATTEMPT_OF_EVENT} a USING (inspection_id, event_id)
      WHERE inspection_id = ANY ($1::uuid[])`,
      ['time', 'event_id', 'name'],
    ),
    [ids],
  );
  const [items, attempts, defects, measurements] = await Promise.all([
    itemsAsked,
    attemptsAsked,
    defectsAsked,
    measurementsAsked,
  ]);
  const all = { attempts, defects, measurements };
  const truncated = (Object.keys(MAX_ROWS) as History[]).filter((list) => all[list].length > MAX_ROWS[list]);
  const byInspection = <Row>(rows: readonly Of<Row>[], list: History) => {
    const oldestFirst = rows.slice(0, MAX_ROWS[list]).reverse();
    const groups = Map.groupBy(oldestFirst, (row) => row.inspection_id);
    return (id: string): Omit<Of<Row>, 'inspection_id'>[] =>
      (groups.get(id) ?? []).map(({ inspection_id: _, ...row }) => row);
  };
  const [attemptsOf, defectsOf, measurementsOf] = [
    byInspection(attempts, 'attempts'),
    byInspection(defects, 'defects'),
    byInspection(measurements, 'measurements'),
  ];
  return items.map((item) => ({
    ...item,
    attempts: attemptsOf(item.id),
    defects: defectsOf(item.id),
    measurements: measurementsOf(item.id),
    truncated,
  }));
}
