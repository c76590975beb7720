import { unitConversion } from '@chip/quality';
import { type Specification } from '../parameters/catalogue.sql.ts';
import { type SitedKind, type ValueConversion } from './measured-samples.sql.ts';

/** In the order of their weight where two entries name equally many. */
const SCOPES = ['product', 'step', 'recipe', 'site'] as const;

/** The entry that holds for values of a kind: the one that fits and names the most. */
export function specificationOf<S extends Specification>(
  kind: Pick<SitedKind, (typeof SCOPES)[number]>,
  specifications: readonly S[],
): S | undefined {
  const weight = (entry: S): number =>
    SCOPES.reduce((sum, scope, i) => sum + (entry[scope] === null ? 0 : 16 + (8 >> i)), 0);
  return specifications
    .filter((entry) => SCOPES.every((scope) => entry[scope] === null || entry[scope] === (kind[scope] ?? '')))
    .sort((a, b) => weight(b) - weight(a))[0];
}

/** The unit that the catalogue has for all of the values; undefined where it has none, or several. */
export function catalogueUnit(
  kinds: readonly SitedKind[],
  specifications: readonly Specification[],
): string | undefined {
  const units = new Set(kinds.map((kind) => specificationOf(kind, specifications)?.unit ?? undefined));
  return units.size === 1 ? [...units][0] : undefined;
}

/**
 * How to convert values of these kinds into one unit, as far as possible. If no machine names a unit, the values are taken
 * to be in the wanted one.
 */
export function conversionTo(wanted: string, kinds: readonly SitedKind[]): ValueConversion {
  const units = [...new Set(kinds.map(({ unit }) => unit))];
  const from: ValueConversion['from'][number][] = [];
  const others: (string | null)[] = [];
  for (const unit of units) {
    const conversion = unit === null ? undefined : unitConversion(unit, wanted);
    if (conversion !== undefined && unit !== null) {
      if (unit !== wanted) {
        from.push({ unit, ...conversion });
      }
    } else if (unit !== null || units.length > 1) {
      others.push(unit);
    }
  }
  return { unit: wanted, from, others };
}
