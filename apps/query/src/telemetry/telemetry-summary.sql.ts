import { formatTime, parseTime } from '@chip/contracts';
import { type Queryable } from '@chip/persistence';
import { type FieldTexts } from '../http/field-filters.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

export interface TelemetrySummaryQuestion {
  readonly metric_name: string;
  readonly from: string;
  readonly to: string;
  readonly service_name?: string | undefined;
  readonly host?: string | undefined;
  /** Tags that a sample must have. */
  readonly tags?: FieldTexts | undefined;
}

/** Sums of one service. */
export interface ServiceSums {
  readonly service_name: string;
  readonly sample_count: number;
  readonly sum_value: number;
  readonly min_value: number;
  readonly max_value: number;
}

export interface TelemetrySummary {
  readonly services: ServiceSums[];
  /** The range that the sums cover: as requested, or less where raw samples of a partial hour are gone; null = nothing. */
  readonly covered: { from: string; to: string } | null;
}

const HOUR_US = 3_600_000_000;

interface Piece {
  readonly hour: string;
  readonly from: string;
  readonly to: string;
}
/** A range cut at full hours (UTC): the whole hours `[from, to)`, and the partial hours before and after them. */
export interface HourCut {
  readonly whole: { from: string; to: string } | null;
  readonly head: Piece | null;
  readonly tail: Piece | null;
}

/**
 * When the hour of a canonical time began, in microseconds. By its seconds: with its fraction, a number of microseconds is
 * rounded after 2255, to the next hour, and past the last year.
 */
export const hourOf = (time: string): number => Math.floor(parseTime(`${time.slice(0, 19)}Z`) / HOUR_US) * HOUR_US;

/** Cuts a range of canonical times, `from` <= `to`. A range within one hour is only a head. */
export function cutAtHours(from: string, to: string): HourCut {
  const firstHour = hourOf(from);
  const firstFull = formatTime(firstHour) === from ? firstHour : firstHour + HOUR_US;
  const lastFull = hourOf(to);
  const piece = (hour: number, a: string, b: string): Piece | null =>
    a < b ? { hour: formatTime(hour), from: a, to: b } : null;
  if (firstFull > lastFull) {
    return { whole: null, head: piece(lastFull, from, to), tail: null };
  }
  const [first, last] = [formatTime(firstFull), formatTime(lastFull)];
  return {
    whole: firstFull < lastFull ? { from: first, to: last } : null,
    head: piece(firstHour, from, first),
    tail: piece(lastFull, last, to),
  };
}

/**
 * Sums per service: whole hours from the roll-up, partial hours from raw samples. Retention removes raw samples before the
 * roll-up; the sums exclude a partial hour that has lost some, and `covered` shows it.
 */
export async function telemetrySummary(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
): Promise<TelemetrySummary> {
  const cut = cutAtHours(question.from, question.to);
  const parts = cut.whole === null ? [] : await wholeHours(snapshot, question, cut.whole);
  const { head, tail, covered } = await partialHours(snapshot, question, cut);
  return { services: addUp([...parts, ...(head ?? []), ...(tail ?? [])]), covered };
}

/**
 * Sums of the partial hours from raw samples; undefined for one that has lost some.
 * `covered` is the range without those; null = nothing is left.
 */
export async function partialHours(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  { whole, head, tail }: HourCut,
): Promise<Pick<TelemetrySummary, 'covered'> & Partial<Record<'head' | 'tail', readonly ServiceSums[]>>> {
  const sumsOf = async (piece: Piece | null): Promise<readonly ServiceSums[] | undefined> => {
    const sums = piece === null ? [] : await partialHour(snapshot, question, piece);
    return sums.every((service) => service.raw_in_hour >= service.rolled_up) ? sums : undefined;
  };
  const ofHead = await sumsOf(head);
  const ofTail = await sumsOf(tail);
  const from = ofHead === undefined && head !== null ? head.to : question.from;
  const to = ofTail === undefined && tail !== null ? tail.from : question.to;
  // A range within one hour is only a head or only a tail: without it, nothing is left.
  const isAlone = whole === null && (head === null || tail === null);
  const isLost = isAlone && (ofHead === undefined || ofTail === undefined);
  return {
    covered: isLost || from >= to ? null : { from, to },
    ...(ofHead && { head: ofHead }),
    ...(ofTail && { tail: ofTail }),
  };
}

