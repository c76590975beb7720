import { SchemaMigration } from './schema-migration.ts';

/**
 * The sums of yield also count, per policy, the attempts for whose unit it chooses another one. They are signed deltas of
 * the rows of `yield_retests`, so that a year of yield reads neither these nor what each of them is compared with.
 */
export class SupersededByDay extends SchemaMigration {
  override name = '0052-superseded-by-day';

  override up(): void {
    this.addSql(`
-- In this order, so that no one waits for another: the load takes attempts first, the fold deltas first, readers sums first.
LOCK TABLE inspection_attempts IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE yield_retests IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE yield_delta IN SHARE ROW EXCLUSIVE MODE;
-- Everything that takes long comes before readers have to wait.
CREATE INDEX idx_yield_daily_base_sample ON yield_daily_base (lot_id, equipment_id, inspection_type, product);
COMMENT ON INDEX idx_yield_daily_base_sample IS 'In the order of the samples of a comparison of equipment: it sums them up without sorting, and without a table of all of them in memory.';
CREATE TEMPORARY TABLE superseded ON COMMIT DROP AS
${superseded(`SELECT 1 AS sign, ${KEY}, ${FACTS} FROM yield_retests`)};

LOCK TABLE yield_daily_base, yield_delta IN ACCESS EXCLUSIVE MODE;
-- Begins with lot_id, too.
DROP INDEX idx_yield_daily_base_lot;
${['yield_daily_base', 'yield_delta'].map((table) => `ALTER TABLE ${table} ${NAMES.map((name) => `ADD COLUMN ${name} integer NOT NULL DEFAULT 0`).join(', ')};`).join('\n')}
COMMENT ON COLUMN yield_daily_base.superseded_last IS 'Insertions of this row that policy last does not count, because it chooses another attempt of the unit; superseded_last_passed: those that passed. So the insertions minus these are the units of this policy. The same for first, best and worst.';
INSERT INTO yield_delta (${GROUP}, ${NAMES.join(', ')}) SELECT * FROM superseded;
${FOLD}
${TRIGGERS}
`);
  }
}

const KEY = 'inspection_id, step, attempt_key';
const GROUP = 'day, inspection_type, product, equipment_id, lot_id';
const FACTS = 'completed_at, occurred_at, event_id, attempt_no, result, inspection_type, product, equipment_id, lot_id';
const prefixed = (table: string, columns = FACTS): string => columns.replaceAll(/\w+/g, `${table}.$&`);

/** What a policy chooses among the attempts of a unit, by their places in its order. */
const CHOSEN = {
  last: 'last_place',
  first: '1',
  best: 'coalesce(last_passed, last_place)',
  worst: 'coalesce(last_failed, last_place)',
} as const;
const COUNTS = Object.entries(CHOSEN).flatMap(([policy, place]) => [
  { name: `superseded_${policy}`, condition: `place <> ${place}` },
  { name: `superseded_${policy}_passed`, condition: `place <> ${place} AND result = 'pass'` },
]);
const NAMES = COUNTS.map(({ name }) => name);

/**
 * SELECT of what rows of `yield_retests` contribute to the sums.
 *
 * @param rows SELECT of such rows with a `sign`: -1 as they were, 1 as they are; all of each unit
 */
function superseded(rows: string): string {
  const sums = COUNTS.map(({ condition }) => `coalesce(sum(sign) FILTER (WHERE ${condition}), 0)`);
  return `
    SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, inspection_type, product, equipment_id, lot_id,
      ${sums.map((sum, i) => `${sum} AS ${NAMES[i]}`).join(',\n      ')}
    FROM (
      SELECT *, max(place) OVER unit AS last_place, max(place) FILTER (WHERE result = 'pass') OVER unit AS last_passed,
        max(place) FILTER (WHERE result = 'fail') OVER unit AS last_failed
      FROM (SELECT *, rank() OVER (PARTITION BY sign, inspection_id ORDER BY occurred_at, coalesce(attempt_no, 0), event_id) AS place
            FROM (${rows}) AS attempt) AS placed
      WINDOW unit AS (PARTITION BY sign, inspection_id)) AS compared
    GROUP BY 1, 2, 3, 4, 5
    HAVING ${sums.map((sum) => `${sum} <> 0`).join(' OR ')}`;
}
const record = (rows: string): string => `INSERT INTO yield_delta (${GROUP}, ${NAMES.join(', ')})${superseded(rows)}`;

const counted = (row: string): string =>
  `${row}.status = 'completed' AND ${row}.result IS NOT NULL AND ${row}.completed_at IS NOT NULL`;
