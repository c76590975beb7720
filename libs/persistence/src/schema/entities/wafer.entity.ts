import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { LotEntity } from './lot.entity.ts';
import { timestamp } from './timestamp.ts';

export const WaferEntity = defineEntity({
  name: 'Wafer',
  tableName: 'wafers',
  properties: {
    id: p.uuid().primary(),
    lot: () => p.manyToOne(LotEntity).fieldName('lot_id').foreignKeyName('wafers_lot_id_fkey'),
    wafer_id: p.string().length(100),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** A wafer of a lot. `id` is UUID v5 of (site, lot_id, wafer_id). */
export type Wafer = InferEntity<typeof WaferEntity>;
