import { type Queryable } from '@chip/persistence';

/** What a version of the catalogue says about measured values; null = every product, step and so on. */
export interface Specification {
  readonly product: string | null;
  readonly step: string | null;
  readonly recipe: string | null;
  readonly site: string | null;
  readonly unit: string | null;
}

/** Versions of a parameter in force at a time (undefined = now), at most one per key. */
export function specificationsAt(snapshot: Queryable, name: string, at: string | undefined): Promise<Specification[]> {
  return snapshot.query<Specification>(
    `SELECT nullif(product, '') AS product, nullif(step, '') AS step, nullif(recipe, '') AS recipe, nullif(site, '') AS site, unit
       FROM (SELECT DISTINCT ON (product, step, recipe, site) * FROM parameters
              WHERE name = $1 AND withdrawn_at IS NULL AND valid_from <= coalesce($2::timestamptz, now())
              ORDER BY product, step, recipe, site, valid_from DESC) AS held`,
    [name, at ?? null],
  );
}
