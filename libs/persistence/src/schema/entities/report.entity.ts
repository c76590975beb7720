import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

export const ReportEntity = defineEntity({
  name: 'Report',
  tableName: 'reports',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    name: p.string().length(200),
    query: p.string().length(200),
    parameters: p.json<Record<string, unknown>>(),
    as_of: p.json<Record<string, unknown>>(),
    // Text, so that it comes back byte for byte as it was hashed.
    result: p.text().columnType('json'),
    sha256: p.blob().columnType('bytea'),
    created_by: p.string().length(200),
    created_at: timestamp().defaultRaw('now()'),
  },
});
/** An immutable answer. */
export type Report = InferEntity<typeof ReportEntity>;
