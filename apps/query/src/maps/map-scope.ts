import { type Queryable } from '@chip/persistence';
import { listed, MAX_LISTED } from '../attempts/one-operation.ts';
import { type GeometryItem } from '../geometries/geometry-answer.ts';
import { geometryAt } from '../geometries/geometries.query.ts';
import { Problem } from '../http/problem.error.ts';

/** What the counted attempts of a map belong to. */
export interface MapKind {
  readonly inspection_type: string;
  readonly step: string;
  readonly product: string | null;
  /** When the last of them completed. */
  readonly last_at: string;
  /** How many they are at most: those of days that are summed up may lie nowhere on a wafer. */
  readonly attempts: number;
}

/** Most kinds that are read; more are refused anyway, or have no geometry in common. */
export const MAX_KINDS = 200;
/** Kinds of the counted attempts, from the statement of `chosenAttempts`. */
export function kindsOf(
  snapshot: Queryable,
  chosen: { readonly sql: string; readonly where: { readonly values: readonly unknown[] } },
): Promise<MapKind[]> {
  return snapshot.query<MapKind>(
    `SELECT inspection_type::text AS inspection_type, step, product, max(completed_at) AS last_at, count(*)::int AS attempts FROM (${chosen.sql}) AS chosen
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${MAX_KINDS}`,
    chosen.where.values as never,
  );
}

/**
 * Requires that all attempts belong to one product: the same step coordinates lie elsewhere on another product's wafers.
 *
 * @throws Problem 400 ambiguous_parameter that lists the products
 */
export function requireOneProduct(kinds: readonly MapKind[]): void {
  const products = [...new Set(kinds.map(({ product }) => product ?? 'none'))];
  if (products.length > 1) {
    const list = listed(products);
    throw new Problem(
      400,
      'ambiguous_parameter',
      `several products match: ${list}; select one with product, or combine them with mix=yes`,
      [{ parameter: 'product', message: `is required, because several match: ${list}` }],
    );
  }
}

/** The geometry that all products of the attempts have in common; undefined where there is none. */
export async function geometryOf(snapshot: Queryable, kinds: readonly MapKind[]): Promise<GeometryItem | undefined> {
  const lastOf = new Map<string, string>();
  for (const { product, last_at } of kinds) {
    // Attempts of a machine that names no product do not count as another product.
    const before = product === null ? undefined : lastOf.get(product);
    if (product !== null && (before === undefined || Date.parse(before) < Date.parse(last_at))) {
      lastOf.set(product, last_at);
    }
  }
  if (lastOf.size > MAX_LISTED) {
    return undefined;
  }
  const found: (GeometryItem | undefined)[] = [];
  for (const [product, last] of lastOf) {
    found.push(await geometryAt(snapshot, product, last));
  }
  const [first] = found;
  return found.every((geometry) => sameFigures(geometry, first)) ? first : undefined;
}

function sameFigures(a: GeometryItem | undefined, b: GeometryItem | undefined): boolean {
  const figures = (item: GeometryItem | undefined): string =>
    JSON.stringify([
      item?.diameter_mm,
      item?.pitch_x_mm,
      item?.pitch_y_mm,
      item?.centre_x,
      item?.centre_y,
      item?.offset_x_mm,
      item?.offset_y_mm,
      item?.notch,
      item?.x_axis,
      item?.y_axis,
      item?.edge_exclusion_mm,
      item?.rings,
      item?.reticle,
    ]);
  return figures(a) === figures(b);
}
