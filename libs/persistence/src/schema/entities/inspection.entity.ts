/** The table inspections. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { type InspectionResult, type InspectionStatus, ofRunFields } from '@chip/contracts';
import { LotEntity } from './lot.entity.ts';
import { timestamp } from './timestamp.ts';

export const InspectionEntity = defineEntity({
  name: 'Inspection',
  tableName: 'inspections',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    lot: () => p.manyToOne(LotEntity).fieldName('lot_id').createForeignKeyConstraint(false),
    chip_id: p.string().length(100),
    inspection_type: p.string().columnType('inspection_type_enum'),
    status: p.string().$type<InspectionStatus>().columnType('inspection_status_enum').default('pending'),
    priority: p.integer().default(5),
    metadata: p.json<Record<string, unknown>>().nullable(),
    created_at: timestamp().defaultRaw('now()'),
    updated_at: timestamp().defaultRaw('now()'),
    site: p.string().length(100).default(''),
    result: p.string().$type<InspectionResult>().length(4).nullable(),
    step: p.string().length(100).default(''),
    attempt_key: p.string().length(140).nullable(),
    occurred_at: timestamp().nullable(),
    started_at: timestamp().nullable(),
    completed_at: timestamp().nullable(),
    ...ofRunFields({
      name: () => p.string().length(100).nullable(),
      integer: () => p.integer().nullable(),
      positive: () => p.double().nullable(),
    }),
    defect_count: p.integer().nullable(),
    measurement_count: p.integer().nullable(),
    ingested_at: timestamp().defaultRaw('now()'),
  },
});
/** The current state of one (lot, chip, inspection type). */
export type Inspection = InferEntity<typeof InspectionEntity>;