export function conditions(question: TelemetrySummaryQuestion, table: string): SqlConditions {
  return new SqlConditions()
    .when(question.metric_name, ($) => `${table}.metric_name = ${$}`)
    .when(question.service_name, ($) => `${table}.service_name = ${$}`)
    .when(question.host, ($) => `${table}.host = ${$}`);
}

/** Sums per service, from the roll-up. @param range of whole hours */
export function wholeHours(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  range: { from: string; to: string },
): Promise<ServiceSums[]> {
  const where = conditions(question, 'h')
    .when(range.from, ($) => `h.bucket >= ${$}::timestamptz`)
    .when(range.to, ($) => `h.bucket < ${$}::timestamptz`);
  return snapshot.query<ServiceSums>(
    `SELECT h.service_name, sum(h.sample_count) AS sample_count, sum(h.sum_value) AS sum_value,
            min(h.min_value) AS min_value, max(h.max_value) AS max_value
       FROM metrics_hourly h
      WHERE ${where.toString()}
      GROUP BY h.service_name`,
    where.values,
  );
}

interface PartialHourSums extends ServiceSums {
  /** Raw samples of the full hour, to compare with the number in the roll-up. */
  readonly raw_in_hour: number;
  readonly rolled_up: number;
}

/** Takes the services of the hour from the roll-up, so that the index (service, metric, time) serves each raw read. */
function partialHour(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion,
  piece: Piece,
): Promise<PartialHourSums[]> {
  const where = conditions(question, 'h').when(piece.hour, ($) => `h.bucket = ${$}::timestamptz`);
  const { values } = where;
  const metric = where.bind(question.metric_name);
  const hour = `${where.bind(piece.hour)}::timestamptz`;
  const inPiece = `time >= ${where.bind(piece.from)}::timestamptz AND time < ${where.bind(piece.to)}::timestamptz`;
  const onHost = question.host === undefined ? '' : `AND m.host = ${where.bind(question.host)}`;
  return snapshot.query<PartialHourSums>(
    `SELECT hourly.service_name, hourly.rolled_up, raw.*
       FROM (SELECT h.service_name, sum(h.sample_count) AS rolled_up FROM metrics_hourly h
              WHERE ${where.toString()}
              GROUP BY h.service_name) AS hourly
      CROSS JOIN LATERAL (
            SELECT count(*) AS raw_in_hour,
                   count(*) FILTER (WHERE ${inPiece}) AS sample_count,
                   coalesce(sum(metric_value) FILTER (WHERE ${inPiece}), 0) AS sum_value,
                   min(metric_value) FILTER (WHERE ${inPiece}) AS min_value,
                   max(metric_value) FILTER (WHERE ${inPiece}) AS max_value
              FROM system_metrics m
             WHERE m.service_name = hourly.service_name AND m.metric_name = ${metric} ${onHost}
               AND m.time >= ${hour} AND m.time < ${hour} + INTERVAL '1 hour') AS raw`,
    values,
  );
}

/** Adds up the sums of each service, and drops services without samples. */
export function addUp(parts: readonly ServiceSums[]): ServiceSums[] {
  const services = new Map<string, ServiceSums>();
  for (const part of parts) {
    if (part.sample_count === 0) {
      continue;
    }
    const { service_name, sample_count, sum_value, min_value, max_value } = part;
    const before = services.get(service_name);
    services.set(service_name, {
      service_name,
      sample_count: sample_count + (before?.sample_count ?? 0),
      sum_value: sum_value + (before?.sum_value ?? 0),
      min_value: Math.min(min_value, before?.min_value ?? Infinity),
      max_value: Math.max(max_value, before?.max_value ?? -Infinity),
    });
  }
  return [...services.values()];
}
