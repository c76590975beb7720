import { type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Attempts and defects counted by day, so that bins and defects of a year do not read a year of attempts.
 *
 * Which attempts count depends on the policy, so each row says which policies choose its attempts. A retest that comes a
 * year late changes that for attempts of other days: instead of signed deltas, as of yield, triggers mark the days that a
 * change touches, in its transaction. Questions read the attempts of a marked day, and the upkeep sums it up again.
 */
export class SummariesByDay extends SchemaMigration {
  static override readonly tables: Tables = {
    attempt_day_changes: { select: READERS },
    daily_attempts: { select: READERS },
    daily_defects: { select: READERS },
  };
  static override readonly functions: Functions = {
    sum_up_day: ['chip_writer'],
    compact_day_changes: ['chip_writer'],
  };
  override name = '0044-summaries-by-day';

  override up(): void {
    this.addSql(TABLES);
    this.addSql(SUMS);
    // From here on no row may change unseen: writers stay out until the triggers and the first marks commit together. In
    // the order in which a load takes the tables.
    this.addSql(`
LOCK TABLE inspection_attempts, yield_retests, defects IN SHARE ROW EXCLUSIVE MODE;
${MARKS}
${MARK_EVERY_DAY}`);
  }
}

const KEYS = 'inspection_type, product, equipment_id, lot_id, step, recipe, choices';
const KEY_COLUMNS = `
  day date NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  equipment_id varchar(100),
  lot_id uuid NOT NULL,
  step varchar(100) NOT NULL,
  recipe varchar(100),
  choices smallint NOT NULL`;

const TABLES = `
CREATE TABLE attempt_day_changes (
  day date NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, vacuum_truncate = off);
COMMENT ON TABLE attempt_day_changes IS 'Marks: days (UTC, of completed_at) whose attempts or defects changed after they were summed up. The daily tables hold for all other days. Append-only and without an index, so that concurrent flushes never wait for each other.';

CREATE TABLE daily_attempts (${KEY_COLUMNS},
  result varchar(4),
  hard_bin integer,
  soft_bin integer,
  attempts integer NOT NULL,
  attempts_without_area integer NOT NULL,
  inspected_area_cm2 double precision NOT NULL,
  defects integer NOT NULL
);
COMMENT ON TABLE daily_attempts IS 'Completed attempts by day (UTC, of completed_at) and what questions ask for. Holds for days without a mark in attempt_day_changes.';
COMMENT ON COLUMN daily_attempts.choices IS 'Policies that choose these attempts. Of all attempts of a unit: 1 last, 2 first, 4 best, 8 worst; among those of its step: 16, 32, 64, 128.';
COMMENT ON COLUMN daily_attempts.inspected_area_cm2 IS 'Sum over the attempts that state their area.';
COMMENT ON COLUMN daily_attempts.defects IS 'Of the attempts that state their area. daily_defects has all.';
CREATE INDEX idx_daily_attempts_day ON daily_attempts (day);
CREATE INDEX idx_daily_attempts_lot ON daily_attempts (lot_id, day);

CREATE TABLE daily_defects (${KEY_COLUMNS},
  class varchar(100) NOT NULL,
  severity varchar(50),
  defects integer NOT NULL
);
COMMENT ON TABLE daily_defects IS 'Defects of completed attempts by day (UTC, of completed_at of the attempt), with the choices of daily_attempts. Holds for days without a mark in attempt_day_changes.';
CREATE INDEX idx_daily_defects_day ON daily_defects (day);
CREATE INDEX idx_daily_defects_lot ON daily_defects (lot_id, day);
`;

const place = (row: string): string => `${row}.occurred_at, coalesce(${row}.attempt_no, 0), ${row}.event_id`;
const prefers = (sense: '<' | '>', first?: string): string => {
  const of = (row: string): string =>
    `(${first === undefined ? '' : `(${row}.result = '${first}')::int, `}${place(row)})`;
  return `${of('other')} ${sense} ${of('a')}`;
};
/** Policies that prefer the attempt `other` of a unit to its attempt `a`, as bits. */
const PREFERRING = [prefers('>'), prefers('<'), prefers('>', 'pass'), prefers('>', 'fail')]
  .map((condition, bit) => `CASE WHEN ${condition} THEN ${1 << bit} ELSE 0 END`)
  .join('\n        + ');

// By primary key, one unit after the other, as in 0013-yield-retests.
const BY_KEY = 'SET search_path = public, pg_temp SET enable_seqscan = off';

/**
 * @param also what else to do with the day `summed`, in the same snapshot
 * @param otherwise what handles errors, as PL/pgSQL writes exceptions
 */
export const sumUpDay = (create: 'CREATE' | 'CREATE OR REPLACE', also = '', otherwise = ''): string => `
${create} FUNCTION sum_up_day(p_quiet interval DEFAULT '5 minutes') RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER ${BY_KEY} AS $$
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
  END IF;${otherwise && '\n  BEGIN'}
  -- Only marks that this snapshot sees: that of a change which it does not see stays.
  DELETE FROM attempt_day_changes WHERE day = summed;
  DELETE FROM daily_attempts WHERE day = summed;
  DELETE FROM daily_defects WHERE day = summed;
  WITH attempt AS MATERIALIZED (
    SELECT a.inspection_id, a.event_ids, a.inspection_type, a.product, a.equipment_id, a.lot_id, a.step, a.recipe,
      255 & ~coalesce(preferred.policies, 0) AS choices, a.result, a.hard_bin, a.soft_bin, a.inspected_area_cm2, found.defects
    FROM inspection_attempts AS a
    CROSS JOIN LATERAL (
      SELECT bit_or(policies | CASE WHEN other_step = a.step THEN policies << 4 ELSE 0 END) AS policies
      FROM (
        SELECT other.step AS other_step, ${PREFERRING} AS policies
        FROM yield_retests AS other WHERE other.inspection_id = a.inspection_id OFFSET 0) AS other) AS preferred
    CROSS JOIN LATERAL (
      SELECT count(*) AS defects FROM defects AS d
      WHERE a.inspected_area_cm2 IS NOT NULL AND d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)) AS found
    WHERE a.status = 'completed' AND a.completed_at >= summed::timestamp AT TIME ZONE 'UTC' AND a.completed_at < (summed + 1)::timestamp AT TIME ZONE 'UTC'
  ), stored AS (
    INSERT INTO daily_attempts (day, ${KEYS}, result, hard_bin, soft_bin, attempts, attempts_without_area, inspected_area_cm2, defects)
    SELECT summed, ${KEYS}, result, hard_bin, soft_bin, count(*), count(*) FILTER (WHERE inspected_area_cm2 IS NULL),
      coalesce(sum(inspected_area_cm2), 0), sum(defects)
    FROM attempt GROUP BY ${KEYS}, result, hard_bin, soft_bin
  ), stored_defects AS (
    INSERT INTO daily_defects (day, ${KEYS}, class, severity, defects)
    SELECT summed, ${KEYS}, class, severity, count(*)
    FROM attempt AS a JOIN defects AS d ON d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids)
    GROUP BY ${KEYS}, class, severity
  )
  SELECT count(*) INTO counted FROM attempt;${also}${otherwise && `\n  ${otherwise}\n  END;`}
  RETURN counted;
END $$;`;

const SUMS = `
${sumUpDay('CREATE')}
COMMENT ON FUNCTION sum_up_day IS 'Sums up the oldest day whose newest mark is older than p_quiet, and removes its marks; returns the attempts that it counted, null when there is no such day. Two callers at a time fail (40001) instead of losing a mark. Definer: nothing else may write the daily tables.';

CREATE FUNCTION compact_day_changes() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH taken AS (
    DELETE FROM attempt_day_changes WHERE day IN (SELECT day FROM attempt_day_changes GROUP BY day HAVING count(*) > 1)
    RETURNING day, changed_at
  ), kept AS (
    INSERT INTO attempt_day_changes (day, changed_at) SELECT day, max(changed_at) FROM taken GROUP BY day
  )
  SELECT count(*) FROM taken
$$;
COMMENT ON FUNCTION compact_day_changes IS 'Leaves one mark of each day. It replaces all of them: a sum_up_day at the same time, which sees only some, fails instead of removing the last one.';
`;

const day = (row: string): string => `(${row}.completed_at AT TIME ZONE 'UTC')::date`;
const mark = (days: string): string => `INSERT INTO attempt_day_changes (day) ${days}`;
const ofRows = (rows: string): string =>
  `SELECT ${day('a')} FROM ${rows} AS a WHERE a.status = 'completed' AND a.completed_at IS NOT NULL`;
const ofUnits = (rows: string): string => `SELECT DISTINCT ${day('a')}
    FROM (SELECT DISTINCT inspection_id FROM ${rows}) AS touched
    CROSS JOIN LATERAL (SELECT * FROM inspection_attempts WHERE inspection_id = touched.inspection_id OFFSET 0) AS a
    WHERE a.status = 'completed' AND a.completed_at IS NOT NULL`;
const trigger = (table: string, action: 'INSERT' | 'UPDATE' | 'DELETE', run: string): string => {
  const rows = {
    INSERT: 'NEW TABLE AS new_rows',
    UPDATE: 'OLD TABLE AS old_rows NEW TABLE AS new_rows',
    DELETE: 'OLD TABLE AS old_rows',
  };
  return `CREATE TRIGGER day_changes_${action.toLowerCase()} AFTER ${action} ON ${table} REFERENCING ${rows[action]} FOR EACH STATEMENT EXECUTE FUNCTION ${run}();`;
};

const MARKS = `
CREATE FUNCTION mark_attempt_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  CASE TG_OP
    WHEN 'INSERT' THEN ${mark(`SELECT DISTINCT * FROM (${ofRows('new_rows')}) AS touched`)};
    WHEN 'UPDATE' THEN ${mark(`${ofRows('old_rows')} UNION ${ofRows('new_rows')}`)};
    ELSE ${mark(`SELECT DISTINCT * FROM (${ofRows('old_rows')}) AS touched`)};
  END CASE;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION mark_attempt_days IS 'Marks the days of the attempts that a statement changes.';
CREATE FUNCTION mark_unit_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${BY_KEY} AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    ${mark(ofUnits('old_rows'))};
  ELSE
    ${mark(ofUnits('new_rows'))};
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION mark_unit_days IS 'Marks the days of all attempts of the units whose rows a statement changes.';

${(['INSERT', 'UPDATE', 'DELETE'] as const).map((action) => trigger('inspection_attempts', action, 'mark_attempt_days')).join('\n')}
${(['INSERT', 'UPDATE', 'DELETE'] as const).map((action) => trigger('yield_retests', action, 'mark_unit_days')).join('\n')}
COMMENT ON TRIGGER day_changes_insert ON yield_retests IS 'Another attempt of a unit changes which policies choose its attempts, on any day.';
${(['UPDATE', 'DELETE'] as const).map((action) => trigger('defects', action, 'mark_unit_days')).join('\n')}
COMMENT ON TRIGGER day_changes_delete ON defects IS 'There is none for INSERT: defects come with an event, and in one transaction it changes event_ids of its attempt.';
`;

/** From one day to the next by index, without reading the attempts between. */
export const MARK_EVERY_DAY = `
WITH RECURSIVE stored (day) AS (
  SELECT (min(completed_at) AT TIME ZONE 'UTC')::date FROM inspection_attempts WHERE status = 'completed'
  UNION ALL
  SELECT (SELECT (min(completed_at) AT TIME ZONE 'UTC')::date FROM inspection_attempts
          WHERE status = 'completed' AND completed_at >= (stored.day + 1)::timestamp AT TIME ZONE 'UTC')
  FROM stored WHERE stored.day IS NOT NULL
)
${mark('SELECT day FROM stored WHERE day IS NOT NULL')};
`;
