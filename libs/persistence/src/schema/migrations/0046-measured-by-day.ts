import { type Functions, READERS, type Tables } from '../declarations.ts';
import { packMeasurements } from './0023-measurement-vectors.ts';
import { MARK_EVERY_DAY, sumUpDay } from './0044-summaries-by-day.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Measured values summed up by day, so that the capability of a year does not read a year of values.
 *
 * A moving range is between neighbours in the order of all values, so a row holds what values in a row add to it, and its
 * ends: what lies between two rows is computed when asked. The marks of 0044-summaries-by-day say which days hold. Chunks
 * of measurements that retention drops fire no trigger, so it marks the days itself.
 */
export class MeasuredByDay extends SchemaMigration {
  static override readonly tables: Tables = {
    daily_measured: { select: READERS },
    daily_measured_lots: { select: READERS },
    daily_tests: { select: READERS },
    daily_tested: { select: READERS },
  };
  static override readonly functions: Functions = {};
  override name = '0046-measured-by-day';

  override up(): void {
    this.addSql(TABLES);
    this.addSql(SUMS);
    this.addSql(sumUpDay('CREATE OR REPLACE', SUM_UP_MEASURED));
    this.addSql(RETENTION);
    this.addSql(packMeasurements('CREATE OR REPLACE', MARK_PACKED));
    // Last, so that no day is summed up by the former function without its mark.
    this.addSql(MARK_EVERY_DAY);
  }
}

const KINDS = `
  day date NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  step varchar(100) NOT NULL,
  recipe varchar(100),
  site varchar(100) NOT NULL`;

const TABLES = `
CREATE TABLE daily_measured (${KINDS},
  name varchar(200) NOT NULL,
  unit varchar(50),
  values integer NOT NULL,
  missing integer NOT NULL,
  mean double precision,
  squares double precision,
  moves integer NOT NULL,
  moved double precision,
  lot_neighbours integer NOT NULL,
  lot_moves integer NOT NULL,
  lot_moved double precision,
  first_at timestamptz NOT NULL,
  first_value double precision,
  first_lot uuid NOT NULL,
  last_at timestamptz NOT NULL,
  last_value double precision,
  last_lot uuid NOT NULL,
  oldest_at timestamptz NOT NULL
);
COMMENT ON TABLE daily_measured IS 'Values of one measurement by day (UTC, of completed_at of the attempt), of the last attempt of each unit and step. Holds for days without a mark in attempt_day_changes.';
COMMENT ON COLUMN daily_measured.missing IS 'Values that the machine reported as not measured, beside those of the column values.';
COMMENT ON COLUMN daily_measured.squares IS 'Sum of the squared deviations from the mean.';
COMMENT ON COLUMN daily_measured.moves IS 'Neighbours in the order (completed_at, event_id) that both have a value. moved: sum of their absolute differences.';
COMMENT ON COLUMN daily_measured.lot_neighbours IS 'Neighbours of one lot, with or without a value. lot_moves and lot_moved: of those that both have one.';
COMMENT ON COLUMN daily_measured.first_value IS 'Null = the first one is missing. So it is with last_value.';
COMMENT ON COLUMN daily_measured.oldest_at IS 'Least time of a measurement among them: retention goes by it.';
CREATE INDEX idx_daily_measured_day ON daily_measured (day);
CREATE INDEX idx_daily_measured_name ON daily_measured (name, day);

CREATE TABLE daily_measured_lots (
  day date NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  step varchar(100) NOT NULL,
  recipe varchar(100),
  lot_id uuid NOT NULL,
  name varchar(200) NOT NULL,
  unit varchar(50),
  values integer NOT NULL,
  mean double precision,
  squares double precision,
  least double precision,
  greatest double precision,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL
);
COMMENT ON TABLE daily_measured_lots IS 'As daily_measured, by lot: for samples of control charts, which need no order. Holds for days without a mark in attempt_day_changes.';
COMMENT ON COLUMN daily_measured_lots.values IS 'Without missing ones: 0 = all are.';
COMMENT ON COLUMN daily_measured_lots.squares IS 'Sum of the squared deviations from the mean.';
CREATE INDEX idx_daily_measured_lots_day ON daily_measured_lots (day);
CREATE INDEX idx_daily_measured_lots_name ON daily_measured_lots (name, day);

CREATE TABLE daily_tests (${KINDS},
  name varchar(200) NOT NULL,
  reached integer NOT NULL,
  failed integer NOT NULL,
  first_failed integer NOT NULL
);
COMMENT ON TABLE daily_tests IS 'Attempts of daily_measured by test (measurement) and day. Holds for days without a mark in attempt_day_changes.';
COMMENT ON COLUMN daily_tests.reached IS 'With a value of the test; failed: outside the limits that the machine tested by; first_failed: in no test before it.';
CREATE INDEX idx_daily_tests_day ON daily_tests (day);

CREATE TABLE daily_tested (${KINDS},
  last_place integer NOT NULL,
  stops boolean NOT NULL,
  units integer NOT NULL,
  failing integer NOT NULL,
  failed_without_test integer NOT NULL
);
COMMENT ON TABLE daily_tested IS 'Attempts of daily_measured with a value, by day. Holds for days without a mark in attempt_day_changes.';
COMMENT ON COLUMN daily_tested.last_place IS 'How many values they have.';
COMMENT ON COLUMN daily_tested.stops IS 'The first failing value is the last one.';
COMMENT ON COLUMN daily_tested.failing IS 'With a value outside the limits that the machine tested by. failed_without_test: without one, and the result is fail.';
CREATE INDEX idx_daily_tested_day ON daily_tested (day);
`;