// By primary key, one unit after the other, as in 0013-yield-retests.
const SETTINGS = 'SET search_path = public, pg_temp SET enable_seqscan = off';
const attemptsOf = (unit: string): string =>
  `${unit} CROSS JOIN LATERAL (SELECT * FROM inspection_attempts WHERE inspection_id = ${unit}.inspection_id OFFSET 0) AS a WHERE ${counted('a')}`;
const copiesOf = (unit: string): string =>
  `${unit} CROSS JOIN LATERAL (SELECT * FROM yield_retests WHERE inspection_id = ${unit}.inspection_id OFFSET 0) AS kept`;
const TESTED_TWICE = `
    SELECT a.inspection_id FROM (SELECT DISTINCT inspection_id FROM new_rows) AS ${attemptsOf('touched')}
    GROUP BY a.inspection_id HAVING count(*) > 1`;

/** Copies what the attempts of the units are now. Copies of attempts that retention deleted stay, and are compared with. */
const store = (units: string): string => `
  WITH unit AS MATERIALIZED (${units}
  ), attempt AS MATERIALIZED (
    SELECT ${prefixed('a', KEY)}, ${prefixed('a')} FROM ${attemptsOf('unit')}
  ), copied AS MATERIALIZED (
    SELECT ${prefixed('kept', KEY)}, ${prefixed('kept')}, coalesce(${counted('a')}, false) AS is_replaced
    FROM ${copiesOf('unit')} LEFT JOIN LATERAL (
      SELECT status, result, completed_at FROM inspection_attempts
      WHERE (${KEY}) = (${prefixed('kept', KEY)}) OFFSET 0) AS a ON true
  ), stored AS (
    INSERT INTO yield_retests (${KEY}, ${FACTS}) SELECT ${KEY}, ${FACTS} FROM attempt
    ON CONFLICT (${KEY}) DO UPDATE SET (${FACTS}) = (${prefixed('excluded')})
    WHERE (${prefixed('yield_retests')}) IS DISTINCT FROM (${prefixed('excluded')})
  )
  ${record(`
      SELECT -1 AS sign, ${KEY}, ${FACTS} FROM copied
      UNION ALL SELECT 1, ${KEY}, ${FACTS} FROM attempt
      UNION ALL SELECT 1, ${KEY}, ${FACTS} FROM copied WHERE NOT is_replaced`)}`;

const WITHDRAW = `
  WITH withdrawn AS (
    DELETE FROM yield_retests AS kept USING new_rows AS n
    WHERE (${prefixed('kept', KEY)}) = (${prefixed('n', KEY)}) AND NOT coalesce(${counted('n')}, false)
    RETURNING ${prefixed('kept', KEY)}
  ), copied AS MATERIALIZED (
    SELECT ${prefixed('kept', KEY)}, ${prefixed('kept')} FROM (SELECT DISTINCT inspection_id FROM withdrawn) AS ${copiesOf('unit')}
  )
  ${record(`
      SELECT -1 AS sign, ${KEY}, ${FACTS} FROM copied
      UNION ALL SELECT 1, ${KEY}, ${FACTS} FROM copied WHERE (${KEY}) NOT IN (SELECT ${KEY} FROM withdrawn)`)}`;

const TRIGGERS = `
CREATE OR REPLACE FUNCTION record_yield_retests_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${SETTINGS} AS $$
BEGIN ${store(TESTED_TWICE)};
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION record_yield_retests_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${SETTINGS} AS $$
BEGIN
  -- An upsert that only inserts comes here, too.
  IF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT FROM new_rows AS n WHERE NOT coalesce(${counted('n')}, false)) THEN ${WITHDRAW};
  END IF;
  -- What is left of a unit whose other attempt was withdrawn is kept up to date as well.${store(`${TESTED_TWICE}
    UNION SELECT kept.inspection_id FROM yield_retests AS kept JOIN new_rows USING (inspection_id)`)};
  RETURN NULL;
END $$;`;

const SUMMED = ['units', 'passed', 'insertions', 'insertions_passed', ...NAMES];
const FOLD = `
CREATE OR REPLACE FUNCTION fold_yield(p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM yield_delta WHERE ctid = ANY (ARRAY(SELECT ctid FROM yield_delta LIMIT p_limit))
    RETURNING ${GROUP}, ${SUMMED.join(', ')}
  ), folded AS (
    INSERT INTO yield_daily_base AS base (${GROUP}, ${SUMMED.join(', ')})
    SELECT ${GROUP}, ${SUMMED.map((name) => `sum(${name})`).join(', ')} FROM taken GROUP BY ${GROUP}
    ON CONFLICT (${GROUP}) DO UPDATE SET
      ${SUMMED.map((name) => `${name} = base.${name} + excluded.${name}`).join(', ')}
  )
  SELECT count(*) FROM taken
$$;`;
