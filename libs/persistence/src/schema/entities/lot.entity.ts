/** The table lots: batches of wafers. `id` is computed from (site, lot_id). */
import { defineEntity, p } from '@mikro-orm/core';
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
