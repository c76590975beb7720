import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

/** Read-only here: append_audit writes it. */
export const AuditEntryEntity = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_log',
  properties: {
    stream: p.string().length(100).primary(),
    seq: p.bigint('number').primary(),
    at: timestamp(),
    actor: p.string().length(200),
    action: p.string().length(100),
    subject: p.string().length(500),
    reason: p.text(),
    old_value: p.json<unknown>().nullable(),
    new_value: p.json<unknown>().nullable(),
    previous_hash: p.blob().columnType('bytea'),
    hash: p.blob().columnType('bytea'),
  },
});
/** One entry of the audit trail. */
export type AuditRecord = InferEntity<typeof AuditEntryEntity>;
