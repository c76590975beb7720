/** The table annotations. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

export const AnnotationEntity = defineEntity({
  name: 'Annotation',
  tableName: 'annotations',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    parameter: p.string().length(200).default(''),
    product: p.string().length(100).default(''),
    step: p.string().length(100).default(''),
    site: p.string().length(100).default(''),
    equipment_id: p.string().length(100).default(''),
    begins_at: timestamp(),
    ends_at: timestamp().nullable(),
    note: p.text(),
    author: p.string().length(200),
    created_at: timestamp().defaultRaw('now()'),
    withdrawn_at: timestamp().nullable(),
    withdrawn_by: p.string().length(200).nullable(),
    withdrawal_reason: p.text().nullable(),
  },
});
/** One note on charts. */
export type Annotation = InferEntity<typeof AnnotationEntity>;
