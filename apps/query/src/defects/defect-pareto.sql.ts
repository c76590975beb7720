import { type Queryable } from '@chip/persistence';
import { groupKey } from '../attempts/attempt-groups.ts';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { type GroupedCount } from '../attempts/grouped-pareto.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export const DEFECT_PARETO_KEYS = ['class', 'equipment', 'lot', 'severity'] as const;
export type DefectParetoKey = (typeof DEFECT_PARETO_KEYS)[number];

export interface DefectCount extends GroupedCount {
  readonly key: string | null;
  /** For keys by lot: the site, which distinguishes equal lot texts. */
  readonly site: string | null;
}

/** Columns of defects, attempts and `daily_defects`. */
const KEY_COLUMNS: Readonly<Record<DefectParetoKey, { key: string; lot: string }>> = {
  class: { key: 'class', lot: 'NULL::uuid' },
  equipment: { key: 'equipment_id', lot: 'NULL::uuid' },
  lot: { key: 'NULL::text', lot: 'lot_id' },
  severity: { key: 'severity', lot: 'NULL::uuid' },
};

/** Defects found by the counted attempts, by one of their properties and by group; at most `limit` rows. */
export async function defectCounts(
  snapshot: Queryable,
  question: AttemptQuestion,
  by: DefectParetoKey,
  limit: number,
): Promise<DefectCount[]> {
  const { key, lot } = KEY_COLUMNS[by];
  const { attempts, days, values } = await attemptsAndDays(
    snapshot,
    question,
    'operation',
    'a.inspection_id, a.event_ids, a.lot_id, a.equipment_id',
    { table: 'daily_defects', columns: `${key}, ${lot}, defects` },
  );
  const where = new SqlConditions(values);
  return snapshot.query<DefectCount>(
    `WITH attempt AS (
      ${attempts}
    ), found (key, lot, defects, group_key, group_lot) AS (
      SELECT ${key}, ${lot}, 1, a.group_key, a.group_lot
        FROM attempt a JOIN defects d ON d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)
      ${days}
    ), g AS (
      SELECT key, lot, group_key, group_lot, sum(defects) AS count FROM found GROUP BY 1, 2, 3, 4
    )
    SELECT ${by === 'lot' ? 'own.lot_id' : 'g.key'} AS key, own.site, g.count,
           ${groupKey(question.group_by)} COLLATE "C" AS group_key, l.site COLLATE "C" AS group_site, l.lot_id COLLATE "C" AS group_lot_id
      FROM g LEFT JOIN lots own ON own.id = g.lot LEFT JOIN lots l ON l.id = g.group_lot
     ORDER BY 4 NULLS LAST, 6, 5, own.site
     LIMIT ${where.bind(limit)}`,
    values,
  );
}
