/** Frozen control limits as the API writes them: versions that are never changed. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { driverError, toDatabaseError } from '../connection/database-error.ts';
import { type ControlLimits, ControlLimitsEntity } from '../schema/entities/control-limits.entity.ts';
import { lockUntilCommit } from './lock-until-commit.ts';

/** What limits are of; an empty text = not limited to a product, step and so on. */
export interface ControlLimitsKey {
  readonly parameter: string;
  readonly chart: string;
  readonly subgroup: string;
  readonly product: string;
  readonly step: string;
  readonly recipe: string;
  readonly site: string;
  readonly equipment_id: string;
  readonly inspection_type: string;
}

/** Limits to be stored; their version follows from those before. */
export type NewControlLimits = ControlLimitsKey & Omit<ControlLimits, 'id' | 'version' | 'created_at'>;

export class ControlLimitsRepository {
  constructor(private readonly em: EntityManager) {}

  /** Stores the next version of the limits of a key; others that store the same key wait until this transaction ends. */
  async create(limits: NewControlLimits): Promise<{ id: string; version: number }> {
    const { parameter, chart, subgroup, product, step, recipe, site, equipment_id, inspection_type } = limits;
    const key = { parameter, chart, subgroup, product, step, recipe, site, equipment_id, inspection_type };
    await lockUntilCommit(this.em, ['control_limits', ...Object.values(key)]);
    const [newest] = await this.em.find(ControlLimitsEntity, key, {
      orderBy: { version: 'desc' },
      limit: 1,
      fields: ['version'],
    });
    const created = this.em.create(ControlLimitsEntity, { ...limits, version: (newest?.version ?? 0) + 1 });
    try {
      await this.em.persist(created).flush();
    } catch (error) {
      throw toDatabaseError(driverError(error));
    }
    return { id: created.id, version: created.version };
  }
}
