import { Problem } from '../http/problem.error.ts';

/** Most names that a refusal lists. */
export const MAX_LISTED = 20;

export const listed = (names: readonly string[]): string =>
  `${names.slice(0, MAX_LISTED).join(', ')}${names.length > MAX_LISTED ? ' and more' : ''}`;

/**
 * Requires that all attempts belong to one operation (inspection type and step), so that an answer does not mix tests.
 *
 * @throws Problem 400 ambiguous_type that lists the operations
 */
export function requireOneOperation(
  kinds: readonly { readonly inspection_type: string; readonly step: string }[],
): void {
  const names = kinds.map(
    ({ inspection_type, step }) => `${inspection_type} ${step === '' ? 'without step' : `at step ${step}`}`,
  );
  const operations = [...new Set(names)];
  if (operations.length < 2) {
    return;
  }
  const list = listed(operations);
  const types = new Set(kinds.map(({ inspection_type }) => inspection_type));
  throw new Problem(
    400,
    'ambiguous_type',
    `several inspections match: ${list}; select one with inspection_type and step, or combine them with mix=yes`,
    [
      {
        parameter: types.size > 1 ? 'inspection_type' : 'step',
        message: `is required, because several match: ${list}`,
      },
    ],
  );
}
