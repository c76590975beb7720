import { defineEntity, type InferEntity, p, PrimaryKeyProp } from '@mikro-orm/core';
import type { InspectionResult, InspectionStatus } from '@chip/contracts';
import { InspectionEntity } from './inspection.entity.ts';
import { timestamp } from './timestamp.ts';

export const InspectionAttemptEntity = defineEntity({
  name: 'InspectionAttempt',
  tableName: 'inspection_attempts',
  properties: {
    inspection: () =>
      p
        .manyToOne(InspectionEntity)
        .fieldName('inspection_id')
        .foreignKeyName('inspection_attempts_inspection_id_fkey')
        .deferMode('deferred')
        .primary(),
    step: p.string().length(100).primary().default(''),
    attempt_key: p.string().length(140).primary(),
    [PrimaryKeyProp]: p.json<['inspection', 'step', 'attempt_key']>().persist(false),
    lot_id: p.uuid(),
    inspection_type: p.string().columnType('inspection_type_enum'),
    status: p.string().$type<InspectionStatus>().columnType('inspection_status_enum'),
    result: p.string().$type<InspectionResult>().length(4).nullable(),
    occurred_at: timestamp(),
    event_id: p.uuid(),
    event_ids: p.array().columnType('uuid[]'),
    first_occurred_at: timestamp(),
    attempt_no: p.integer().nullable(),
    run_id: p.string().length(100).nullable(),
    priority: p.integer().nullable(),
    started_at: timestamp().nullable(),
    completed_at: timestamp().nullable(),
    equipment_id: p.string().length(100).nullable(),
    recipe: p.string().length(100).nullable(),
    product: p.string().length(100).nullable(),
    wafer_id: p.string().length(100).nullable(),
    die_x: p.integer().nullable(),
    die_y: p.integer().nullable(),
    hard_bin: p.integer().nullable(),
    soft_bin: p.integer().nullable(),
    inspected_area_cm2: p.double().nullable(),
    defect_count: p.integer().nullable(),
    measurement_count: p.integer().nullable(),
    metadata: p.json<Record<string, unknown>>().nullable(),
    void_reason: p.text().nullable(),
    voids: p.uuid().nullable(),
    stamps: p.json<Record<string, unknown>>().nullable(),
  },
});
/** One attempt (insertion) of an inspection. */
export type InspectionAttempt = InferEntity<typeof InspectionAttemptEntity>;
