import type { EntityManager } from '@mikro-orm/postgresql';
import { appendAudit, type AuditEntry } from '../audit/audit.ts';
import type { Queryable } from '../connection/database.ts';
import { type AuditRecord, AuditEntryEntity } from '../schema/entities/audit-entry.entity.ts';

/** The audit trail inside a unit of work. */
export class AuditRepository {
  constructor(
    private readonly em: EntityManager,
    private readonly transaction: Queryable,
  ) {}

  /** As {@link appendAudit}, in this unit of work. */
  async append(entry: AuditEntry): Promise<number> {
    return appendAudit(this.transaction, entry);
  }

  /** Newest first, from below `before`. */
  async find(
    filters: { stream?: string; subject?: string; actor?: string; action?: string },
    before?: { at: string; seq: number },
    limit = 50,
  ): Promise<AuditRecord[]> {
    const older = before && { $or: [{ at: { $lt: before.at } }, { at: before.at, seq: { $lt: before.seq } }] };
    return this.em.find(
      AuditEntryEntity,
      { $and: [filters, ...(older ? [older] : [])] },
      { orderBy: { at: 'desc', seq: 'desc' }, limit },
    );
  }
}
