import { SchemaMigration } from './schema-migration.ts';

/**
 * Attempts of one unit with the same machine time are ordered by the machine's attempt number, and only then by event
 * id, which is random. So `yield_retests` stores that number, and the current row of an inspection follows it.
 */
export class AttemptOrder extends SchemaMigration {
  override name = '0020-attempt-order';

  override up(): void {
    const key = 'inspection_id, step, attempt_key';
    const facts =
      'completed_at, occurred_at, event_id, attempt_no, result, inspection_type, product, equipment_id, lot_id';
    const prefixed = (table: string, columns = facts): string => columns.replaceAll(/\w+/g, `${table}.$&`);
    const counted = (row: string): string =>
      `${row}.status = 'completed' AND ${row}.result IS NOT NULL AND ${row}.completed_at IS NOT NULL`;
    // By primary key, one unit after the other, as in 0013-yield-retests.
    const attemptsOf = (unit: string): string =>
      `${unit} CROSS JOIN LATERAL (SELECT * FROM inspection_attempts WHERE inspection_id = ${unit}.inspection_id OFFSET 0) AS a WHERE ${counted('a')}`;
    const settings = 'SET search_path = public, pg_temp SET enable_seqscan = off';
    const testedTwice = `
    SELECT a.inspection_id FROM (SELECT DISTINCT inspection_id FROM new_rows) AS ${attemptsOf('touched')}
    GROUP BY a.inspection_id HAVING count(*) > 1`;
    const store = (units: string): string => `
  INSERT INTO yield_retests (${key}, ${facts})
  SELECT ${prefixed('a', key)}, ${prefixed('a')} FROM (${units}) AS ${attemptsOf('unit')}
  ON CONFLICT (${key}) DO UPDATE SET (${facts}) = (${prefixed('excluded')})
  WHERE (${prefixed('yield_retests')}) IS DISTINCT FROM (${prefixed('excluded')})`;
    const shown =
      'status, result, step, attempt_key, occurred_at, started_at, completed_at, equipment_id, recipe, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, defect_count, measurement_count, metadata';

    this.addSql(`
-- Writers stay out until the functions and what was stored before agree. Inspections last, as the load locks them.
LOCK TABLE inspection_attempts, inspections IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE yield_retests ADD COLUMN attempt_no integer;
COMMENT ON COLUMN yield_retests.attempt_no IS 'As numbered by the machine. The order of the attempts of a unit is (occurred_at, attempt_no with null first, event_id).';
COMMENT ON COLUMN inspection_attempts.attempt_no IS 'As numbered by the machine; orders attempts with equal occurred_at. The number shown to users is the rank by (occurred_at, attempt_no with null first, event_id) among terminal attempts of (inspection, step), taken at query time.';

CREATE OR REPLACE FUNCTION record_yield_retests_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${settings} AS $$
BEGIN ${store(testedTwice)};
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION record_yield_retests_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${settings} AS $$
BEGIN
  DELETE FROM yield_retests AS kept USING new_rows AS n
  WHERE (kept.inspection_id, kept.step, kept.attempt_key) = (n.inspection_id, n.step, n.attempt_key) AND NOT coalesce(${counted('n')}, false);
  -- What is left of a unit whose other attempt was withdrawn is kept up to date as well.${store(`
    SELECT inspection_id FROM (${testedTwice}
    UNION SELECT kept.inspection_id FROM yield_retests AS kept JOIN new_rows USING (inspection_id)) AS retested`)};
  RETURN NULL;
END $$;

-- The key of an attempt that has a number is that number: also of attempts that retention has deleted since.
UPDATE yield_retests SET attempt_no = least(substr(attempt_key, 3)::bigint, 2147483647) WHERE attempt_key ~ '^a:[0-9]{1,10}$';
UPDATE yield_retests AS kept SET attempt_no = a.attempt_no FROM inspection_attempts AS a
 WHERE (a.inspection_id, a.step, a.attempt_key) = (kept.inspection_id, kept.step, kept.attempt_key)
   AND a.attempt_no IS DISTINCT FROM kept.attempt_no;

-- Current rows that the event id chose among attempts of one time. The triggers move them in yield_daily.
UPDATE inspections AS i SET (${shown}, priority) = (${prefixed('latest', shown)}, coalesce(latest.priority, 5))
  FROM (SELECT DISTINCT ON (a.inspection_id) a.*
          FROM (SELECT inspection_id, occurred_at FROM yield_retests GROUP BY 1, 2 HAVING count(*) > 1) AS tied
          JOIN inspection_attempts AS a USING (inspection_id)
         WHERE ${counted('a')}
         ORDER BY a.inspection_id, a.occurred_at DESC, a.attempt_no DESC NULLS LAST, a.event_id DESC) AS latest
 WHERE i.id = latest.inspection_id AND i.occurred_at = latest.occurred_at
   AND (i.step, i.attempt_key) IS DISTINCT FROM (latest.step, latest.attempt_key);
`);
  }
}
