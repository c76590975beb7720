import { formatTime, parseTime } from '@chip/contracts';
import { type Queryable } from '@chip/persistence';
import { requireFields } from '../sql/field-conditions.ts';
import {
  conditions,
  hourOf,
  type ServiceSums,
  type TelemetrySummary,
  type TelemetrySummaryQuestion,
} from './telemetry-summary.sql.ts';

const HOUR_US = 3_600_000_000;

/**
 * Sums per service of the raw samples with the given tags. Where retention has removed raw samples, the roll-up counts more
 * than there are: the sums begin behind the last such hour, and `covered` shows it.
 */
export async function summaryOfTags(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
): Promise<TelemetrySummary> {
  const from = await firstComplete(snapshot, question);
  const { to } = question;
  if (from >= to) {
    return { services: [], covered: null };
  }
  const where = conditions(question, 's')
    .when(from, ($) => `s.time >= ${$}::timestamptz`)
    .when(to, ($) => `s.time < ${$}::timestamptz`);
  requireFields(where, 's.tags', question.tags ?? {});
  const services = await snapshot.query<ServiceSums>(
    `SELECT s.service_name, count(*) AS sample_count, sum(s.metric_value) AS sum_value,
            min(s.metric_value) AS min_value, max(s.metric_value) AS max_value
       FROM system_metrics s
      WHERE ${where.toString()}
      GROUP BY s.service_name`,
    where.values,
  );
  return { services, covered: { from, to } };
}

/** Where the raw samples of the range begin to be complete: its beginning, or a full hour in it or after it. */
async function firstComplete(snapshot: Queryable, question: TelemetrySummaryQuestion): Promise<string> {
  const hour = formatTime(hourOf(question.from));
  const where = conditions(question, 'h')
    .when(hour, ($) => `h.bucket >= ${$}::timestamptz`)
    .when(question.to, ($) => `h.bucket < ${$}::timestamptz`);
  const { values } = where;
  const metric = where.bind(question.metric_name);
  const onHost = question.host === undefined ? '' : `AND m.host = ${where.bind(question.host)}`;
  // Per service and hour, as the index (service, metric, time) is ordered.
  const [last] = await snapshot.query<{ bucket: string }>(
    `SELECT rolled.bucket
       FROM (SELECT h.service_name, h.bucket, sum(h.sample_count) AS samples FROM metrics_hourly h
              WHERE ${where.toString()}
              GROUP BY h.service_name, h.bucket) AS rolled
      WHERE rolled.samples > (
            SELECT count(*) FROM system_metrics m
             WHERE m.service_name = rolled.service_name AND m.metric_name = ${metric} ${onHost}
               AND m.time >= rolled.bucket AND m.time < rolled.bucket + INTERVAL '1 hour')
      ORDER BY rolled.bucket DESC LIMIT 1`,
    values,
  );
  return last === undefined ? question.from : formatTime(parseTime(last.bucket) + HOUR_US);
}
