import { type Queryable } from '@chip/persistence';
import { Problem } from '../http/problem.error.ts';

/** Most operations that a refusal lists. */
const MAX_LISTED = 20;

/**
 * Requires that all attempts belong to one operation (inspection type and step), so that a map does not mix tests.
 *
 * @param chosen the statement of `chosenAttempts`, with the columns inspection_type and step
 * @throws Problem 400 ambiguous_type that lists the operations
 */
export async function requireOneOperation(
  snapshot: Queryable,
  chosen: { readonly sql: string; readonly where: { readonly values: readonly unknown[] } },
): Promise<void> {
  const operations = await snapshot.query<{ inspection_type: string; step: string }>(
    `SELECT inspection_type::text AS inspection_type, step FROM (${chosen.sql}) AS chosen
      GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${MAX_LISTED + 1}`,
    chosen.where.values as never,
  );
  if (operations.length < 2) {
    return;
  }
  const names = operations
    .slice(0, MAX_LISTED)
    .map(({ inspection_type, step }) => `${inspection_type} ${step === '' ? 'without step' : `at step ${step}`}`);
  const list = `${names.join(', ')}${operations.length > MAX_LISTED ? ' and more' : ''}`;
  const types = new Set(operations.map(({ inspection_type }) => inspection_type));
  const parameters = types.size > 1 ? ['inspection_type'] : ['step'];
  throw new Problem(
    400,
    'ambiguous_type',
    `several inspections match: ${list}; select one with inspection_type and step, or combine them with mix=yes`,
    parameters.map((parameter) => ({ parameter, message: `is required, because several match: ${list}` })),
  );
}
