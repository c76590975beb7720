/** What a stack is made of, before it is made. */
import { type Queryable } from '@chip/persistence';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type MapQuestion, placedAttempts } from './dies.sql.ts';

/** Most attempts that a stack reads: 4,000 wafers of 500 dice, in four seconds or so. */
export const MAX_STACKED = 2_000_000;

/**
 * Whether a stack reads more than `most` attempts with a place and the value, all attempts of its units included. Stops
 * counting there.
 */
export async function isTooManyToStack(
  snapshot: Queryable,
  question: MapQuestion,
  most = MAX_STACKED,
): Promise<boolean> {
  const { chosen, where, own } = placedAttempts({ ...question, policy: 'all' });
  if (own === undefined) {
    return false;
  }
  const [row] = await snapshot.query<{ attempts: number }>(
    `SELECT count(*)::int AS attempts
       FROM (SELECT FROM (${chosen.sql}) AS c WHERE value IS NOT NULL LIMIT ${where.bind(most + 1)}) AS read`,
    where.values,
  );
  return (row?.attempts ?? 0) > most;
}

/** Whether most lots went through several operations, so that nearly every die has several attempts. */
export async function isCrowdedMap(snapshot: Queryable, question: MapQuestion): Promise<boolean> {
  if (question.lot !== undefined) {
    return false;
  }
  const columns = 'a.lot_id, a.inspection_type, a.step';
  const { attempts, days, values } = await attemptsAndDays(snapshot, question, 'operation', columns, {
    table: 'daily_attempts',
    columns,
  });
  if (days === '') {
    // To find out would take as long as the map.
    return false;
  }
  const [row] = await snapshot.query<{ is_crowded: boolean }>(
    `SELECT 2 * count(*) FILTER (WHERE operations > 1) > count(*) AS is_crowded
       FROM (SELECT lot_id, count(*) AS operations
               FROM (SELECT DISTINCT lot_id, inspection_type, step FROM (
      ${attempts}
      ${days}
    ) AS seen) AS operation GROUP BY lot_id) AS lot`,
    values,
  );
  return row?.is_crowded ?? false;
}
