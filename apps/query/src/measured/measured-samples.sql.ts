/** Measured values: formed into samples for charts and capability, never mixed without consent. */
import { type Queryable } from '@chip/persistence';
import { unitNames } from '../access/caller.ts';
import { type SampleSummary, type UnitConversion } from '@chip/quality';
import {
  attemptsLeft,
  onSummedUpDays,
  spanOf,
  type SummedUpDays,
  summedUpDays,
} from '../attempts/attempts-and-days.sql.ts';
import { type AttemptQuestion } from '../attempts/chosen-attempts.ts';
import { namedPlaces, overMeasurements, timesOf } from '../attempts/measurements-of-attempts.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { DAY_OF_LOT, meanOf, spreadOf, squaresOf, weightedMeanOf } from './equal-values.sql.ts';

/** How samples are formed: by lot, wafer or day (UTC), or a number of consecutive values. */
export type Subgroup = 'lot' | 'wafer' | 'day' | number;

export interface MeasuredQuestion extends AttemptQuestion {
  readonly parameter: string;
  readonly subgroup: Subgroup;
  /** Absent: values as they are stored. */
  readonly conversion?: ValueConversion | undefined;
  /** What the values are in; null where they have no unit, or several. */
  readonly unit?: string | null | undefined;
}

/** How values become values in one unit. */
export interface ValueConversion {
  readonly unit: string;
  /** Units that differ from it; values in any other are left as they are. */
  readonly from: readonly (UnitConversion & { readonly unit: string })[];
  /** Units that cannot be converted into it; null = values without a unit. */
  readonly others: readonly (string | null)[];
}

/** Properties that must not differ between the values of one chart. */
export interface MeasuredKind {
  readonly unit: string | null;
  readonly inspection_type: string;
  readonly product: string | null;
  readonly step: string;
  readonly recipe: string | null;
}

/** A kind with the site of its lot, which values may well differ in. */
export interface SitedKind extends MeasuredKind {
  readonly site: string;
}

/** The sample behind a point of a chart. PostgreSQL computes it, so that a lot of 125,000 dice gives 25 rows. */
export interface MeasuredSample extends SampleSummary {
  /** Lot, wafer, day, or the chip of a single value; null where the machine stated none. */
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
  readonly first_at: string;
  readonly last_at: string;
  /** Where moving ranges may break; null when the sample spans several. */
  readonly lot: string | null;
  readonly wafer: string | null;
  readonly product: string | null;
}

/** Values of one event that share a name, such as those of the sites of a wafer, keep the order of the machine. */
const ORDER = 'completed_at, event_id, value_event, place, value';

/** `value` of the unit `unit` in the unit asked for; a difference of values has no offset. */
export function convertedValue(
  { conversion }: MeasuredQuestion,
  where: SqlConditions,
  { value, unit, isDifference }: { value: string; unit: string; isDifference?: boolean },
): string {
  const cases = (conversion?.from ?? []).map(({ unit: from, factor, offset }) => {
    const scaled = `WHEN ${where.bind(from)} THEN ${value} * ${where.bind(isDifference ? Math.abs(factor) : factor)}::float8`;
    return isDifference ? scaled : `${scaled} + ${where.bind(offset)}::float8`;
  });
  return cases.length === 0 ? value : `CASE ${unit} ${cases.join(' ')} ELSE ${value} END`;
}

/**
 * CTE `measured`: one row per value of the counted attempts, missing ones included, with the columns of their order.
 *
 * @param summed what daily tables answer; then only the values that they leave
 */
export function measuredValues(
  question: MeasuredQuestion,
  summed?: SummedUpDays,
): { ctes: string; name: string; where: SqlConditions } {
  const columns =
    'a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id, a.wafer_id, a.inspection_type, a.product, a.step, a.recipe';
  const { sql, where } = attemptsLeft(question, summed, 'operation', columns);
  const name = where.bind(question.parameter);
  const value = convertedValue(question, where, { value: 'm.value', unit: 'm.unit' });
  const measured = overMeasurements(
    (
      joins,
    ) => `SELECT a.inspection_id, a.event_id, a.completed_at, a.lot_id, a.wafer_id, a.inspection_type, a.product, a.step, a.recipe,
             ${value} AS value, m.unit, m.event_id AS value_event, m.place
        FROM attempt a
        ${joins}`,
    name,
    timesOf(summed ? spanOf(summed) : question, where, 'attempt'),
  );
  return {
    ctes: `WITH attempt AS (
      ${sql}
    ), ${namedPlaces(name)}, measured AS (
      ${measured}
    )`,
    name,
    where,
  };
}

