import { type Queryable } from '@chip/persistence';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type ListParameters, type ParameterItem } from './parameter-answer.ts';

/** Condition: `n` is a version of the same key as `p` that is not withdrawn. */
const OF_SAME_KEY =
  '(n.name, n.product, n.step, n.recipe, n.site) = (p.name, p.product, p.step, p.recipe, p.site) AND n.withdrawn_at IS NULL';

const SELECT_ITEM = `SELECT p.id, p.name, nullif(p.product, '') AS product, nullif(p.step, '') AS step, nullif(p.recipe, '') AS recipe,
        nullif(p.site, '') AS site, p.unit, p.lower_limit AS lsl, p.upper_limit AS usl, p.target, p.valid_from,
        CASE WHEN p.withdrawn_at IS NULL THEN (SELECT min(n.valid_from) FROM parameters n WHERE ${OF_SAME_KEY} AND n.valid_from > p.valid_from) END AS valid_to,
        p.reason, p.created_by, p.created_at, p.withdrawn_at, p.withdrawn_by, p.withdrawal_reason
   FROM parameters p`;

/** Condition: version `p` is in force at the time of the placeholder. */
const inForceAt = ($: string): string =>
  `p.withdrawn_at IS NULL AND p.valid_from = (SELECT max(n.valid_from) FROM parameters n WHERE ${OF_SAME_KEY} AND n.valid_from <= ${$}::timestamptz)`;

/** Newest entry first by (created_at, id); at most `limit` versions after `after`. */
export function listVersions(
  snapshot: Queryable,
  { name, product, step, recipe, site, in_force_at }: ListParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<ParameterItem[]> {
  const where = new SqlConditions()
    .oneOf('p.name', name)
    .oneOf('p.product', product)
    .oneOf('p.step', step)
    .oneOf('p.recipe', recipe)
    .oneOf('p.site', site)
    .when(in_force_at, inForceAt);
  if (after) {
    where.require(`(p.created_at, p.id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  return snapshot.query<ParameterItem>(
    `${SELECT_ITEM} WHERE ${where.toString()} ORDER BY p.created_at DESC, p.id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
}

export async function versionById(snapshot: Queryable, id: string): Promise<ParameterItem | undefined> {
  const [item] = await snapshot.query<ParameterItem>(`${SELECT_ITEM} WHERE p.id = $1`, [id]);
  return item;
}

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