/** Of the day that `sum_up_day` sums up. */
export const SUM_UP_MEASURED = '\n  PERFORM sum_up_measured(summed);';

const OF_DAY = (column: string, days = 0): string =>
  `${column} >= (p_day - ${days})::timestamp AT TIME ZONE 'UTC' AND ${column} < (p_day + ${days + 1})::timestamp AT TIME ZONE 'UTC'`;

/**
 * Measurements of attempts `a`, from vectors and rows. Those of an attempt of one event are within a day of its end; those
 * of others may lie anywhere, and are looked up one by one.
 */
const measurementsOf = (select: string, rows: string): string =>
  [`v.inspection_id = a.inspection_id AND v.event_id = ANY (a.event_ids)`]
    .flatMap((own) => [
      `SELECT ${select} FROM attempt AS a JOIN ${rows} AS v ON ${own} AND ${OF_DAY('v.time', 1)} WHERE cardinality(a.event_ids) < 2`,
      `SELECT ${select} FROM attempt AS a CROSS JOIN LATERAL (SELECT * FROM ${rows} AS v WHERE ${own} OFFSET 0) AS v WHERE cardinality(a.event_ids) > 1`,
    ])
    .join('\n    UNION ALL ');

/** What the number of a series `s` stands for. */
export const OF_SERIES = `JOIN kind AS k ON k.number = s.series / (SELECT max(names) + 1 FROM name)
    JOIN name AS n ON n.number = s.series % (SELECT max(names) + 1 FROM name)`;
const OF_KIND = `JOIN kind AS k ON k.number = s.kind / (SELECT max(names) + 1 FROM name)`;
const kindOf = (place: string): string => `k.kind[1]::inspection_type_enum, k.kind[2], k.kind[3], k.kind[4], ${place}`;
const namesOf = (place: string): string => `${kindOf(place)}, n.name, n.unit`;

/** What a later migration adds to the rows of `daily_measured`. */
export interface MoreColumns {
  /** CTEs between `summed` and the following one. */
  readonly ctes: string;
  /** Values of the columns, from the joins, too, of series `s`. */
  readonly columns: string;
  readonly joins: string;
  /** Whether values of one event go in the order of the machine (see 0057-values-in-order), instead of by value. */
  readonly inOrder?: boolean;
  /** CTEs that end with `attempt`, instead of {@link LAST_ATTEMPTS}. */
  readonly lastAttempts?: string;
  /** Whether a day without measurements is done once its former sums are gone (see 0060-days-without-measurements). */
  readonly endsEarly?: boolean;
}

