import { type Queryable } from '@chip/persistence';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { countsFromSummary, summaryDays, yieldColumn } from '../yield/yield-summary.sql.ts';

/** Units of a lot (or wafer) whose chosen attempt ran on one machine; lots with the same numbers are one row. */
export interface EquipmentSample {
  readonly equipment_id: string;
  readonly inspection_type: string;
  readonly product: string | null;
  readonly units: number;
  readonly passed: number;
  /** How many lots (or wafers) these are the units of, each. */
  readonly times: number;
}

const COLUMNS = ['equipment_id', 'inspection_type', 'product', 'lot_id'] as const;
/** Of idx_yield_daily_base_sample. */
const ORDER = 'lot_id, equipment_id, inspection_type, product';

/**
 * Units and passes per equipment, inspection type, product and lot (or wafer), without units that name no equipment. Counts
 * lots with the same numbers here: a year of them would take longer to read and to sort than to find.
 */
export async function samplesOfEquipment(
  snapshot: Queryable,
  question: AttemptQuestion,
  sample: 'lot' | 'wafer',
): Promise<EquipmentSample[]> {
  const days = sample === 'lot' ? summaryDays(question) : undefined;
  const { sql, values } =
    days === undefined
      ? partsOfAttempts(question, sample)
      : await countsFromSummary(snapshot, question, days, COLUMNS.map(yieldColumn), ORDER);
  const columns = [...COLUMNS, ...(sample === 'wafer' ? ['wafer_id'] : [])].join(', ');
  return snapshot.query<EquipmentSample>(
    `WITH part (${columns}, units, passed) AS (
      ${sql}
    )
    SELECT equipment_id, inspection_type::text AS inspection_type, product, units, passed, count(*)::int AS times
      FROM (
        SELECT equipment_id, inspection_type, product, sum(units)::bigint AS units, sum(passed)::bigint AS passed
          FROM part
         WHERE equipment_id IS NOT NULL
         GROUP BY ${columns}
        HAVING sum(units) <> 0
      ) AS sample
     GROUP BY sample.equipment_id, sample.inspection_type, sample.product, units, passed
     ORDER BY equipment_id COLLATE "C", sample.inspection_type, product COLLATE "C", units, passed`,
    values,
  );
}

function partsOfAttempts(question: AttemptQuestion, sample: 'lot' | 'wafer') {
  const columns = [...COLUMNS, ...(sample === 'wafer' ? ['wafer_id'] : [])].map((column) => `a.${column}`).join(', ');
  const { sql, where } = chosenAttempts({ ...question, group_by: undefined }, 'unit', `${columns}, a.result`);
  return {
    sql: `SELECT ${columns.replaceAll('a.', '')}, count(*), count(*) FILTER (WHERE result = 'pass') FROM (${sql}) AS chosen GROUP BY ${columns.replaceAll('a.', '')}`,
    values: where.values,
  };
}
