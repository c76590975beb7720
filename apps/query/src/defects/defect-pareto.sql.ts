import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';

export const DEFECT_PARETO_KEYS = ['class', 'equipment', 'lot', 'severity'] as const;
export type DefectParetoKey = (typeof DEFECT_PARETO_KEYS)[number];

export interface DefectCount {
  readonly key: string | null;
  /** For keys by lot: the site, which distinguishes equal lot texts. */
  readonly site: string | null;
  readonly count: number;
}

const KEY_COLUMNS: Readonly<Record<DefectParetoKey, { key: string; lot: string }>> = {
  class: { key: 'd.class', lot: 'NULL::uuid' },
  equipment: { key: 'a.equipment_id', lot: 'NULL::uuid' },
  lot: { key: 'NULL::text', lot: 'a.lot_id' },
  severity: { key: 'd.severity', lot: 'NULL::uuid' },
};

/** Defects found by the counted attempts, by one of their properties. */
export function defectCounts(
  snapshot: Queryable,
  question: AttemptQuestion,
  by: DefectParetoKey,
): Promise<DefectCount[]> {
  const attempts = chosenAttempts(question, 'operation', 'a.inspection_id, a.event_ids, a.lot_id, a.equipment_id');
  const { key, lot } = KEY_COLUMNS[by];
  return snapshot.query<DefectCount>(
    `WITH attempt AS (
      ${attempts.sql}
    ), g AS (
      SELECT ${key} AS key, ${lot} AS lot, count(*) AS count
        FROM attempt a JOIN defects d ON d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)
       GROUP BY 1, 2
    )
    SELECT ${by === 'lot' ? 'l.lot_id' : 'g.key'} AS key, l.site, g.count
      FROM g LEFT JOIN lots l ON l.id = g.lot
     ORDER BY l.site`,
    attempts.where.values,
  );
}