/** The last attempts of each unit and step, of one day. */
const LAST_ATTEMPTS = `attempt AS MATERIALIZED (
    SELECT a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id, a.result,
      ARRAY[a.inspection_type::text, a.product, a.step, a.recipe, l.site] AS kind
    FROM inspection_attempts AS a JOIN lots AS l ON l.id = a.lot_id
    WHERE a.status = 'completed' AND ${OF_DAY('a.completed_at')}
      AND NOT EXISTS (
        SELECT FROM yield_retests AS other WHERE other.inspection_id = a.inspection_id AND other.step = a.step
        AND (other.occurred_at, coalesce(other.attempt_no, 0), other.event_id) > (a.occurred_at, coalesce(a.attempt_no, 0), a.event_id))
  )`;

const END_EARLY = `
  IF NOT EXISTS (SELECT FROM measured_event) THEN
    RETURN;
  END IF;`;

export const sumUpMeasured = (
  create: 'CREATE' | 'CREATE OR REPLACE',
  more: MoreColumns = { ctes: '', columns: '', joins: '' },
): string => `
${create} FUNCTION sum_up_measured(p_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
-- Set again below, until the function ends.
SET enable_nestloop = on AS $$
BEGIN
  -- In a table of its own, whose size the planner knows.
  CREATE TEMPORARY TABLE IF NOT EXISTS measured_event (
    kind text[] NOT NULL, lot_id uuid NOT NULL, completed_at timestamptz NOT NULL, event_id uuid NOT NULL, value_event uuid NOT NULL,
    time timestamptz NOT NULL, set_id uuid NOT NULL, values double precision[] NOT NULL, result text,
    names varchar[], units varchar[], lower_limits double precision[], upper_limits double precision[]) ON COMMIT DROP;
  TRUNCATE measured_event;
  INSERT INTO measured_event
  WITH ${more.lastAttempts ?? LAST_ATTEMPTS}
  SELECT kind, lot_id, completed_at, event_id, value_event, time, set_id, values, result, NULL, NULL, NULL, NULL FROM (
    ${measurementsOf('a.*, v.event_id AS value_event, v.time, v.set_id, v.values', 'measurement_vectors')}) AS of_vectors
  UNION ALL
  SELECT kind, lot_id, completed_at, event_id, value_event, time,
    measurement_set_id(ARRAY[name], ARRAY[unit], ARRAY[lower_limit], ARRAY[upper_limit]), ARRAY[value], result,
    ARRAY[name], ARRAY[unit], ARRAY[lower_limit], ARRAY[upper_limit] FROM (
    ${measurementsOf('a.*, v.event_id AS value_event, v.time, v.name, v.value, v.unit, v.lower_limit, v.upper_limit', 'measurement_rows')}) AS of_rows;
  ANALYZE measured_event (kind, set_id);
  -- The planner expects one row of what is numbered below, and a loop over thousands of kinds or names takes minutes.
  PERFORM set_config('enable_nestloop', 'off', true);

  DELETE FROM daily_measured WHERE day = p_day;
  DELETE FROM daily_measured_lots WHERE day = p_day;
  DELETE FROM daily_tests WHERE day = p_day;
  DELETE FROM daily_tested WHERE day = p_day;${more.endsEarly ? END_EARLY : ''}
  WITH kind AS MATERIALIZED (
    SELECT kind, row_number() OVER () AS number FROM (SELECT DISTINCT kind FROM measured_event) AS k
  ), used AS MATERIALIZED (
    SELECT id, names, units, lower_limits, upper_limits FROM measurement_sets WHERE id IN (SELECT set_id FROM measured_event WHERE names IS NULL)
    UNION SELECT set_id, names, units, lower_limits, upper_limits FROM measured_event WHERE names IS NOT NULL
  ), name AS MATERIALIZED (
    SELECT name, unit, row_number() OVER () AS number, count(*) OVER () AS names
    FROM (SELECT DISTINCT u.name, u.unit FROM used, unnest(names, units) AS u (name, unit)) AS n
  ), numbered AS MATERIALIZED (
    SELECT used.id, array_agg(n.number ORDER BY u.place) AS numbers, count(DISTINCT n.name) < count(*) AS repeats
    FROM used CROSS JOIN unnest(names, units) WITH ORDINALITY AS u (name, unit, place)
    JOIN name AS n ON ARRAY[n.name, n.unit] = ARRAY[u.name, u.unit] GROUP BY used.id
  ), event AS MATERIALIZED (
    SELECT k.number * (SELECT max(names) + 1 FROM name) AS kind, lot_id, completed_at, time, set_id, values, event_id, value_event, result, e.names,
      rank() OVER (ORDER BY completed_at, event_id, value_event) AS place
    FROM measured_event AS e JOIN kind AS k USING (kind)
  ), value AS MATERIALIZED (
    -- Numbers instead of names, so that sorting compares them.
    SELECT e.kind + u.number AS series, e.place, ${more.inOrder ? 'u.nth, ' : ''}u.value, e.lot_id, e.completed_at, e.time
    FROM event AS e JOIN numbered AS n ON n.id = e.set_id CROSS JOIN unnest(n.numbers, e.values)${more.inOrder ? ' WITH ORDINALITY AS u (number, value, nth)' : ' AS u (number, value)'}
  ), neighbour AS (
    SELECT series, value, lot_id, completed_at, time, lag(lot_id) OVER w IS NULL AS is_first, lead(lot_id) OVER w IS NULL AS is_last,
      abs(value - lag(value) OVER w) AS move, lag(lot_id) OVER w = lot_id AS same_lot
    FROM value WINDOW w AS (PARTITION BY series ORDER BY place, ${more.inOrder ? 'nth, ' : ''}value)
  ), summed AS (
    SELECT series, count(value) AS values, count(*) - count(value) AS missing, avg(value) AS mean, var_pop(value) * count(value) AS squares,
      count(move) AS moves, sum(move) AS moved, count(*) FILTER (WHERE same_lot) AS lot_neighbours,
      count(move) FILTER (WHERE same_lot) AS lot_moves, sum(move) FILTER (WHERE same_lot) AS lot_moved,
      min(completed_at) AS first_at, max(value) FILTER (WHERE is_first) AS first_value, (array_agg(lot_id) FILTER (WHERE is_first))[1] AS first_lot,
      max(completed_at) AS last_at, max(value) FILTER (WHERE is_last) AS last_value, (array_agg(lot_id) FILTER (WHERE is_last))[1] AS last_lot,
      min(time) AS oldest_at
    FROM neighbour GROUP BY series
  ), ${more.ctes}of_lot AS (
    SELECT series, lot_id, count(value) AS values, avg(value) AS mean, var_pop(value) * count(value) AS squares,
      min(value) AS least, max(value) AS greatest, min(completed_at) AS first_at, max(completed_at) AS last_at
    FROM value GROUP BY series, lot_id
  ), tested AS MATERIALIZED (
    -- Values of an earlier event of the attempt come before these.
    SELECT e.kind, e.event_id, e.result, e.set_id, e.values, f.place AS fails_at, cardinality(array_remove(e.values[:f.place], NULL)) AS fail_place,
      n.repeats OR count(*) OVER (PARTITION BY e.event_id) > 1 AS may_repeat,
      sum(g.given) OVER (PARTITION BY e.event_id) AS last_place,
      sum(g.given) OVER (PARTITION BY e.event_id ORDER BY e.time, e.value_event, e.names) - g.given AS before
    FROM event AS e JOIN numbered AS n ON n.id = e.set_id JOIN used AS s ON s.id = e.set_id
    CROSS JOIN LATERAL (SELECT cardinality(array_remove(e.values, NULL)) AS given) AS g
    CROSS JOIN LATERAL (
      SELECT min(u.place)::integer AS place FROM unnest(e.values, s.lower_limits, s.upper_limits) WITH ORDINALITY AS u (value, lower_limit, upper_limit, place)
      WHERE u.value < u.lower_limit OR u.value > u.upper_limit) AS f
  ), of_unit AS (
    SELECT kind, event_id, result, min(before + fail_place) AS first_fail, max(last_place) AS last_place
    FROM tested WHERE last_place > 0 GROUP BY kind, event_id, result
  ), of_test AS (
    -- Each value is of another attempt, but for those of attempts that may repeat a name.
    SELECT s.series - n.number AS kind, n.name, s.values AS reached, 0 AS failed, 0 AS first_failed
    FROM summed AS s JOIN name AS n ON n.number = s.series % (SELECT max(names) + 1 FROM name)
    UNION ALL
    SELECT t.kind, u.name, count(DISTINCT t.event_id) - count(*), 0, 0 FROM tested AS t JOIN used AS s ON s.id = t.set_id
    CROSS JOIN unnest(s.names, t.values) AS u (name, value) WHERE t.may_repeat AND u.value IS NOT NULL GROUP BY t.kind, u.name
    UNION ALL
    SELECT t.kind, u.name, 0, count(DISTINCT t.event_id), 0 FROM tested AS t JOIN used AS s ON s.id = t.set_id
    CROSS JOIN unnest(s.names, t.values, s.lower_limits, s.upper_limits) AS u (name, value, lower_limit, upper_limit)
    WHERE t.fails_at IS NOT NULL AND (u.value < u.lower_limit OR u.value > u.upper_limit) GROUP BY t.kind, u.name
    UNION ALL
    SELECT t.kind, s.names[t.fails_at], 0, 0, count(*) FROM tested AS t JOIN used AS s ON s.id = t.set_id
    JOIN of_unit AS o ON o.event_id = t.event_id AND o.first_fail = t.before + t.fail_place GROUP BY t.kind, s.names[t.fails_at]
  ), stored_tests AS (
    INSERT INTO daily_tests
    SELECT p_day, ${kindOf('k.kind[5]')}, name, sum(reached), sum(failed), sum(first_failed)
    FROM of_test AS s ${OF_KIND} GROUP BY k.kind, name HAVING sum(reached) > 0
  ), stored_units AS (
    INSERT INTO daily_tested
    SELECT p_day, ${kindOf('k.kind[5]')}, last_place, first_fail IS NOT DISTINCT FROM last_place, count(*), count(first_fail),
      count(*) FILTER (WHERE result = 'fail' AND first_fail IS NULL)
    FROM of_unit AS s ${OF_KIND} GROUP BY k.kind, last_place, first_fail IS NOT DISTINCT FROM last_place
  ), stored AS (
    INSERT INTO daily_measured
    SELECT p_day, ${namesOf('k.kind[5]')}, s.values, s.missing, s.mean, s.squares,
      s.moves, s.moved, s.lot_neighbours, s.lot_moves, s.lot_moved, s.first_at, s.first_value, s.first_lot, s.last_at, s.last_value, s.last_lot, s.oldest_at${more.columns}
    FROM summed AS s ${OF_SERIES}${more.joins}
  )
  INSERT INTO daily_measured_lots
  SELECT p_day, ${namesOf('s.lot_id')}, s.values, s.mean, s.squares, s.least, s.greatest, s.first_at, s.last_at
  FROM of_lot AS s ${OF_SERIES};
END $$;`;

