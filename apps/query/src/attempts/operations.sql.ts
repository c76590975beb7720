import { type Queryable } from '@chip/persistence';
import { Problem } from '../http/problem.error.ts';

/** Most things that a refusal lists: enough to choose from. */
const MAX_LISTED = 20;

/**
 * Makes sure that attempts are of one operation (inspection type and step), so that a map shows one test and not whichever
 * came last.
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
    `several inspections match: ${list}; say which with inspection_type and step, or mix them with mix=yes`,
    parameters.map((parameter) => ({ parameter, message: `is needed here: several match: ${list}` })),
  );
}
