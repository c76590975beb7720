import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { LotEntity } from './lot.entity.ts';
import { timestamp } from './timestamp.ts';

export const PartEntity = defineEntity({
  name: 'Part',
  tableName: 'parts',
  properties: {
    id: p.uuid().primary(),
    lot: () => p.manyToOne(LotEntity).fieldName('lot_id').foreignKeyName('parts_lot_id_fkey'),
    chip_id: p.string().length(100),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** A unit (die or package) of a lot. `id` is UUID v5 of (site, lot_id, chip_id). */
export type Part = InferEntity<typeof PartEntity>;
