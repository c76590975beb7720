import { withSixDigits } from '@chip/contracts';
import { Problem, type ProblemCode } from '../http/problem.error.ts';

/** A dated entry: it holds from `valid_from` until the next one of its key begins. */
interface Dated {
  readonly valid_from: string;
}

/** Stored times leave out zeros at their end. */
export const timeOf = ({ valid_from }: Dated): string => withSixDigits(valid_from);

/** The version that begins at the time of the request. */
export const versionAt = <V extends Dated>(versions: readonly V[], { valid_from }: Dated): V | undefined =>
  versions.find((version) => timeOf(version) === valid_from);

/** A 409 that names the field of the request. */
export const conflict = (code: ProblemCode, field: string, message: string): Problem =>
  new Problem(409, code, `${field} ${message}`, [{ parameter: `/${field}`, message }]);

/**
 * Whether a new version may be stored: after the last one, which it succeeds, or before the first one. What held in the past
 * is never cut into.
 *
 * @param versions of the same key that are not withdrawn, oldest first
 * @param differing names a field in which a version with the same start differs from the request; undefined when none does
 * @returns the version that says the same already, or the one before and the one after the new one
 * @throws Problem 409 that names the field
 */
export function succession<V extends Dated>(
  versions: readonly V[],
  given: Dated,
  differing: (same: V) => string | undefined,
  code: ProblemCode,
): { readonly same?: V; readonly before?: V | undefined; readonly after?: V | undefined } {
  const same = versionAt(versions, given);
  if (same) {
    const field = differing(same);
    if (field !== undefined) {
      throw conflict(
        code,
        'valid_from',
        `is that of a version with another ${field}: begin later, or withdraw it first`,
      );
    }
    return { same };
  }
  const before = versions.findLast((version) => timeOf(version) < given.valid_from);
  const after = versions.find((version) => timeOf(version) > given.valid_from);
  if (before && after) {
    throw conflict(
      code,
      'valid_from',
      `lies within the range of the version from ${timeOf(before)}, which ended at ${timeOf(after)}: withdraw the later one first`,
    );
  }
  return { before, after };
}
