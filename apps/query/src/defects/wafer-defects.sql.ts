import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type WaferDefectsAnswer } from './wafer-defects-answer.ts';

/** Defects that the counted attempts found on a wafer, by die, then in the order of the machine; at most `limit`. */
export function defectsOfWafer(
  snapshot: Queryable,
  question: AttemptQuestion,
  { lot, wafer }: { readonly lot: string; readonly wafer: string },
  limit: number,
): Promise<WaferDefectsAnswer['defects']> {
  const where = new SqlConditions()
    .when(lot, ($) => `a.lot_id = ${$}::uuid`)
    .when(wafer, ($) => `a.wafer_id = ${$}`)
    .require('a.die_x IS NOT NULL AND a.die_y IS NOT NULL');
  const attempts = chosenAttempts(
    question,
    'operation',
    'a.inspection_id, a.event_ids, a.die_x, a.die_y, a.occurred_at',
    where,
  );
  return snapshot.query(
    `SELECT a.die_x, a.die_y, d.x_um, d.y_um, d.class, d.size_um, d.severity
       FROM (${attempts.sql}) a JOIN defects d ON d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)
      ORDER BY a.die_x, a.die_y, a.occurred_at, d.event_id, d.defect_no LIMIT ${where.bind(limit)}`,
    where.values,
  );
}
