import { type Queryable } from '@chip/persistence';
import { type AttemptPolicy, type AttemptQuestion, countedAttempts, POLICY_ORDER } from '../counted-attempts.ts';
import { SqlConditions } from '../sql-conditions.ts';

/** What an attempt itself says about a die; any other name is that of a measurement. */
export const DIE_VALUES = ['result', 'hard_bin', 'soft_bin', 'defect_count'] as const;

export interface DieRow {
  readonly x: number;
  readonly y: number;
  readonly value: string | number | null;
}

/** One value per die position of a wafer, from the attempt that `policy` chooses among those that carry the value. */
export function diesOfWafer(
  snapshot: Queryable,
  lot: string,
  waferId: string,
  value: string,
  question: AttemptQuestion,
  policy: AttemptPolicy,
): Promise<DieRow[]> {
  const where = new SqlConditions();
  where
    .require(`a.lot_id = ${where.bind(lot)}`)
    .require(`a.wafer_id = ${where.bind(waferId)}`)
    .require('a.die_x IS NOT NULL AND a.die_y IS NOT NULL');
  const own = DIE_VALUES.find((name) => name === value);
  if (own) where.require(`a.${own} IS NOT NULL`);
  const attempts = countedAttempts(
    question,
    `a.inspection_id, a.event_ids, a.result, a.occurred_at, a.event_id, a.die_x AS x, a.die_y AS y, ${own ? `a.${own}` : 'NULL'} AS value`,
    where,
  );
  const carried = own
    ? 'SELECT * FROM attempt'
    : `SELECT a.result, a.occurred_at, a.event_id, a.x, a.y, m.value
         FROM attempt a
        CROSS JOIN LATERAL (SELECT m.value FROM measurements m
                             WHERE m.inspection_id = a.inspection_id AND m.event_id = ANY (a.event_ids) AND m.name = ${where.bind(value)}
                             ORDER BY m.time DESC, m.event_id DESC LIMIT 1) m`;
  return snapshot.query<DieRow>(
    `WITH attempt AS (
      ${attempts.sql}
    ), carried AS (
      ${carried}
    )
    SELECT DISTINCT ON (x, y) x, y, value FROM carried ORDER BY x, y, ${POLICY_ORDER[policy]}`,
    where.values,
  );
}

export interface StackedDieRow {
  readonly x: number;
  readonly y: number;
  readonly failed: number;
  readonly wafers: number;
}

/** Per die position of a lot: on how many wafers it was tested, and on how many it failed. */
export function diesOfLot(
  snapshot: Queryable,
  lot: string,
  question: AttemptQuestion,
  policy: AttemptPolicy,
): Promise<StackedDieRow[]> {
  const where = new SqlConditions();
  where
    .require(`a.lot_id = ${where.bind(lot)}`)
    .require('a.die_x IS NOT NULL AND a.die_y IS NOT NULL AND a.wafer_id IS NOT NULL AND a.result IS NOT NULL');
  const attempts = countedAttempts(
    question,
    'a.wafer_id, a.result, a.occurred_at, a.event_id, a.die_x AS x, a.die_y AS y',
    where,
  );
  return snapshot.query<StackedDieRow>(
    `WITH attempt AS (
      ${attempts.sql}
    ), chosen AS (
      SELECT DISTINCT ON (wafer_id, x, y) x, y, result FROM attempt ORDER BY wafer_id, x, y, ${POLICY_ORDER[policy]}
    )
    SELECT x, y, count(*) FILTER (WHERE result = 'fail') AS failed, count(*) AS wafers
      FROM chosen GROUP BY x, y ORDER BY x, y`,
    where.values,
  );
}
