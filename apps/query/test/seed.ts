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

/** Inserts attempts as the writer would store them; the inspection shows the last attempt with a result. Returns the ids of their inspections. */
export async function seedAttempts(database: Database, attempts: readonly SeedAttempt[]): Promise<string[]> {
  const ids: string[] = [];
  for (const given of attempts) {
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
    const completedAt = a.completed_at === undefined ? a.occurred_at : a.completed_at;
    const lot = lotIdentity(a.site, a.lot_id);
    const id = inspectionIdentity(a.site, a.lot_id, a.chip_id, a.inspection_type);
    const key = attemptKey(a);
    ids.push(id);
    await database.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      lot,
      a.site,
      a.lot_id,
    ]);
    const run = [
      a.status,
      a.result ?? null,
      a.step,
      key,
      a.occurred_at,
      completedAt,
      a.equipment_id ?? null,
      a.product ?? null,
      a.wafer_id ?? null,
      a.die_x ?? null,
      a.die_y ?? null,
      a.hard_bin ?? null,
      a.soft_bin ?? null,
      a.inspected_area_cm2 ?? null,
      a.metadata ? JSON.stringify(a.metadata) : null,
    ];
    await database.query(
      `INSERT INTO inspections AS i (id, site, lot_id, chip_id, inspection_type, created_at, status, result, step, attempt_key,
         occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, metadata)
       VALUES ($1, $2, $3, $4, $5, $10, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status,
         result = excluded.result, step = excluded.step, attempt_key = excluded.attempt_key, occurred_at = excluded.occurred_at,
         completed_at = excluded.completed_at, equipment_id = excluded.equipment_id, product = excluded.product,
         wafer_id = excluded.wafer_id, hard_bin = excluded.hard_bin, soft_bin = excluded.soft_bin
       WHERE excluded.result IS NOT NULL AND excluded.occurred_at >= i.occurred_at`,
      [id, a.site, lot, a.chip_id, a.inspection_type, ...run],
    );
    await database.query('UPDATE inspections SET created_at = least(created_at, $2::timestamptz) WHERE id = $1', [
      id,
      a.occurred_at,
    ]);
    await database.query(
      `INSERT INTO inspection_attempts (inspection_id, lot_id, inspection_type, event_id, event_ids, attempt_no, status, result,
         step, attempt_key, occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin,
         inspected_area_cm2, metadata, first_occurred_at)
       VALUES ($1, $2, $3, $4, ARRAY[$4::uuid], $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $10)`,
      [id, lot, a.inspection_type, a.event_id, a.attempt ?? null, ...run],
    );
  }
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
