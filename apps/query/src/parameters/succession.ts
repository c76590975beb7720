import type { Parameter } from '@chip/persistence/repositories';
import { unitConversion } from '@chip/quality';
import { conflict, succession, timeOf } from '../versions/succession.ts';
import { type ParameterRequest } from './parameter-answer.ts';

type Version = Pick<Parameter, 'id' | 'valid_from' | 'unit' | 'lower_limit' | 'upper_limit' | 'target'>;

const CONFLICT = 'parameter_conflict';

/**
 * As `succession`; versions that follow one another also have units of one kind.
 *
 * @throws Problem 409 parameter_conflict that names the field
 */
export function requireSuccession<V extends Version>(
  versions: readonly V[],
  given: ParameterRequest,
): { readonly same?: V; readonly before?: V } {
  const differing = (same: V): string | undefined =>
    (
      [
        ['unit', same.unit],
        ['lsl', same.lower_limit],
        ['usl', same.upper_limit],
        ['target', same.target],
      ] as const
    ).find(([member, stored]) => (given[member] ?? null) !== (stored ?? null))?.[0];
  const { same, before, after } = succession(versions, given, differing, CONFLICT);
  if (same) {
    return { same };
  }
  const neighbour = before ?? after;
  if (neighbour?.unit != null && (given.unit === undefined || !unitConversion(given.unit, neighbour.unit))) {
    throw conflict(
      CONFLICT,
      'unit',
      `cannot be converted into that of the version from ${timeOf(neighbour)}, ${neighbour.unit}`,
    );
  }
  return before ? { before } : {};
}
