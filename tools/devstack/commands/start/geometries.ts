import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY_ROOT } from '../../layout.ts';

/** What the simulator's catalogue says about a product. Tools import no app: the catalogue is loaded by its path. */
interface Product {
  readonly name: string;
  readonly waferDiameterMm: number;
  readonly dieWidthMm: number;
  readonly dieHeightMm: number;
  readonly edgeExclusionMm: number;
}
const CATALOGUE = pathToFileURL(path.join(REPOSITORY_ROOT, 'apps/machines/src/fab/catalogue.ts')).href;

/** A geometry as the API stores it: the wafer of the simulator, whose map counts from its lower left. */
function geometryOf(product: Product) {
  const usableMm = product.waferDiameterMm - 2 * product.edgeExclusionMm;
  const along = (pitchMm: number): { centre: number; offsetMm: number } => {
    const count = Math.floor(usableMm / pitchMm);
    return { centre: Math.floor(count / 2), offsetMm: count % 2 === 0 ? pitchMm / 2 : 0 };
  };
  const [x, y] = [along(product.dieWidthMm), along(product.dieHeightMm)];
  return {
    product: product.name,
    valid_from: '2026-01-01T00:00:00Z',
    diameter_mm: product.waferDiameterMm,
    pitch_x_mm: product.dieWidthMm,
    pitch_y_mm: product.dieHeightMm,
    centre_x: x.centre,
    centre_y: y.centre,
    offset_x_mm: x.offsetMm,
    offset_y_mm: y.offsetMm,
    edge_exclusion_mm: product.edgeExclusionMm,
    reticle: { columns: 2, rows: 2, x: 0, y: 0 },
    reason: 'as the simulator lays out its wafers',
  };
}

/** Stores the geometries of the simulated products, so that maps show notch and edge. Storing them again changes nothing. */
export async function storeGeometries(queryUrl: string, signal: AbortSignal): Promise<void> {
  const { PRODUCTS } = (await import(CATALOGUE)) as { readonly PRODUCTS: readonly Product[] };
  for (const product of PRODUCTS) {
    const response = await fetch(`${queryUrl}/v1/wafer-geometries`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(geometryOf(product)),
      signal,
    });
    if (!response.ok) {
      throw new Error(`the geometry of ${product.name} was refused: ${await response.text()}`);
    }
  }
}