const GROUPS = {
  lot: { key: 'NULL::text', lot: 'lot_id' },
  wafer: { key: 'wafer_id::text', lot: 'lot_id' },
  day: { key: `to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
} as const;

const ONE_PRODUCT =
  'CASE WHEN count(DISTINCT product) = 1 AND count(product) = count(*) THEN min(product) END AS product';
const SAMPLE_OF_VALUES = `min(completed_at) AS first_at, max(completed_at) AS last_at, ${ONE_PRODUCT},
             count(value)::int AS n, coalesce(${meanOf('value')}, 0) AS mean, ${spreadOf('value', 'stddev_samp(value)')} AS s, coalesce(max(value) - min(value), 0) AS range`;

/** CTE `part`: the values that are read as parts of samples, and the rows of days as others. */
function partsOfDays(question: MeasuredQuestion, summed: SummedUpDays, where: SqlConditions): string {
  const converted = (value: string, isDifference = false): string =>
    convertedValue(question, where, { value, unit: 'a.unit', isDifference });
  const ofDays = onSummedUpDays(summed, new SqlConditions(where.values))
    .oneOf('a.name', question.parameter)
    .units(question, 'a');
  const { key, lot } = question.subgroup === 'lot' ? GROUPS.lot : GROUPS.day;
  return `part AS (
      SELECT sample, sample_lot, min(completed_at) AS first_at, max(completed_at) AS last_at, ${ONE_PRODUCT},
             count(value) AS n, ${meanOf('value')} AS mean, ${squaresOf('value')} AS squares, min(value) AS least, max(value) AS greatest
        FROM keyed GROUP BY sample, sample_lot
      UNION ALL
      SELECT ${key}, ${lot}, a.first_at, a.last_at, a.product,
             a.values, ${converted(DAY_OF_LOT.mean)}, ${converted(converted(DAY_OF_LOT.squares, true), true)}, ${converted('a.least')}, ${converted('a.greatest')}
        FROM (SELECT *, first_at AS completed_at FROM daily_measured_lots) a WHERE ${ofDays.toString()}
    )`;
}

/** CTE `sample` of CTE `part`. */
const SAMPLES_OF_PARTS = `centred AS (
      SELECT *, ${weightedMeanOf('n', ' OVER w')} AS centre FROM part WINDOW w AS (PARTITION BY sample, sample_lot)
    ), sample AS (
      SELECT sample, sample_lot, min(first_at) AS first_at, max(last_at) AS last_at, ${ONE_PRODUCT},
             sum(n)::int AS n, coalesce(min(centre), 0) AS mean,
             coalesce(sqrt(sum(squares + n * (mean - centre) ^ 2) / nullif(sum(n) - 1, 0)), 0)::float8 AS s, coalesce(max(greatest) - min(least), 0) AS range
        FROM centred GROUP BY sample, sample_lot
    )`;

/** Samples of one parameter in the order of their first completion, at most `limit`. An incomplete group of n forms none. */
export async function measuredSamples(
  snapshot: Queryable,
  question: MeasuredQuestion,
  limit: number,
): Promise<MeasuredSample[]> {
  const { subgroup } = question;
  const summed =
    subgroup === 'lot' || subgroup === 'day'
      ? await summedUpDays(snapshot, question, 'daily_measured_lots')
      : undefined;
  const { ctes, where } = measuredValues(question, summed);
  if (subgroup === 1) {
    return singleValues(snapshot, ctes, where, limit);
  }
  const size = typeof subgroup === 'number' ? where.bind(subgroup) : undefined;
  const { key, lot } =
    typeof subgroup === 'number'
      ? { key: `((row_number() OVER (ORDER BY ${ORDER}) - 1) / ${size})::text`, lot: 'NULL::uuid' }
      : GROUPS[subgroup];
  const shownKey = subgroup === 'lot' ? 'l.lot_id' : size === undefined ? 's.sample' : 'NULL::text';
  return snapshot.query<MeasuredSample>(
    `${ctes}, keyed AS (
      SELECT *, ${key} AS sample, ${lot} AS sample_lot FROM measured
    ), ${
      summed
        ? `${partsOfDays(question, summed, where)}, ${SAMPLES_OF_PARTS}`
        : `sample AS (
      SELECT sample, sample_lot, ${SAMPLE_OF_VALUES}
        FROM keyed
       GROUP BY sample, sample_lot
      ${size === undefined ? '' : `HAVING count(*) = ${size}`}
    )`
    }
    SELECT ${shownKey} AS key, l.site, l.lot_id, s.first_at, s.last_at,
           s.sample_lot AS lot, ${subgroup === 'wafer' ? 's.sample' : 'NULL::text'} AS wafer, s.product, s.n, s.mean, s.s, s.range
      FROM sample s LEFT JOIN lots l ON l.id = s.sample_lot
     ORDER BY s.first_at, s.last_at, ${size === undefined ? '' : 's.sample::bigint, '}${shownKey} COLLATE "C", l.lot_id COLLATE "C", l.site COLLATE "C"
     LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

/** Samples of one value each. What they have in common is not read 26,000 times. */
async function singleValues(
  snapshot: Queryable,
  ctes: string,
  where: SqlConditions,
  limit: number,
): Promise<MeasuredSample[]> {
  // Looked up one by one: the planner expects two values of a month, and would compare each of 26,000 with each lot.
  const rows = await snapshot.query<
    Pick<MeasuredSample, 'key' | 'site' | 'lot_id' | 'first_at' | 'lot' | 'wafer' | 'product'> & {
      value: number | null;
    }
  >(
    `${ctes}
    SELECT i.chip_id AS key, l.site, l.lot_id, v.completed_at AS first_at, v.lot_id AS lot, v.wafer_id AS wafer, v.product, v.value
      FROM (SELECT * FROM measured ORDER BY ${ORDER} LIMIT ${where.bind(limit)}) v
     LEFT JOIN LATERAL (SELECT chip_id FROM ${unitNames()} WHERE id = v.inspection_id OFFSET 0) i ON true
     CROSS JOIN LATERAL (SELECT site, lot_id FROM lots WHERE id = v.lot_id OFFSET 0) l
     ORDER BY ${ORDER}`,
    where.values,
  );
  return rows.map(({ value, ...row }) => ({
    ...row,
    last_at: row.first_at,
    n: value === null ? 0 : 1,
    mean: value ?? 0,
    s: 0,
    range: 0,
  }));
}

/** Where a moving range breaks, because the next values come from other conditions. */
export const BREAKS = ['none', 'lot', 'wafer', 'product'] as const;
export type Break = (typeof BREAKS)[number];
