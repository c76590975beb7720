import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Report, ReportEntity } from '../schema/entities/report.entity.ts';

export interface ReportCreate {
  name: string;
  /** The route that was asked. */
  query: string;
  parameters: Record<string, unknown>;
  as_of: Record<string, unknown>;
  /** The answer as JSON text; kept and hashed byte for byte. */
  result: string;
  created_by: string;
}

/** Immutable answers. */
export class ReportRepository {
  constructor(private readonly em: EntityManager) {}

  async create(data: ReportCreate): Promise<Report> {
    const report = this.em.create(ReportEntity, { ...data, sha256: createHash('sha256').update(data.result).digest() });
    await this.em.persist(report).flush();
    return report;
  }

  /** @returns null when there is none */
  async findById(id: string): Promise<Report | null> {
    return this.em.findOne(ReportEntity, { id });
  }

  /** Whether the stored result is still the one that was hashed. */
  isIntact(report: Report): boolean {
    return createHash('sha256').update(report.result).digest().equals(Buffer.from(report.sha256));
  }
}
