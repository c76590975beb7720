import { Problem, type ParameterProblem } from '../http/problem.error.ts';
import { type MeasuredKind } from './measured-samples.sql.ts';

/** Most combinations read, and most names that a refusal lists. */
export const MAX_KINDS = 10_000;
const MAX_LISTED = 20;

const PLURALS: Readonly<Record<keyof MeasuredKind, string>> = {
  unit: 'units',
  inspection_type: 'inspection types',
  product: 'products',
  step: 'steps',
  recipe: 'recipes',
};

/**
 * Refuses to mix values: parameter names collide between products, steps and machines, and nanometres and micrometres do not
 * belong on one chart.
 *
 * @throws Problem 400 ambiguous_parameter that lists what differs
 */
export function requireOneKind(kinds: readonly MeasuredKind[]): void {
  const errors: ParameterProblem[] = [];
  const lists: string[] = [];
  for (const property of Object.keys(PLURALS) as (keyof MeasuredKind)[]) {
    const names = [...new Set(kinds.map((kind) => kind[property] ?? ''))].sort();
    if (names.length > 1) {
      const shown = names.slice(0, MAX_LISTED).map((name) => (name === '' ? 'none' : name));
      const list = `${PLURALS[property]} ${shown.join(', ')}${names.length > MAX_LISTED ? ' and more' : ''}`;
      lists.push(list);
      // There is no filter by unit.
      errors.push({
        parameter: property === 'unit' ? 'parameter' : property,
        message: `has values of several ${list}`,
      });
    }
  }
  if (lists.length > 0) {
    throw new Problem(
      400,
      'ambiguous_parameter',
      `the parameter has values of several ${lists.join('; ')}: filter, or combine them with mix=yes`,
      errors,
    );
  }
}
