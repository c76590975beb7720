import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

/** No relation to its inspection: the load copies straight into the table, which has no foreign key. */
export const DefectEntity = defineEntity({
  name: 'Defect',
  tableName: 'defects',
  properties: {
    inspection_id: p.uuid().primary(),
    event_id: p.uuid().primary(),
    defect_no: p.integer().primary(),
    time: timestamp(),
    class: p.string().length(100),
    x_um: p.double(),
    y_um: p.double(),
    area_um2: p.double().nullable(),
    size_um: p.double().nullable(),
    severity: p.string().length(50).nullable(),
    confidence: p.double().nullable(),
    image_uri: p.string().length(2048).nullable(),
  },
});
/** One found anomaly. */
export type Defect = InferEntity<typeof DefectEntity>;
