import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, countedAttempts, oneAttemptPerUnit } from '../counted-attempts.ts';
import { SqlConditions } from '../sql-conditions.ts';

/** How samples are formed: by lot, wafer or day (UTC), or so many one after the other. */
export type Subgroup = 'lot' | 'wafer' | 'day' | number;

export interface SpcQuestion extends AttemptQuestion {
  readonly recipe?: string | undefined;
}

const conditions = (question: SpcQuestion): SqlConditions =>
  new SqlConditions().when(question.recipe, ($) => `a.recipe = ${$}`);

export interface MeasuredValue {
  readonly value: number | null;
  readonly completed_at: string;
  readonly site: string;
  readonly lot_id: string;
  readonly wafer_id: string | null;
  readonly chip_id: string;
}

/** Values of one parameter in the order of completion, at most `limit`. */
export function measuredValues(
  snapshot: Queryable,
  parameter: string,
  question: SpcQuestion,
  limit: number,
): Promise<MeasuredValue[]> {
  const { sql, where } = countedAttempts(
    question,
    'a.inspection_id, a.event_ids, a.event_id, a.completed_at, a.lot_id, a.wafer_id',
    conditions(question),
  );
  return snapshot.query<MeasuredValue>(
    `WITH attempt AS (
      ${sql}
    )
    SELECT m.value, a.completed_at, l.site, l.lot_id, a.wafer_id, i.chip_id
      FROM attempt a
      JOIN measurements m ON m.inspection_id = a.inspection_id AND m.event_id = ANY (a.event_ids) AND m.name = ${where.bind(parameter)}
      JOIN inspections i ON i.id = a.inspection_id
      JOIN lots l ON l.id = a.lot_id
     ORDER BY a.completed_at, a.event_id, m.event_id, m.value
     LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

export interface CountedSample {
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
  readonly first_at: string;
  readonly last_at: string;
  readonly size: number;
  readonly failed: number;
  readonly defects: number;
}

const SAMPLE_KEYS = {
  lot: { key: 'NULL::text', lot: 'lot_id' },
  wafer: { key: 'wafer_id', lot: 'lot_id' },
  day: { key: `to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
} as const;

/** Units (their last attempt), failures and defects per sample, in the order of their first completion; at most `limit`. */
export function countedSamples(
  snapshot: Queryable,
  question: SpcQuestion,
  subgroup: Subgroup,
  limit: number,
): Promise<CountedSample[]> {
  const { sql, where } = countedAttempts(
    question,
    'a.inspection_id, a.event_ids, a.event_id, a.occurred_at, a.result, a.completed_at, a.lot_id, a.wafer_id',
    conditions(question),
  );
  const size = typeof subgroup === 'number' ? where.bind(subgroup) : undefined;
  const { key, lot } =
    typeof subgroup === 'number'
      ? { key: `((row_number() OVER (ORDER BY completed_at, event_id) - 1) / ${size})::text`, lot: 'NULL::uuid' }
      : SAMPLE_KEYS[subgroup];
  const sampleKey = subgroup === 'lot' ? 'l.lot_id' : 's.sample';
  return snapshot.query<CountedSample>(
    `WITH attempt AS (
      ${sql}
    ), chosen AS (
      ${oneAttemptPerUnit('attempt', 'last')}
    ), keyed AS (
      SELECT *, ${key} AS sample, ${lot} AS sample_lot FROM chosen
    ), sample AS (
      SELECT k.sample, k.sample_lot, min(k.completed_at) AS first_at, max(k.completed_at) AS last_at, count(*) AS size,
             count(*) FILTER (WHERE k.result = 'fail') AS failed, sum(d.defects) AS defects
        FROM keyed k
       CROSS JOIN LATERAL (SELECT count(*) AS defects FROM defects d
                            WHERE d.inspection_id = k.inspection_id AND d.event_id = ANY (k.event_ids)) d
       GROUP BY k.sample, k.sample_lot
    )
    SELECT ${sampleKey} AS key, l.site, l.lot_id, s.first_at, s.last_at, s.size, s.failed, s.defects
      FROM sample s LEFT JOIN lots l ON l.id = s.sample_lot
     ${size === undefined ? '' : `WHERE s.size = ${size}`}
     ORDER BY s.first_at, s.last_at, ${sampleKey} COLLATE "C", l.lot_id COLLATE "C", l.site COLLATE "C"
     LIMIT ${where.bind(limit)}`,
    where.values,
  );
}