const SUMS = `${sumUpMeasured('CREATE')}
COMMENT ON FUNCTION sum_up_measured IS 'Sums up the measured values of a day; sum_up_day calls it in its snapshot.';
`;

/** Rows have the order of their names, vectors one of their own: it decides which test fails first. */
export const MARK_PACKED = `
        INSERT INTO attempt_day_changes (day)
        SELECT DISTINCT (a.completed_at AT TIME ZONE 'UTC')::date FROM (SELECT DISTINCT inspection_id FROM unnest(vectors)) AS packed
        CROSS JOIN LATERAL (SELECT * FROM inspection_attempts WHERE inspection_id = packed.inspection_id OFFSET 0) AS a
        WHERE a.status = 'completed' AND a.completed_at IS NOT NULL;`;

const RETENTION = `
ALTER FUNCTION drop_old_chunks(text, timestamptz, integer) RENAME TO drop_chunks_not_held;
CREATE FUNCTION drop_old_chunks(p_table text, p_cutoff timestamptz, p_limit integer DEFAULT 10) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  dropped bigint := drop_chunks_not_held(p_table, p_cutoff, p_limit);
BEGIN
  -- Afterwards, in a statement of its own: the drop waits for a day that is being summed up, and so this sees its rows.
  IF dropped > 0 THEN
    INSERT INTO attempt_day_changes (day) SELECT DISTINCT day FROM daily_measured WHERE oldest_at < p_cutoff;
  END IF;
  RETURN dropped;
END $$;
COMMENT ON FUNCTION drop_old_chunks IS 'drop_chunks_not_held, and marks the days whose measurements may be among what it dropped.';
`;
