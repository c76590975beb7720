import { type Functions, READERS, type Tables } from '../declarations.ts';
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
  };
  static override readonly functions: Functions = {};
  override name = '0046-measured-by-day';

  override up(): void {
    this.addSql(TABLE);
    this.addSql(SUMS);
    this.addSql(sumUpDay('CREATE OR REPLACE', '\n  PERFORM sum_up_measured(summed);'));
    this.addSql(RETENTION);
    // Last, so that no day is summed up by the former function without its mark.
    this.addSql(MARK_EVERY_DAY);
  }
}

const TABLE = `
CREATE TABLE daily_measured (
  day date NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  step varchar(100) NOT NULL,
  recipe varchar(100),
  site varchar(100) NOT NULL,
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
`;

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
const OF_SERIES = `JOIN kind AS k ON k.number = s.series / (SELECT max(names) + 1 FROM name)
    JOIN name AS n ON n.number = s.series % (SELECT max(names) + 1 FROM name)`;
const namesOf = (place: string): string =>
  `k.kind[1]::inspection_type_enum, k.kind[2], k.kind[3], k.kind[4], ${place}, n.name, n.unit`;

const SUMS = `
CREATE FUNCTION sum_up_measured(p_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  -- In a table of its own, whose size the planner knows.
  CREATE TEMPORARY TABLE IF NOT EXISTS measured_event (
    kind text[] NOT NULL, lot_id uuid NOT NULL, completed_at timestamptz NOT NULL, event_id uuid NOT NULL, value_event uuid NOT NULL,
    time timestamptz NOT NULL, set_id uuid NOT NULL, values double precision[] NOT NULL, names varchar[], units varchar[]) ON COMMIT DROP;
  TRUNCATE measured_event;
  INSERT INTO measured_event
  WITH attempt AS MATERIALIZED (
    SELECT a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id,
      ARRAY[a.inspection_type::text, a.product, a.step, a.recipe, l.site] AS kind
    FROM inspection_attempts AS a JOIN lots AS l ON l.id = a.lot_id
    WHERE a.status = 'completed' AND ${OF_DAY('a.completed_at')}
      AND NOT EXISTS (
        SELECT FROM yield_retests AS other WHERE other.inspection_id = a.inspection_id AND other.step = a.step
        AND (other.occurred_at, coalesce(other.attempt_no, 0), other.event_id) > (a.occurred_at, coalesce(a.attempt_no, 0), a.event_id))
  )
  SELECT kind, lot_id, completed_at, event_id, value_event, time, set_id, values, NULL, NULL FROM (
    ${measurementsOf('a.*, v.event_id AS value_event, v.time, v.set_id, v.values', 'measurement_vectors')}) AS of_vectors
  UNION ALL
  SELECT kind, lot_id, completed_at, event_id, value_event, time,
    measurement_set_id(ARRAY[name], ARRAY[unit], ARRAY[NULL]::float8[], ARRAY[NULL]::float8[]), ARRAY[value], ARRAY[name], ARRAY[unit] FROM (
    ${measurementsOf('a.*, v.event_id AS value_event, v.time, v.name, v.value, v.unit', 'measurement_rows')}) AS of_rows;
  ANALYZE measured_event (kind, set_id);

  DELETE FROM daily_measured WHERE day = p_day;
  DELETE FROM daily_measured_lots WHERE day = p_day;
  WITH kind AS MATERIALIZED (
    SELECT kind, row_number() OVER () AS number FROM (SELECT DISTINCT kind FROM measured_event) AS k
  ), used AS MATERIALIZED (
    SELECT s.id, s.names, s.units FROM measurement_sets AS s WHERE s.id IN (SELECT set_id FROM measured_event WHERE names IS NULL)
    UNION SELECT set_id, names, units FROM measured_event WHERE names IS NOT NULL
  ), name AS MATERIALIZED (
    SELECT name, unit, row_number() OVER () AS number, count(*) OVER () AS names
    FROM (SELECT DISTINCT u.name, u.unit FROM used, unnest(names, units) AS u (name, unit)) AS n
  ), numbered AS MATERIALIZED (
    SELECT used.id, array_agg(n.number ORDER BY u.place) AS numbers
    FROM used CROSS JOIN unnest(names, units) WITH ORDINALITY AS u (name, unit, place)
    JOIN name AS n ON ARRAY[n.name, n.unit] = ARRAY[u.name, u.unit] GROUP BY used.id
  ), event AS (
    SELECT k.number * (SELECT max(names) + 1 FROM name) AS kind, lot_id, completed_at, time, set_id, values,
      rank() OVER (ORDER BY completed_at, event_id, value_event) AS place
    FROM measured_event JOIN kind AS k USING (kind)
  ), value AS MATERIALIZED (
    -- Numbers instead of names, so that sorting compares them.
    SELECT e.kind + u.number AS series, e.place, u.value, e.lot_id, e.completed_at, e.time
    FROM event AS e JOIN numbered AS n ON n.id = e.set_id CROSS JOIN unnest(n.numbers, e.values) AS u (number, value)
  ), neighbour AS (
    SELECT series, value, lot_id, completed_at, time, lag(lot_id) OVER w IS NULL AS is_first, lead(lot_id) OVER w IS NULL AS is_last,
      abs(value - lag(value) OVER w) AS move, lag(lot_id) OVER w = lot_id AS same_lot
    FROM value WINDOW w AS (PARTITION BY series ORDER BY place, value)
  ), summed AS (
    SELECT series, count(value) AS values, count(*) - count(value) AS missing, avg(value) AS mean, var_pop(value) * count(value) AS squares,
      count(move) AS moves, sum(move) AS moved, count(*) FILTER (WHERE same_lot) AS lot_neighbours,
      count(move) FILTER (WHERE same_lot) AS lot_moves, sum(move) FILTER (WHERE same_lot) AS lot_moved,
      min(completed_at) AS first_at, max(value) FILTER (WHERE is_first) AS first_value, (array_agg(lot_id) FILTER (WHERE is_first))[1] AS first_lot,
      max(completed_at) AS last_at, max(value) FILTER (WHERE is_last) AS last_value, (array_agg(lot_id) FILTER (WHERE is_last))[1] AS last_lot,
      min(time) AS oldest_at
    FROM neighbour GROUP BY series
  ), of_lot AS (
    SELECT series, lot_id, count(value) AS values, avg(value) AS mean, var_pop(value) * count(value) AS squares,
      min(value) AS least, max(value) AS greatest, min(completed_at) AS first_at, max(completed_at) AS last_at
    FROM value GROUP BY series, lot_id
  ), stored AS (
    INSERT INTO daily_measured
    SELECT p_day, ${namesOf('k.kind[5]')}, s.values, s.missing, s.mean, s.squares,
      s.moves, s.moved, s.lot_neighbours, s.lot_moves, s.lot_moved, s.first_at, s.first_value, s.first_lot, s.last_at, s.last_value, s.last_lot, s.oldest_at
    FROM summed AS s ${OF_SERIES}
  )
  INSERT INTO daily_measured_lots
  SELECT p_day, ${namesOf('s.lot_id')}, s.values, s.mean, s.squares, s.least, s.greatest, s.first_at, s.last_at
  FROM of_lot AS s ${OF_SERIES};
END $$;
COMMENT ON FUNCTION sum_up_measured IS 'Sums up the measured values of a day; sum_up_day calls it in its snapshot.';
`;

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
