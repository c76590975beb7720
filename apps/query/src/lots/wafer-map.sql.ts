import { type Queryable } from '@chip/persistence';
import {
  type AttemptPolicy,
  type AttemptQuestion,
  chosenAttempts,
  preferredFirst,
} from '../attempts/chosen-attempts.ts';
import { namedPlaces, overMeasurements } from '../attempts/measurements-of-attempts.sql.ts';
import { requireOneOperation } from '../attempts/operations.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** Values of the attempt itself; any other name is that of a measurement. */
const DIE_VALUES = ['result', 'hard_bin', 'soft_bin', 'defect_count'] as const;

/** A question about the dies of one lot; `mix` allows several inspection types and steps. */
export interface MapQuestion extends AttemptQuestion {
  readonly lot: string;
  readonly mix: boolean;
}

export interface DieRow {
  readonly x: number;
  readonly y: number;
  readonly value: string | number | null;
}

const PLACED = 'a.die_x IS NOT NULL AND a.die_y IS NOT NULL';

/**
 * One value per die position of a wafer, for positions whose chosen attempt has it. Several units at one position (a die
 * under two names) count as one.
 */
export async function diesOfWafer(
  snapshot: Queryable,
  question: MapQuestion & { readonly policy: Exclude<AttemptPolicy, 'all'> },
  waferId: string,
  value: string,
): Promise<DieRow[]> {
  const where = new SqlConditions();
  where
    .require(`a.lot_id = ${where.bind(question.lot)}`)
    .require(`a.wafer_id = ${where.bind(waferId)}`)
    .require(PLACED);
  const own = DIE_VALUES.find((name) => name === value);
  const chosen = chosenAttempts(
    question,
    'operation',
    `a.inspection_id, a.inspection_type, a.step, a.event_ids, a.result, a.occurred_at, a.attempt_no, a.event_id, a.die_x AS x, a.die_y AS y, ${own ? `a.${own}` : 'NULL'} AS value`,
    where,
  );
  if (!question.mix) {
    await requireOneOperation(snapshot, chosen);
  }
  const carried = own ? 'carried AS (SELECT * FROM chosen WHERE value IS NOT NULL)' : latestValues(where.bind(value));
  return snapshot.query<DieRow>(
    `WITH chosen AS (
      ${chosen.sql}
    ), ${carried}
    SELECT DISTINCT ON (x, y) x, y, value FROM carried ORDER BY x, y, ${preferredFirst('carried', question.policy)}`,
    where.values,
  );
}

/** CTE `carried`: the latest measurement of that name per chosen attempt, looked up one by one because a wafer has few. */
function latestValues(name: string): string {
  const measured = overMeasurements(
    (joins) => `SELECT m.time, m.event_id, m.value FROM (SELECT c.inspection_id, c.event_ids) AS a
          ${joins}`,
    name,
  );
  return `${namedPlaces(name)}, carried AS (
      SELECT c.result, c.occurred_at, c.attempt_no, c.event_id, c.x, c.y, m.value
        FROM chosen c
       CROSS JOIN LATERAL (SELECT m.value FROM (
          ${measured}) m
         ORDER BY m.time DESC, m.event_id DESC LIMIT 1) m
    )`;
}

export interface StackedDieRow {
  readonly x: number;
  readonly y: number;
  readonly failed: number;
  /** Wafers on which the die was tested; attempts when every attempt counts. */
  readonly tested: number;
}

/** Per die position of a lot: the wafers on which it was tested, and those on which it failed. */
export async function diesOfLot(snapshot: Queryable, question: MapQuestion): Promise<StackedDieRow[]> {
  const { lot, policy, mix } = question;
  const where = new SqlConditions();
  where
    .require(`a.lot_id = ${where.bind(lot)}`)
    .require(`${PLACED} AND a.wafer_id IS NOT NULL AND a.result IS NOT NULL`);
  const chosen = chosenAttempts(
    question,
    'operation',
    'a.inspection_type, a.step, a.wafer_id, a.result, a.occurred_at, a.attempt_no, a.event_id, a.die_x AS x, a.die_y AS y',
    where,
  );
  if (!mix) {
    await requireOneOperation(snapshot, chosen);
  }
  const perDie =
    policy === 'all'
      ? 'SELECT x, y, result FROM chosen'
      : `SELECT DISTINCT ON (wafer_id, x, y) x, y, result FROM chosen ORDER BY wafer_id, x, y, ${preferredFirst('chosen', policy)}`;
  return snapshot.query<StackedDieRow>(
    `WITH chosen AS (
      ${chosen.sql}
    ), die AS (
      ${perDie}
    )
    SELECT x, y, count(*) FILTER (WHERE result = 'fail') AS failed, count(*) AS tested
      FROM die GROUP BY x, y ORDER BY x, y`,
    where.values,
  );
}
