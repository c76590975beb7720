/** The table parameters. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';
import { versionColumns } from './version-columns.ts';

export const ParameterEntity = defineEntity({
  name: 'Parameter',
  tableName: 'parameters',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    name: p.string().length(200),
    product: p.string().length(100).default(''),
    step: p.string().length(100).default(''),
    recipe: p.string().length(100).default(''),
    site: p.string().length(100).default(''),
    valid_from: timestamp(),
    unit: p.string().length(50).nullable(),
    lower_limit: p.double().nullable(),
    target: p.double().nullable(),
    upper_limit: p.double().nullable(),
    ...versionColumns(),
  },
});
/** One version of the specification of a measured parameter. */
export type Parameter = InferEntity<typeof ParameterEntity>;
