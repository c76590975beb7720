import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { type Subgroup } from '../measured/measured-samples.sql.ts';

export interface CountedSample {
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
  readonly first_at: string;
  readonly last_at: string;
  readonly size: number;
  readonly count: number;
  /** Whether the samples are of several inspection types, or of defects of several steps: a chip then counts for each. */
  readonly is_mixed: boolean;
}

const SAMPLE_KEYS = {
  lot: { key: 'NULL::text', lot: 'lot_id' },
  wafer: { key: 'wafer_id', lot: 'lot_id' },
  day: { key: `to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`, lot: 'NULL::uuid' },
} as const;

/** What a chart of counts counts: failing units, as yield counts them, or defects. */
export type Counted = 'failed' | 'defects';

/** Units and failures or defects per sample, in the order of their first completion; at most `limit`. */
export function countedSamples(
  snapshot: Queryable,
  question: AttemptQuestion,
  counted: Counted,
  subgroup: Subgroup,
  limit: number,
): Promise<CountedSample[]> {
  const { sql, where } = chosenAttempts(
    question,
    counted === 'failed' ? 'unit' : 'operation',
    'a.inspection_id, a.event_ids, a.event_id, a.inspection_type, a.step, a.result, a.completed_at, a.lot_id, a.wafer_id',
  );
  const size = typeof subgroup === 'number' ? where.bind(subgroup) : undefined;
  const { key, lot } =
    typeof subgroup === 'number'
      ? { key: `((row_number() OVER (ORDER BY completed_at, event_id) - 1) / ${size})::text`, lot: 'NULL::uuid' }
      : SAMPLE_KEYS[subgroup];
  const sampleKey = subgroup === 'lot' ? 'l.lot_id' : 's.sample';
  const count =
    counted === 'failed'
      ? `count(*) FILTER (WHERE k.result = 'fail')`
      : `sum((SELECT count(*) FROM defects d WHERE d.inspection_id = k.inspection_id AND d.event_id = ANY (k.event_ids)))`;
  const kind = counted === 'failed' ? 'k.inspection_type' : `k.inspection_type || '/' || k.step`;
  const end = (aggregate: 'min' | 'max'): string => `${aggregate}((${kind})::text COLLATE "C")`;
  return snapshot.query<CountedSample>(
    `WITH chosen AS (
      ${sql}
    ), keyed AS (
      SELECT *, ${key} AS sample, ${lot} AS sample_lot FROM chosen
    ), sample AS (
      SELECT k.sample, k.sample_lot, min(k.completed_at) AS first_at, max(k.completed_at) AS last_at, count(*) AS size, ${count} AS count, ${end('min')} AS first_kind, ${end('max')} AS last_kind
        FROM keyed k
       GROUP BY k.sample, k.sample_lot
    )
    SELECT ${sampleKey} AS key, l.site, l.lot_id, s.first_at, s.last_at, s.size, s.count,
           min(s.first_kind) OVER () <> max(s.last_kind) OVER () AS is_mixed
      FROM sample s LEFT JOIN lots l ON l.id = s.sample_lot
     ${size === undefined ? '' : `WHERE s.size = ${size}`}
     ORDER BY s.first_at, s.last_at, ${size === undefined ? '' : 's.sample::bigint, '}${sampleKey} COLLATE "C", l.lot_id COLLATE "C", l.site COLLATE "C"
     LIMIT ${where.bind(limit)}`,
    where.values,
  );
}
