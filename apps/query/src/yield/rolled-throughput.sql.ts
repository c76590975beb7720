import { type Queryable } from '@chip/persistence';
import { type OperationCounts } from '@chip/quality';
import { groupedRows, type GroupRow, groupKey } from '../attempts/attempt-groups.ts';
import { unitNames } from '../access/caller.ts';
import { type AttemptQuestion, chosenAttempts } from '../attempts/chosen-attempts.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** Counts of units (lot, chip); `passed` counts those that passed at the first attempt of every operation. */
export interface RolledCounts extends GroupRow {
  readonly units: number;
  readonly passed: number;
  /** Ordered by inspection type, step, product. */
  readonly operations: readonly OperationCounts[];
}

/**
 * Counts first attempts of each (unit, operation), per operation and per unit, in the group of that first attempt.
 * The product of a unit is the one that its attempts name: a machine that names none does not create another product, whose
 * units would have gone through its operations alone.
 */
export function rolledThroughputCounts(
  snapshot: Queryable,
  question: Omit<AttemptQuestion, 'policy'>,
): Promise<RolledCounts[]> {
  const { product, ...filters } = question;
  const where = new SqlConditions();
  if (product !== undefined) {
    // A machine that names no product may have tested units of these products.
    where.require(`(a.product IS NULL OR a.product = ANY (${where.bind([product].flat())}::text[]))`);
  }
  const first = chosenAttempts(
    { ...filters, policy: 'first' },
    'operation',
    'a.inspection_id, a.inspection_type, a.step, a.result, a.lot_id, a.product',
    where,
  );
  // Looks up one by one only the names that the join does not see; a unit as it was known earlier may have none.
  return snapshot.query<RolledCounts>(
    `WITH chosen AS (
      ${first.sql}
    ), called AS (
      SELECT c.*, coalesce(i.chip_id, (SELECT n.chip_id FROM ${unitNames()} n WHERE n.id = c.inspection_id), c.inspection_id::text) AS chip_id
        FROM chosen c LEFT JOIN inspections i ON i.id = c.inspection_id
    ), named AS (
      SELECT *, min(product) OVER (PARTITION BY lot_id, chip_id) AS unit_product FROM called
    ), first AS (
      SELECT inspection_type, step, result, lot_id, chip_id, unit_product, ${question.group_by === 'product' ? 'unit_product' : 'group_key'} AS group_key, group_lot
        FROM named${product === undefined ? '' : ' WHERE unit_product IS NOT NULL'}
    ), per_operation AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, unit_product AS product, inspection_type, step,
             count(*) AS units, count(*) FILTER (WHERE result = 'pass') AS passed
        FROM first
       GROUP BY GROUPING SETS ((group_key, group_lot, unit_product, inspection_type, step), (unit_product, inspection_type, step))
    ), operations AS (
      SELECT total, group_key, group_lot,
             json_agg(json_build_object('product', product, 'inspection_type', inspection_type, 'step', step, 'units', units, 'passed', passed)
                      ORDER BY inspection_type COLLATE "C", step COLLATE "C", product COLLATE "C") AS operations
        FROM per_operation
       GROUP BY total, group_key, group_lot
    ), per_unit AS (
      SELECT grouping(group_key) = 1 AS total, group_key, group_lot, bool_and(result = 'pass') AS passed
        FROM first
       GROUP BY GROUPING SETS ((group_key, group_lot, lot_id, chip_id), (lot_id, chip_id))
    ), g AS (
      SELECT total, group_key, group_lot, count(*) AS units, (count(*) FILTER (WHERE passed)) AS passed
        FROM per_unit
       GROUP BY total, group_key, group_lot
    )
    ${groupedRows(
      `SELECT g.total, ${groupKey(question.group_by)} AS key, l.site, l.lot_id, g.units, g.passed, o.operations
        FROM g
        JOIN operations o ON (o.total, coalesce(o.group_key, ''), o.group_key IS NULL) = (g.total, coalesce(g.group_key, ''), g.group_key IS NULL)
                         AND o.group_lot IS NOT DISTINCT FROM g.group_lot
        LEFT JOIN lots l ON l.id = g.group_lot`,
      'units',
      question.top,
    )}`,
    first.where.values,
  );
}
