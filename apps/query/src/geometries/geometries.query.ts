import type { Queryable } from '@chip/persistence';
import { UnitOfWork, type WaferGeometry } from '@chip/persistence/repositories';
import { grossDice } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { readPage } from '../http/cursor.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import { storeVersion, type VersionKind } from '../versions/store-version.ts';
import { listVersions } from '../versions/versions.sql.ts';
import {
  DEFAULT_RINGS,
  type GeometryItem,
  type GeometryPage,
  type GeometryRequest,
  type ListParameters,
} from './geometry-answer.ts';

const FIGURES = [
  'diameter_mm',
  'pitch_x_mm',
  'pitch_y_mm',
  'centre_x',
  'centre_y',
  'offset_x_mm',
  'offset_y_mm',
  'notch',
  'x_axis',
  'y_axis',
  'edge_exclusion_mm',
  'rings',
] as const;

const TABLE = {
  name: 'wafer_geometries',
  keys: ['product'],
  columns: `v.product, ${FIGURES.map((column) => `v.${column}`).join(', ')},
        CASE WHEN v.reticle_columns IS NOT NULL
          THEN json_build_object('columns', v.reticle_columns, 'rows', v.reticle_rows, 'x', v.reticle_x, 'y', v.reticle_y) END AS reticle`,
};

const GEOMETRY: VersionKind<WaferGeometry, GeometryRequest> = {
  name: 'geometry',
  table: TABLE,
  repository: ({ geometries }) => geometries,
  key: ({ product }) => ({ product }),
  values: ({ reticle, ...given }) => ({
    diameter_mm: given.diameter_mm,
    pitch_x_mm: given.pitch_x_mm,
    pitch_y_mm: given.pitch_y_mm,
    centre_x: given.centre_x,
    centre_y: given.centre_y,
    offset_x_mm: given.offset_x_mm ?? 0,
    offset_y_mm: given.offset_y_mm ?? 0,
    notch: given.notch ?? 'bottom',
    x_axis: given.x_axis ?? 'right',
    y_axis: given.y_axis ?? 'up',
    edge_exclusion_mm: given.edge_exclusion_mm ?? 0,
    rings: given.rings ?? DEFAULT_RINGS,
    reticle_columns: reticle?.columns ?? null,
    reticle_rows: reticle?.rows ?? null,
    reticle_x: reticle?.x ?? null,
    reticle_y: reticle?.y ?? null,
  }),
};

/** A stored geometry as answers show it. */
type StoredItem = Omit<GeometryItem, 'gross_dice'>;
const counted = (item: StoredItem): GeometryItem => ({ ...item, gross_dice: grossDice(item) });

/** The geometry of a product that holds at a time; undefined without one. */
export async function geometryAt(
  snapshot: Queryable,
  product: string,
  time: string,
): Promise<GeometryItem | undefined> {
  const [item] = await listVersions<StoredItem>(
    snapshot,
    TABLE,
    { keys: { product }, in_force_at: time },
    undefined,
    1,
  );
  return item && counted(item);
}

/** Lists wafer geometries, and stores versions of them. */
@Injectable()
export class GeometriesQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async list(parameters: ListParameters): Promise<GeometryPage> {
    const { product, in_force_at } = parameters;
    const filter = { keys: { product }, in_force_at };
    const { items, next_cursor } = await this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listVersions<StoredItem>(snapshot, TABLE, filter, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
    return { items: items.map(counted), next_cursor };
  }

  async store(given: GeometryRequest): Promise<GeometryItem> {
    return counted(await storeVersion({ unitOfWork: this.unitOfWork, primary: this.primary }, GEOMETRY, given));
  }
}
