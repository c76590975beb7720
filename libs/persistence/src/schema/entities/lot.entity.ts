/** The table lots. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

export const LotEntity = defineEntity({
  name: 'Lot',
  tableName: 'lots',
  properties: {
    id: p.uuid().primary(),
    site: p.string().length(100).default(''),
    lot_id: p.string().length(100),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** A batch of wafers. `id` is UUID v5 of (site, lot_id). */
export type Lot = InferEntity<typeof LotEntity>;
