import { formatTime, parseTime } from '@chip/contracts';
import { type Parameter } from '@chip/persistence';
import { unitConversion } from '@chip/quality';
import { Problem } from '../http/problem.error.ts';
import { type ParameterRequest } from './parameter-answer.ts';

type Version = Pick<Parameter, 'id' | 'valid_from' | 'unit' | 'lower_limit' | 'upper_limit' | 'target'>;

const conflict = (field: string, message: string): Problem =>
  new Problem(409, 'parameter_conflict', `${field} ${message}`, [{ parameter: `/${field}`, message }]);

/** Stored times leave out zeros at their end. */
const timeOf = ({ valid_from }: Version): string => formatTime(parseTime(valid_from));

/** The version that begins at the time of the request. */
export const versionAt = <V extends Version>(versions: readonly V[], { valid_from }: ParameterRequest): V | undefined =>
  versions.find((version) => timeOf(version) === valid_from);

/**
 * Whether a new version may be stored: after the last one, which it succeeds, or before the first one. What held in the past
 * is never cut into.
 *
 * @param versions of the same key that are not withdrawn, oldest first
 * @returns the version that says the same already, or the one before the new one; neither where there is none
 * @throws Problem 409 parameter_conflict that names the field
 */
export function requireSuccession<V extends Version>(
  versions: readonly V[],
  given: ParameterRequest,
): { readonly same?: V; readonly before?: V } {
  const same = versionAt(versions, given);
  if (same) {
    const differing = (
      [
        ['unit', same.unit],
        ['lsl', same.lower_limit],
        ['usl', same.upper_limit],
        ['target', same.target],
      ] as const
    ).find(([member, stored]) => (given[member] ?? null) !== (stored ?? null));
    if (differing) {
      throw conflict(
        'valid_from',
        `is that of a version with another ${differing[0]}: begin later, or withdraw it first`,
      );
    }
    return { same };
  }
  const before = versions.findLast((version) => timeOf(version) < given.valid_from);
  const after = versions.find((version) => timeOf(version) > given.valid_from);
  if (before && after) {
    throw conflict(
      'valid_from',
      `lies within the range of the version from ${timeOf(before)}, which ended at ${timeOf(after)}: withdraw the later one first`,
    );
  }
  const neighbour = before ?? after;
  if (neighbour?.unit != null && (given.unit === undefined || !unitConversion(given.unit, neighbour.unit))) {
    throw conflict('unit', `cannot be converted into that of the version from ${timeOf(neighbour)}, ${neighbour.unit}`);
  }
  return before ? { before } : {};
}
