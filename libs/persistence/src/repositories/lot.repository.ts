import { lotIdentity, partIdentity } from '@chip/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Lot, LotEntity } from '../schema/entities/lot.entity.ts';
import { type Part, PartEntity } from '../schema/entities/part.entity.ts';
import { type Wafer, WaferEntity } from '../schema/entities/wafer.entity.ts';

/** Lots with their wafers and parts, by the names that machines use. */
export class LotRepository {
  constructor(private readonly em: EntityManager) {}

  /** @returns null when the lot is not known */
  async findByName(site: string, lotId: string): Promise<Lot | null> {
    return this.em.findOne(LotEntity, { id: lotIdentity(site, lotId) });
  }

  /** Every site's lot of that name. */
  async findByLotId(lotId: string): Promise<Lot[]> {
    return this.em.find(LotEntity, { lot_id: lotId }, { orderBy: { site: 'asc' } });
  }

  async wafersOf(lot: Lot): Promise<Wafer[]> {
    return this.em.find(WaferEntity, { lot }, { orderBy: { wafer_id: 'asc' } });
  }

  /** @returns null when the part is not known */
  async findPart(site: string, lotId: string, chipId: string): Promise<Part | null> {
    return this.em.findOne(PartEntity, { id: partIdentity(site, lotId, chipId) });
  }

  /** Parts of a lot by chip, from behind `after`. */
  async partsOf(lot: Lot, after?: string, limit = 100): Promise<Part[]> {
    return this.em.find(
      PartEntity,
      { lot, ...(after === undefined ? {} : { chip_id: { $gt: after } }) },
      { orderBy: { chip_id: 'asc' }, limit },
    );
  }
}
