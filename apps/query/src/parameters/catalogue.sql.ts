import { type Queryable } from '@chip/persistence';

/** What a version of the catalogue says about measured values; null = every product, step and so on. */
export interface Specification {
  readonly product: string | null;
  readonly step: string | null;
  readonly recipe: string | null;
  readonly site: string | null;
  readonly unit: string | null;
}

/**
 * Condition that a version has begun before the end of a range, `to`, which does not belong to it; now where $ is null. The
 * last of these is in force there.
 */
export const hasBegunBefore = ($: string): string =>
  `CASE WHEN ${$}::timestamptz IS NULL THEN valid_from <= now() ELSE valid_from < ${$}::timestamptz END`;

/** Versions of a parameter in force at the end of a range (undefined = now), at most one per key. */
export function specificationsAt(snapshot: Queryable, name: string, to: string | undefined): Promise<Specification[]> {
  return snapshot.query<Specification>(
    `SELECT nullif(product, '') AS product, nullif(step, '') AS step, nullif(recipe, '') AS recipe, nullif(site, '') AS site, unit
       FROM (SELECT DISTINCT ON (product, step, recipe, site) * FROM parameters
              WHERE name = $1 AND withdrawn_at IS NULL AND ${hasBegunBefore('$2')}
              ORDER BY product, step, recipe, site, valid_from DESC) AS held`,
    [name, to ?? null],
  );
}
