import { type Queryable } from '@chip/persistence';
import { attemptsAndDays } from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { type Bin } from '../bins/bin-pareto.sql.ts';
import { Problem } from '../http/problem.error.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** Units of one lot by their chosen attempts. */
export interface LotCounts {
  readonly site: string;
  readonly lot_id: string;
  readonly completed_at: string;
  readonly units: number;
  readonly passed: number;
  readonly inspection_types: readonly string[];
  /** Failing units by bin, those without a bin left out. */
  readonly bins: readonly { readonly bin: number; readonly count: number }[];
}

/** Most lots that a question may name: each name may be that of a lot at every site. */
const MAX_NAMED = 500;

/**
 * Ids of the lots of the question's counted attempts, by the day (UTC) of the latest one, newest first.
 *
 * @param without names of lots that do not count
 */
export async function latestLots(
  snapshot: Queryable,
  question: AttemptQuestion,
  without: readonly string[],
  limit: number,
): Promise<string[]> {
  const { attempts, days, values } = await attemptsAndDays(
    snapshot,
    { ...question, lot_id: undefined },
    'unit',
    `a.lot_id, (a.completed_at AT TIME ZONE 'UTC')::date AS day`,
    { table: 'daily_attempts', columns: 'a.lot_id, a.day' },
  );
  const where = new SqlConditions(values);
  if (without.length > 0) {
    where.require(`lot_id NOT IN (SELECT id FROM lots WHERE lot_id = ANY (${where.bind([...without])}::text[]))`);
  }
  const rows = await snapshot.query<{ lot_id: string }>(
    `SELECT lot_id FROM (
      ${attempts}
      ${days}
    ) AS counted
     WHERE ${where.toString()} GROUP BY lot_id ORDER BY max(day) DESC, lot_id LIMIT ${where.bind(limit)}`,
    where.values,
  );
  return rows.map(({ lot_id }) => lot_id);
}

/** Ids of the lots that a question names. @throws Problem 400 for too many */
export async function lotsNamed(
  snapshot: Queryable,
  { lot_id, site }: Pick<AttemptQuestion, 'lot_id' | 'site'>,
): Promise<string[]> {
  const where = new SqlConditions().oneOf('lot_id', lot_id).oneOf('site', site);
  const rows = await snapshot.query<{ id: string }>(
    `SELECT id FROM lots WHERE ${where.toString()} LIMIT ${where.bind(MAX_NAMED + 1)}`,
    where.values,
  );
  if (rows.length > MAX_NAMED) {
    const message = `names more than ${MAX_NAMED} lots: select a site`;
    throw new Problem(400, 'invalid_parameter', `lot_id ${message}`, [{ parameter: 'lot_id', message }]);
  }
  return rows.map(({ id }) => id);
}

/** Counts of lots by id, in the order of their last completion. */
export function countsOfLots(
  snapshot: Queryable,
  question: AttemptQuestion,
  lots: readonly string[],
  bin: Bin,
): Promise<LotCounts[]> {
  const where = new SqlConditions();
  where.require(`a.lot_id = ANY (${where.bind([...lots])}::uuid[])`);
  const chosen = chosenAttempts(
    { ...question, lot_id: undefined },
    'unit',
    `a.lot_id, a.inspection_type, a.result, a.completed_at, a.${bin === 'hard' ? 'hard_bin' : 'soft_bin'} AS bin`,
    where,
  );
  return snapshot.query<LotCounts>(
    `WITH chosen AS (
      ${chosen.sql}
    ), counted AS (
      SELECT lot_id, max(completed_at) AS completed_at, count(*)::int AS units, (count(*) FILTER (WHERE result = 'pass'))::int AS passed,
             array_agg(DISTINCT inspection_type::text) AS inspection_types
        FROM chosen GROUP BY lot_id
    ), failed AS (
      SELECT lot_id, json_agg(json_build_object('bin', bin, 'count', count) ORDER BY bin) AS bins
        FROM (SELECT lot_id, bin, count(*) FROM chosen WHERE result = 'fail' AND bin IS NOT NULL GROUP BY lot_id, bin) AS b
       GROUP BY lot_id
    )
    SELECT l.site, l.lot_id, c.completed_at, c.units, c.passed, c.inspection_types, coalesce(f.bins, '[]') AS bins
      FROM counted c JOIN lots l ON l.id = c.lot_id LEFT JOIN failed f ON f.lot_id = c.lot_id
     ORDER BY c.completed_at, l.lot_id COLLATE "C", l.site COLLATE "C"`,
    where.values,
  );
}
