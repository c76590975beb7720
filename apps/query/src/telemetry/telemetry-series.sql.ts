import { formatTime, LAST_MS, parseTime } from '@chip/contracts';
import { type Queryable } from '@chip/persistence';
import { requireFields } from '../sql/field-conditions.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import {
  cutAtHours,
  hourOf,
  type HourCut,
  partialHours,
  type TelemetrySummary,
  type TelemetrySummaryQuestion,
  wholeHours,
} from './telemetry-summary.sql.ts';

export interface SeriesPoint {
  readonly time: string;
  readonly sample_count: number;
  readonly avg_value: number;
  readonly min_value: number;
  readonly max_value: number;
}

type Resolution = 'raw' | 'hourly' | 'daily';
export interface Buckets {
  readonly resolution: Resolution;
  readonly seconds: number;
}

const HOUR_S = 3600;
const DAY_S = 86_400;
/** Longest range to read from raw samples: a day of one metric, whatever the number of points. */
const MAX_RAW_S = DAY_S;
/** Bucket widths that people read easily; no machine we know stores samples more often than once a second. */
const RAW_WIDTHS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800] as const;

/** Origin of the buckets; any midnight in UTC would do for widths that divide a day. */
const ORIGIN_US = Date.UTC(2000, 0, 1) * 1000;

/**
 * Chooses the finest buckets that give at most `maxPoints` points, aligned to full widths since 2000 (UTC).
 *
 * @param only what alone can answer: raw samples, or the roll-ups
 */
export function chooseBuckets(from: string, to: string, maxPoints: number, only?: 'raw' | 'rolled_up'): Buckets {
  const [start, end] = [(parseTime(from) - ORIGIN_US) / 1e6, (parseTime(to) - ORIGIN_US) / 1e6];
  const fits = (seconds: number): boolean => Math.ceil(end / seconds) - Math.floor(start / seconds) <= maxPoints;
  if (only !== 'rolled_up' && end - start <= MAX_RAW_S) {
    const seconds = RAW_WIDTHS_S.find(fits);
    if (seconds !== undefined) {
      return { resolution: 'raw', seconds };
    }
  }
  // Multiples of an hour up to a day, then of a day. Partial buckets at the ends may need a larger width than the division.
  const width = (unit: number): number => {
    let seconds = unit * Math.max(1, Math.floor((end - start) / unit / maxPoints));
    while (!fits(seconds)) {
      seconds += unit;
    }
    return seconds;
  };
  const hourly = width(HOUR_S);
  if (only === 'raw') {
    return { resolution: 'raw', seconds: hourly < DAY_S ? hourly : width(DAY_S) };
  }
  return hourly < DAY_S ? { resolution: 'hourly', seconds: hourly } : { resolution: 'daily', seconds: width(DAY_S) };
}

/** Raw: samples in [from, to). Hourly and daily: roll-up hours and days that begin in [from, to). */
export function telemetrySeries(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  { resolution, seconds }: Buckets,
): Promise<SeriesPoint[]> {
  const time = resolution === 'raw' ? 's.time' : 's.bucket';
  const where = new SqlConditions()
    .when(question.metric_name, ($) => `s.metric_name = ${$}`)
    .when(question.from, ($) => `${time} >= ${$}::timestamptz`)
    .when(question.to, ($) => `${time} < ${$}::timestamptz`)
    .when(question.host, ($) => `s.host = ${$}`);
  requireFields(where, 's.tags', question.tags ?? {});
  if (question.service_name !== undefined) {
    where.when(question.service_name, ($) => `s.service_name = ${$}`);
  } else if (resolution === 'raw') {
    // The index on raw samples begins with the service, so names the services found in the hours of the range.
    const hour = formatTime(hourOf(question.from));
    where.require(`s.service_name = ANY (ARRAY(
        SELECT DISTINCT h.service_name FROM metrics_hourly h
         WHERE h.metric_name = ${where.bind(question.metric_name)}
           AND h.bucket >= ${where.bind(hour)}::timestamptz AND h.bucket < ${where.bind(question.to)}::timestamptz))`);
  }
  const [table, sums] = {
    raw: [
      'system_metrics',
      'count(*) AS sample_count, avg(s.metric_value) AS avg_value, min(s.metric_value) AS min_value, max(s.metric_value) AS max_value',
    ],
    hourly: ['metrics_hourly', ROLLED_UP],
    daily: ['metrics_daily', ROLLED_UP],
  }[resolution] as [string, string];
  return snapshot.query<SeriesPoint>(
    `SELECT date_bin(make_interval(secs => ${where.bind(seconds)}), ${time}, TIMESTAMPTZ '${formatTime(ORIGIN_US)}') AS time, ${sums}
       FROM ${table} s
      WHERE ${where.toString()}
      GROUP BY 1
      ORDER BY 1`,
    where.values,
  );
}

/** The part of a range that points cover completely; null = none of it. */
type Covered = TelemetrySummary['covered'];

/**
 * The part of the range that these points of raw samples cover completely; undefined if retention has removed samples of a
 * whole hour, which the roll-up still counts.
 */
export async function coveredByRaw(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  points: readonly SeriesPoint[],
): Promise<Covered | undefined> {
  const { from, to } = question;
  const cut = cutAtHours(from, to);
  if (await hasLostHours(snapshot, question, points, cut)) {
    return undefined;
  }
  // Counting the samples of the hours at both ends would take longer than reading one in between.
  return (await mayLackSamples(snapshot, from))
    ? (await partialHours(snapshot, question, cut)).covered
    : from < to
      ? { from, to }
      : null;
}

/** Whether retention may have removed samples of the hour of this time. */
async function mayLackSamples(snapshot: Queryable, time: string): Promise<boolean> {
  const [row] = await snapshot.query<{ is_old: boolean | null }>(
    `SELECT bool_or(date_trunc('hour', $1::timestamptz, 'UTC') < greatest(now() - keep, gone_before)) AS is_old
       FROM retention_settings WHERE table_name = 'system_metrics'`,
    [time],
  );
  return row?.is_old === true;
}

/** The whole hours or days of the range, which points of a roll-up cover. */
export function coveredByRollUp({ from, to }: TelemetrySummaryQuestion, resolution: Resolution): Covered {
  const us = (resolution === 'daily' ? DAY_S : HOUR_S) * 1e6;
  const [first, end] = [from, to].map((time) => {
    const begin = Math.floor(hourOf(time) / us) * us;
    return formatTime(begin) === time ? begin : begin + us;
  }) as [number, number];
  // No time names the end of the last year.
  return first < end ? { from: formatTime(first), to: end / 1000 > LAST_MS ? to : formatTime(end) } : null;
}

async function hasLostHours(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  points: readonly SeriesPoint[],
  { whole }: HourCut,
): Promise<boolean> {
  if (whole === null) {
    return false;
  }
  const [from, to] = [parseTime(whole.from), parseTime(whole.to)];
  const isWithin = ({ time }: SeriesPoint): boolean => parseTime(time) >= from && parseTime(time) < to;
  const countOf = (of: readonly { readonly sample_count: number }[]): number =>
    of.reduce((sum, { sample_count }) => sum + sample_count, 0);
  return countOf(await wholeHours(snapshot, question, whole)) > countOf(points.filter(isWithin));
}

const ROLLED_UP =
  'sum(s.sample_count) AS sample_count, sum(s.sum_value) / sum(s.sample_count) AS avg_value, min(s.min_value) AS min_value, max(s.max_value) AS max_value';
