import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

export const ParameterEntity = defineEntity({
  name: 'Parameter',
  tableName: 'parameters',
  properties: {
    name: p.string().length(200).primary(),
    product: p.string().length(100).primary().default(''),
    valid_from: timestamp().primary(),
    unit: p.string().length(50).nullable(),
    lower_limit: p.double().nullable(),
    target: p.double().nullable(),
    upper_limit: p.double().nullable(),
    created_by: p.string().length(200),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** Specification limits of a measured parameter, from a date on. */
export type Parameter = InferEntity<typeof ParameterEntity>;
