/** The table wafer_geometries. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';
import { versionColumns } from './version-columns.ts';

export const WaferGeometryEntity = defineEntity({
  name: 'WaferGeometry',
  tableName: 'wafer_geometries',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    product: p.string().length(100),
    valid_from: timestamp(),
    diameter_mm: p.double(),
    pitch_x_mm: p.double(),
    pitch_y_mm: p.double(),
    centre_x: p.integer(),
    centre_y: p.integer(),
    offset_x_mm: p.double(),
    offset_y_mm: p.double(),
    notch: p.string().$type<'bottom' | 'left' | 'top' | 'right'>().length(6),
    x_axis: p.string().$type<'right' | 'left'>().length(5),
    y_axis: p.string().$type<'up' | 'down'>().length(4),
    edge_exclusion_mm: p.double(),
    rings: p.integer(),
    reticle_columns: p.integer().nullable(),
    reticle_rows: p.integer().nullable(),
    reticle_x: p.integer().nullable(),
    reticle_y: p.integer().nullable(),
    ...versionColumns(),
  },
});
/** One version of the geometry of a product's wafers. */
export type WaferGeometry = InferEntity<typeof WaferGeometryEntity>;
