/** The table control_limits. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

export const ControlLimitsEntity = defineEntity({
  name: 'ControlLimits',
  tableName: 'control_limits',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    parameter: p.string().length(200).default(''),
    chart: p.string().length(20),
    subgroup: p.string().length(10),
    product: p.string().length(100).default(''),
    step: p.string().length(100).default(''),
    recipe: p.string().length(100).default(''),
    site: p.string().length(100).default(''),
    equipment_id: p.string().length(100).default(''),
    inspection_type: p.string().length(50).default(''),
    version: p.integer(),
    unit: p.string().length(50).nullable(),
    settings: p.json<Record<string, unknown>>(),
    centre: p.double(),
    sigma: p.double().nullable(),
    sigma_within: p.double().nullable(),
    sigma_z: p.double().nullable(),
    lower: p.double().nullable(),
    upper: p.double().nullable(),
    n: p.integer().nullable(),
    samples: p.integer().nullable(),
    baseline_from: timestamp().nullable(),
    baseline_to: timestamp().nullable(),
    exclusions: p.json<readonly object[]>(),
    as_of: p.json<object>().nullable(),
    definition: p.text(),
    definition_id: p.string().length(100),
    reason: p.text(),
    author: p.string().length(200),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** One version of the frozen limits of a chart. */
export type ControlLimits = InferEntity<typeof ControlLimitsEntity>;
