import { type Queryable } from '@chip/persistence';
import {
  attemptsAndDays,
  attemptsLeft,
  ofKinds,
  onSummedUpDays,
  spanOf,
  summedUpDays,
} from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { measuredValue, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** One test (measurement with limits) over the counted attempts. */
export interface TestCounts {
  readonly key: string;
  readonly reached: number;
  readonly failed: number;
  readonly first_failed: number;
}

export interface UnitCounts {
  readonly units: number;
  readonly failing: number;
  readonly stopped: number;
  readonly failed_without_test: number;
}

/** Names of the inspection types and steps of the counted attempts. */
export async function operationsOfTests(
  snapshot: Queryable,
  question: AttemptQuestion,
): Promise<{ inspection_type: string; step: string }[]> {
  const columns = 'a.inspection_type, a.step';
  const daily = { table: 'daily_attempts', columns } as const;
  const { attempts, days, values } = await attemptsAndDays(snapshot, question, 'operation', columns, daily);
  return snapshot.query(
    `SELECT inspection_type::text AS inspection_type, step FROM (${attempts} ${days}) AS chosen GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 200`,
    values,
  );
}

/**
 * Values of the counted attempts `a` with their place among those of the attempt. Rows of earlier versions have no order, so
 * they take that of their names.
 *
 * @param near from {@link timesOf}
 */
const valuesOf = (near: (row: string) => string): string => `
      SELECT a.unit, a.result, u.name, ${measuredValue('u')} AS value, u.lower_limit, u.upper_limit, u.place, v.time, v.event_id
        FROM chosen a
        JOIN measurement_values v ON v.inspection_id = a.inspection_id AND v.event_id = ANY (a.event_ids)${near('v')}
        JOIN measurement_sets s ON s.id = v.set_id
       CROSS JOIN LATERAL unnest(s.names, v.values, v.digits, s.lower_limits, s.upper_limits) WITH ORDINALITY AS u (name, values, digits, lower_limit, upper_limit, place)
      UNION ALL
      SELECT a.unit, a.result, m.name, m.value, m.lower_limit, m.upper_limit, row_number() OVER (PARTITION BY a.unit, m.event_id ORDER BY m.name), m.time, m.event_id
        FROM chosen a
        JOIN measurement_rows m ON m.inspection_id = a.inspection_id AND m.event_id = ANY (a.event_ids)${near('m')}`;

/** Counts per test, and over all units as a last row without a key. */
export async function testCounts(
  snapshot: Queryable,
  question: AttemptQuestion,
): Promise<{ tests: TestCounts[]; units: UnitCounts }> {
  const columns = 'a.inspection_id, a.event_ids, a.completed_at, a.result, row_number() OVER () AS unit';
  const summed = await summedUpDays(snapshot, question, 'daily_tests');
  const { sql, where } = attemptsLeft(question, summed, 'operation', columns);
  const times = timesOf(summed ? spanOf(summed) : question, where, 'chosen');
  const ofDays = (table: 'daily_tests' | 'daily_tested', counts: string): string =>
    summed === undefined
      ? ''
      : `UNION ALL SELECT ${counts} FROM ${table} a WHERE ${ofKinds(question, onSummedUpDays(summed, new SqlConditions(where.values))).toString()}`;
  const measured = times.map(valuesOf).join('\n      UNION ALL');
  const rows = await snapshot.query<TestCounts & UnitCounts & { key: string | null }>(
    `WITH chosen AS MATERIALIZED (
      ${sql}
    ), measured AS (${measured}
    ), placed AS (
      SELECT unit, result, name, value, value < lower_limit OR value > upper_limit AS fails,
             row_number() OVER (PARTITION BY unit ORDER BY time, event_id, place) AS place
        FROM measured WHERE value IS NOT NULL
    ), of_unit AS (
      SELECT unit, result, min(place) FILTER (WHERE fails) AS first_fail, max(place) AS last_place
        FROM placed GROUP BY unit, result
    ), part AS (
      SELECT last_place, first_fail = last_place AS stops, count(*) AS units, count(first_fail) AS failing,
             count(*) FILTER (WHERE result = 'fail' AND first_fail IS NULL) AS failed_without_test
        FROM of_unit GROUP BY 1, 2
      ${ofDays('daily_tested', 'a.last_place, a.stops, a.units, a.failing, a.failed_without_test')}
    ), test AS (
      SELECT p.name AS key, count(DISTINCT p.unit)::int AS reached, (count(DISTINCT p.unit) FILTER (WHERE p.fails))::int AS failed,
             (count(DISTINCT p.unit) FILTER (WHERE p.fails AND p.place = o.first_fail))::int AS first_failed
        FROM placed p JOIN of_unit o ON o.unit = p.unit
       GROUP BY p.name
      ${ofDays('daily_tests', 'a.name, a.reached, a.failed, a.first_failed')}
    )
    SELECT key, sum(reached)::int AS reached, sum(failed)::int AS failed, sum(first_failed)::int AS first_failed, NULL::int AS units, NULL::int AS failing, NULL::int AS stopped, NULL::int AS failed_without_test FROM test GROUP BY key
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, coalesce(sum(units), 0)::int, coalesce(sum(failing), 0)::int,
           coalesce(sum(units) FILTER (WHERE stops AND last_place < (SELECT max(last_place) FROM part)), 0)::int,
           coalesce(sum(failed_without_test), 0)::int
      FROM part`,
    where.values,
  );
  const tests = rows.filter((row): row is typeof row & { key: string } => row.key !== null);
  const total = rows.find(({ key }) => key === null);
  return {
    tests,
    units: total ?? { units: 0, failing: 0, stopped: 0, failed_without_test: 0 },
  };
}
