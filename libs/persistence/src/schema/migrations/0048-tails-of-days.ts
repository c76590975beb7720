import { MARK_EVERY_DAY } from './0044-summaries-by-day.ts';
import { type MoreColumns, OF_SERIES, sumUpMeasured } from './0046-measured-by-day.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * What the capability of all parameters needs beside sums: the limits that the machine tested by, and the values that may
 * lie beyond three sigma of a question.
 *
 * Where three sigma of a question are is known when it is asked. But they are near those of the days before, so each row
 * keeps its values around these places, and how many are farther out. A question reads the values of a day only where its
 * own bounds are elsewhere.
 */
export class TailsOfDays extends SchemaMigration {
  override name = '0048-tails-of-days';

  override up(): void {
    this.addSql(COLUMNS);
    this.addSql(sumUpMeasured('CREATE OR REPLACE', WITH_TAILS));
    // Last, so that no day is summed up by the former function without its mark.
    this.addSql(MARK_EVERY_DAY);
  }
}

const COLUMNS = `
ALTER TABLE daily_measured
  ADD lower_limit double precision,
  ADD upper_limit double precision,
  ADD inner_low double precision,
  ADD inner_high double precision,
  ADD outer_low double precision,
  ADD outer_high double precision,
  ADD outside integer,
  ADD tails double precision[];
COMMENT ON COLUMN daily_measured.lower_limit IS 'That the machine tested every value by, missing ones included; null where it differs, or some have none. So it is with upper_limit.';
COMMENT ON COLUMN daily_measured.inner_low IS 'The tails hold no values from here to inner_high; null = they hold all within the outer bounds.';
COMMENT ON COLUMN daily_measured.outer_low IS 'Values below, and those above outer_high, are counted in outside. Null = there are none.';
COMMENT ON COLUMN daily_measured.tails IS 'All values between the inner and the outer bounds, in order; null = too many.';
`;

/** In sigma. Questions ask for values beyond three, of which those of one day differ. */
const INNER = 2.5;
const OUTER = 4;
/** So few values of a row are all kept. */
const FEW = 8;
/** d2 of two values: the mean of a moving range is so many sigma. */
const D2 = 1.128;
/** Of the mean: less is no spread, but the rounding of equal values. */
const ROUNDING = 1e-9;

const one = (limit: string): string =>
  `CASE WHEN count(DISTINCT u.${limit}) = 1 AND count(u.${limit}) = count(*) THEN min(u.${limit}) END AS ${limit}`;

const TAILS = `tested_by AS (
    SELECT e.kind + u.number AS series, ${one('lower_limit')}, ${one('upper_limit')}
    FROM (SELECT DISTINCT kind, set_id FROM event) AS e JOIN numbered AS n ON n.id = e.set_id JOIN used AS s ON s.id = e.set_id
    CROSS JOIN unnest(n.numbers, s.lower_limits, s.upper_limits) AS u (number, lower_limit, upper_limit) GROUP BY 1
  ), named AS MATERIALIZED (
    -- Without the site: questions mix sites.
    SELECT s.*, k.kind[:4] || ARRAY[n.name, n.unit]::text[] AS key FROM summed AS s ${OF_SERIES}
  ), usual AS (
    -- Days without a mark or not: this is a guess, and a wrong one costs time.
    SELECT key, sum(values * mean) / sum(values) AS centre,
      coalesce(sum(lot_moved) / nullif(sum(lot_moves), 0), sum(moved) / nullif(sum(moves), 0)) / ${D2} AS sigma
    FROM (
      SELECT key, values, mean, moves, moved, lot_moves, lot_moved FROM named
      UNION ALL
      SELECT ARRAY[inspection_type::text, product, step, recipe, name, unit], values, mean, moves, moved, lot_moves, lot_moved
      FROM daily_measured WHERE day >= p_day - 30 AND day < p_day) AS of_days
    WHERE values > 0 GROUP BY key
  ), near AS MATERIALIZED (
    SELECT s.series, centre - ${INNER} * sigma AS inner_low, centre + ${INNER} * sigma AS inner_high,
      centre - ${OUTER} * sigma AS outer_low, centre + ${OUTER} * sigma AS outer_high
    FROM named AS s JOIN (SELECT key, centre, greatest(sigma, ${ROUNDING} * abs(centre)) AS sigma FROM usual WHERE sigma IS NOT NULL) AS u USING (key)
    WHERE s.values > ${FEW}
  ), tail AS (
    SELECT v.series, array_agg(v.value ORDER BY v.value) FILTER (WHERE (v.value >= t.outer_low AND v.value <= t.outer_high) IS NOT FALSE) AS tails,
      count(*) FILTER (WHERE v.value < t.outer_low OR v.value > t.outer_high) AS outside
    FROM value AS v LEFT JOIN near AS t USING (series)
    WHERE (v.value >= t.inner_low AND v.value <= t.inner_high) IS NOT TRUE AND v.value IS NOT NULL GROUP BY v.series
  ), `;
const TAIL_COLUMNS = `,
      b.lower_limit, b.upper_limit, t.inner_low, t.inner_high, t.outer_low, t.outer_high, coalesce(f.outside, 0),
      CASE WHEN coalesce(cardinality(f.tails), 0) <= ${FEW} + s.values / 4 THEN coalesce(f.tails, '{}') END`;
const TAIL_JOINS = `
    LEFT JOIN tested_by AS b USING (series) LEFT JOIN near AS t USING (series) LEFT JOIN tail AS f USING (series)`;

export const WITH_TAILS: MoreColumns = { ctes: TAILS, columns: TAIL_COLUMNS, joins: TAIL_JOINS };
