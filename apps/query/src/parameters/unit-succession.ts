import type { Parameter } from '@chip/persistence/repositories';
import { unitConversion } from '@chip/quality';
import { conflict, timeOf } from '../versions/succession.ts';
import { type ParameterRequest } from './parameter-answer.ts';

/**
 * Versions that follow one another have units of one kind, so that their limits can be compared.
 *
 * @throws Problem 409 parameter_conflict that names the unit
 */
export function requireUnitOfKind(
  { unit }: Pick<ParameterRequest, 'unit'>,
  neighbour: Pick<Parameter, 'unit' | 'valid_from'>,
): void {
  if (neighbour.unit != null && (unit === undefined || !unitConversion(unit, neighbour.unit))) {
    const of = `that of the version from ${timeOf(neighbour)}, ${neighbour.unit}`;
    throw conflict('parameter_conflict', 'unit', `cannot be converted into ${of}`);
  }
}
