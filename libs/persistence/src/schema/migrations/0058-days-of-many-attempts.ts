import { SUM_UP_MEASURED, sumUpMeasured } from './0046-measured-by-day.ts';
import { WITH_TAILS } from './0048-tails-of-days.ts';
import { LATER } from './0049-days-apart.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * A unit with thousands of attempts in a day, such as the test wafer of a prober or a tester that names every chip alike,
 * holds up no other day: its attempts are put in order once, instead of compared with one another. The sums stay the same.
 */
export class DaysOfManyAttempts extends SchemaMigration {
  override name = '0058-days-of-many-attempts';

  override up(): void {
    this.addSql(SUM_UP_DAY);
    this.addSql(sumUpMeasured('CREATE OR REPLACE', { ...WITH_TAILS, inOrder: true, lastAttempts: LAST_ATTEMPTS }));
  }
}

/** Of `yield_retests` (is_copy) and of the day, by unit. Copies of attempts of the day have the same place as those. */
const placed = (columns: string, ofCopies: string): string => `
    SELECT *, rank() OVER (PARTITION BY inspection_id ORDER BY occurred_at, attempt_no, event_id) AS place
    FROM (
      SELECT inspection_id, step, result, occurred_at, attempt_no, event_id, false AS is_copy, ${columns} FROM of_day
      UNION ALL
      SELECT r.inspection_id, r.step, r.result, r.occurred_at, coalesce(r.attempt_no, 0), r.event_id, true, ${ofCopies}
      FROM (SELECT DISTINCT inspection_id FROM of_day) AS unit
      CROSS JOIN LATERAL (SELECT * FROM yield_retests WHERE inspection_id = unit.inspection_id OFFSET 0) AS r) AS of_units`;

/** As 0044-summaries-by-day has them: policies that prefer another attempt, of the unit or of its step, as bits. */
const preferring = (others: string): string =>
  [
    `${others}_last > place`,
    `${others}_first < place`,
    `CASE result WHEN 'pass' THEN ${others}_passed > place WHEN 'fail' THEN ${others}_passed IS NOT NULL OR ${others}_last > place END`,
    `CASE result WHEN 'fail' THEN ${others}_failed > place WHEN 'pass' THEN ${others}_failed IS NOT NULL OR ${others}_last > place END`,
  ]
    .map((condition, bit) => `CASE WHEN ${condition} THEN ${(others === 'unit' ? 1 : 16) << bit} ELSE 0 END`)
    .join('\n        + ');
const placesOf = (others: string): string => `
      max(place) FILTER (WHERE is_copy) OVER ${others} AS ${others}_last, min(place) FILTER (WHERE is_copy) OVER ${others} AS ${others}_first,
      max(place) FILTER (WHERE is_copy AND result = 'pass') OVER ${others} AS ${others}_passed,
      max(place) FILTER (WHERE is_copy AND result = 'fail') OVER ${others} AS ${others}_failed`;

const KEYS = 'inspection_type, product, equipment_id, lot_id, step, recipe, choices';
const FACTS =
  'event_ids, inspection_type, product, equipment_id, lot_id, recipe, hard_bin, soft_bin, inspected_area_cm2';
const DEFECTS_OF = 'FROM defects AS d WHERE d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)';

const SUM_UP_DAY = `
CREATE OR REPLACE FUNCTION sum_up_day(p_quiet interval DEFAULT '5 minutes') RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  summed date;
  counted integer;
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('repeatable read', 'serializable') THEN
    RAISE EXCEPTION 'sum_up_day needs one snapshot: call it in a transaction that is REPEATABLE READ' USING ERRCODE = '25001';
  END IF;
  SELECT day INTO summed FROM attempt_day_changes GROUP BY day HAVING max(changed_at) < now() - p_quiet ORDER BY day LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  BEGIN
  -- Only marks that this snapshot sees: that of a change which it does not see stays.
  DELETE FROM attempt_day_changes WHERE day = summed;
  DELETE FROM daily_attempts WHERE day = summed;
  DELETE FROM daily_defects WHERE day = summed;
  WITH of_day AS MATERIALIZED (
    SELECT inspection_id, step, result, occurred_at, coalesce(attempt_no, 0) AS attempt_no, event_id, ${FACTS}
    FROM inspection_attempts
    WHERE status = 'completed' AND completed_at >= summed::timestamp AT TIME ZONE 'UTC' AND completed_at < (summed + 1)::timestamp AT TIME ZONE 'UTC'
  ), placed AS (${placed(FACTS, 'NULL, r.inspection_type, NULL, NULL, r.lot_id, NULL, NULL, NULL, NULL')}
  ), compared AS (
    SELECT *,${placesOf('unit')},${placesOf('of_step')}
    FROM placed WINDOW unit AS (PARTITION BY inspection_id), of_step AS (PARTITION BY inspection_id, step)
  ), attempt AS MATERIALIZED (
    SELECT a.*, found.defects FROM (
      SELECT inspection_id, step, result, ${FACTS},
        255 & ~(${preferring('unit')}
        + ${preferring('of_step')}) AS choices
      FROM compared WHERE NOT is_copy) AS a
    CROSS JOIN LATERAL (SELECT count(*) AS defects ${DEFECTS_OF} AND a.inspected_area_cm2 IS NOT NULL) AS found
  ), stored AS (
    INSERT INTO daily_attempts (day, ${KEYS}, result, hard_bin, soft_bin, attempts, attempts_without_area, inspected_area_cm2, defects)
    SELECT summed, ${KEYS}, result, hard_bin, soft_bin, count(*), count(*) FILTER (WHERE inspected_area_cm2 IS NULL),
      coalesce(sum(inspected_area_cm2), 0), sum(defects)
    FROM attempt GROUP BY ${KEYS}, result, hard_bin, soft_bin
  ), stored_defects AS (
    INSERT INTO daily_defects (day, ${KEYS}, class, severity, defects)
    SELECT summed, ${KEYS}, class, severity, count(*)
    FROM attempt AS a CROSS JOIN LATERAL (SELECT d.class, d.severity ${DEFECTS_OF} OFFSET 0) AS of_attempt
    GROUP BY ${KEYS}, class, severity
  )
  SELECT count(*) INTO counted FROM attempt;${SUM_UP_MEASURED}
  ${LATER}
  END;
  RETURN counted;
END $$;`;

export const LAST_ATTEMPTS = `of_day AS MATERIALIZED (
    SELECT a.inspection_id, a.step, a.result, a.occurred_at, coalesce(a.attempt_no, 0) AS attempt_no, a.event_id,
      a.event_ids, a.completed_at, a.lot_id, ARRAY[a.inspection_type::text, a.product, a.step, a.recipe, l.site] AS kind
    FROM inspection_attempts AS a JOIN lots AS l ON l.id = a.lot_id
    WHERE a.status = 'completed' AND a.completed_at >= p_day::timestamp AT TIME ZONE 'UTC' AND a.completed_at < (p_day + 1)::timestamp AT TIME ZONE 'UTC'
  ), placed AS (${placed('event_ids, completed_at, lot_id, kind', 'NULL, r.completed_at, r.lot_id, NULL')}
  ), attempt AS MATERIALIZED (
    SELECT inspection_id, event_ids, event_id, completed_at, lot_id, result, kind
    FROM (SELECT *, max(place) FILTER (WHERE is_copy) OVER (PARTITION BY inspection_id, step) AS last_place FROM placed) AS compared
    WHERE NOT is_copy AND (last_place > place) IS NOT TRUE
  )`;
