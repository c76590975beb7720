import { type Queryable } from '@chip/persistence';
import { Problem } from '../http/problem.error.ts';

export interface LotRow {
  readonly id: string;
  readonly site: string;
  readonly lot_id: string;
  readonly created_at: string;
}

/**
 * Finds the lot of a name. @throws Problem 404 when there is none, 400 when several sites have it and the request names none
 */
export async function findLot(snapshot: Queryable, lotId: string, site: string | undefined): Promise<LotRow> {
  const lots = await snapshot.query<LotRow>(
    `SELECT id, site, lot_id, created_at FROM lots
      WHERE lot_id = $1 AND ($2::text IS NULL OR site = $2)
      ORDER BY site COLLATE "C" LIMIT 2`,
    [lotId, site ?? null],
  );
  const [lot, another] = lots;
  if (!lot) {
    throw new Problem(404, 'not_found', 'there is no such lot');
  }
  if (another) {
    throw new Problem(400, 'invalid_parameter', 'several sites have a lot of this name: state the site', [
      { parameter: 'site', message: 'is required, because several sites have a lot of this name' },
    ]);
  }
  return lot;
}

/** @throws Problem 404 when the lot has no such wafer */
export async function requireWafer(snapshot: Queryable, lot: string, waferId: string): Promise<void> {
  const [wafer] = await snapshot.query('SELECT 1 FROM wafers WHERE lot_id = $1 AND wafer_id = $2', [lot, waferId]);
  if (!wafer) {
    throw new Problem(404, 'not_found', 'there is no such wafer in this lot');
  }
}

export interface WaferSummary {
  /** null: inspections that name no wafer. */
  readonly wafer_id: string | null;
  readonly chips: number;
  readonly inspections: number;
  readonly passed: number;
  readonly failed: number;
}

/** Current state of a lot per wafer. */
export function wafersOfLot(snapshot: Queryable, lot: string): Promise<WaferSummary[]> {
  return snapshot.query<WaferSummary>(
    `SELECT * FROM (
     SELECT coalesce(w.wafer_id, i.wafer_id) AS wafer_id, count(DISTINCT i.chip_id) AS chips, count(i.id) AS inspections,
            count(*) FILTER (WHERE i.result = 'pass') AS passed, count(*) FILTER (WHERE i.result = 'fail') AS failed
       FROM (SELECT * FROM wafers WHERE lot_id = $1) w
       FULL JOIN (SELECT * FROM inspections WHERE lot_id = $1) i ON i.wafer_id = w.wafer_id
      GROUP BY 1) AS wafer
      ORDER BY wafer_id COLLATE "C" NULLS LAST`,
    [lot],
  );
}

export interface LotHistoryRow {
  readonly step: string;
  readonly inspection_type: string;
  readonly equipment_id: string | null;
  readonly recipe: string | null;
  readonly product: string | null;
  readonly attempts: number;
  readonly first_at: string;
  readonly last_at: string;
}

/** What each machine did to a lot, and when. */
export function historyOfLot(snapshot: Queryable, lot: string): Promise<LotHistoryRow[]> {
  return snapshot.query<LotHistoryRow>(
    `SELECT * FROM (
     SELECT step, inspection_type::text AS inspection_type, equipment_id, recipe, product, count(*) AS attempts,
            min(first_occurred_at) AS first_at, max(occurred_at) AS last_at
       FROM inspection_attempts
      WHERE lot_id = $1
      GROUP BY 1, 2, 3, 4, 5) AS done
      ORDER BY first_at, step COLLATE "C", inspection_type, equipment_id COLLATE "C", recipe COLLATE "C", product COLLATE "C"`,
    [lot],
  );
}
