import { randomUUID } from 'node:crypto';
import { attemptKey, inspectionIdentity, lotIdentity } from '@chip/contracts';
import { type Database, LoadSession } from '@chip/persistence';
import { sumUpDays as sumUp } from '@chip/persistence/testing';

/** One attempt of one chip, with the defaults of a visual inspection on 2026-03-02. */
export interface SeedAttempt {
  site?: string;
  lot_id?: string;
  chip_id: string;
  inspection_type?: string;
  status?: string;
  result?: 'pass' | 'fail';
  step?: string;
  attempt?: number;
  /** Also sets `completed_at`, unless given. */
  occurred_at?: string;
  completed_at?: string | null;
  equipment_id?: string;
  product?: string;
  wafer_id?: string;
  die_x?: number;
  die_y?: number;
  hard_bin?: number;
  soft_bin?: number;
  inspected_area_cm2?: number;
  event_id?: string;
  metadata?: Record<string, unknown>;
}

/** Columns of an inspection that a later attempt changes. */
const SHOWN =
  'status result step attempt_key occurred_at completed_at equipment_id product wafer_id hard_bin soft_bin'.split(' ');
const COLUMNS = `lot_id, inspection_type, ${SHOWN.join(', ')}, die_x, die_y, inspected_area_cm2, metadata`;

/**
 * Inserts attempts as the writer would store them; the inspection shows the last attempt with a result. Returns the ids of their inspections.
 * A statement takes many of them: it costs about as much as one of a single attempt.
 */
export async function seedAttempts(database: Database, attempts: readonly SeedAttempt[]): Promise<string[]> {
  const rows = attempts.map((given) => {
    const a = {
      site: '',
      lot_id: 'LOT1',
      inspection_type: 'visual',
      status: 'completed',
      step: '',
      occurred_at: '2026-03-02T08:00:00Z',
      event_id: randomUUID(),
      ...given,
    };
    const id = inspectionIdentity(a.site, a.lot_id, a.chip_id, a.inspection_type);
    return {
      ...a,
      id,
      inspection_id: id,
      lot_id: lotIdentity(a.site, a.lot_id),
      lot_name: a.lot_id,
      attempt_key: attemptKey(a),
      attempt_no: a.attempt,
      event_ids: [a.event_id],
      completed_at: a.completed_at === undefined ? a.occurred_at : a.completed_at,
    };
  });
  const ids = rows.map(({ id }) => id);
  const all = JSON.stringify(rows);
  await database.query(
    `INSERT INTO lots (id, site, lot_id)
     SELECT lot_id, site, lot_name FROM jsonb_to_recordset($1::text::jsonb) AS a (lot_id uuid, site text, lot_name text) ON CONFLICT DO NOTHING`,
    [all],
  );
  // A statement changes an inspection once, so that of its attempts each comes in one of its own.
  for (let rest = rows; rest.length > 0;) {
    const seen = new Set<string>();
    const now = rest.filter(({ id }) => !seen.has(id) && seen.add(id));
    rest = rest.filter((row) => !now.includes(row));
    await database.query(
      `INSERT INTO inspections AS i (id, site, chip_id, created_at, ${COLUMNS})
       SELECT id, site, chip_id, occurred_at, ${COLUMNS} FROM jsonb_populate_recordset(NULL::inspections, $1::text::jsonb)
       ON CONFLICT (id) DO UPDATE SET ${SHOWN.map((name) => `${name} = excluded.${name}`).join(', ')}
       WHERE excluded.result IS NOT NULL AND excluded.occurred_at >= i.occurred_at`,
      [JSON.stringify(now)],
    );
  }
  await database.query(
    `UPDATE inspections AS i SET created_at = first_at
       FROM (SELECT id, min(occurred_at) AS first_at FROM jsonb_populate_recordset(NULL::inspections, $1::text::jsonb) GROUP BY id) AS a
      WHERE i.id = a.id AND first_at < i.created_at`,
    [all],
  );
  await database.query(
    `INSERT INTO inspection_attempts (inspection_id, event_id, event_ids, attempt_no, first_occurred_at, ${COLUMNS})
     SELECT inspection_id, event_id, event_ids, attempt_no, occurred_at, ${COLUMNS}
       FROM jsonb_populate_recordset(NULL::inspection_attempts, $1::text::jsonb)`,
    [all],
  );
  return ids;
}

/** Turns measurements that were inserted as rows into vectors, as the upkeep does. */
export async function packMeasurements(database: Database): Promise<void> {
  for (;;) {
    const [step] = await database.query<{ n: number | null }>('SELECT pack_measurements() AS n');
    if (step?.n == null) {
      return;
    }
  }
}

/** Sums up every day that changed, as the upkeep does once it rests. */
export async function sumUpDays(url: string): Promise<void> {
  const session = await LoadSession.open({ url, applicationName: 'chip-test' });
  try {
    await sumUp(session, Infinity, '0');
  } finally {
    await session.close();
  }
}
