/** Scheduling of inspections, the only thing that the API stores through entities. */
import { identityVersion, inspectionIdentity, lotIdentity, partIdentity } from '@chip/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DatabaseError, driverError, toDatabaseError } from '../connection/database-error.ts';
import { type Inspection, InspectionEntity } from '../schema/entities/inspection.entity.ts';
import { LotEntity } from '../schema/entities/lot.entity.ts';
import { DuplicateInspectionError } from './duplicate-inspection.error.ts';

/** An inspection to schedule. */
export interface InspectionCreate {
  /** Empty if the fab has no name. */
  site?: string;
  lot_id: string;
  chip_id: string;
  inspection_type: string;
  /** 1 to 10, default 5. */
  priority?: number;
  equipment_id?: string;
  product?: string;
  recipe?: string;
  step?: string;
  wafer_id?: string;
  metadata?: Record<string, unknown>;
}

/** Inspections that the API writes. The load of events does not use this class, and answers are read in SQL. */
export class InspectionRepository {
  constructor(private readonly em: EntityManager) {}

  /**
   * Schedules a pending inspection, with its lot and part if they are new. Later events of machines about the same chip
   * and type continue this row, since both compute the same id.
   *
   * @throws DuplicateInspectionError
   * @throws DatabaseError `data` when the type is unknown or the priority out of range
   */
  async create(data: InspectionCreate): Promise<Inspection> {
    const { site = '', lot_id, chip_id, inspection_type, ...rest } = data;
    const connection = this.em.getConnection();
    const transaction = this.em.getTransactionContext();
    const [lot] = await connection.execute<[{ id: string }]>(
      'SELECT id FROM store_lots(?)',
      [JSON.stringify([{ id: lotIdentity(site, lot_id), site, lot_id }])],
      'all',
      transaction,
    );
    const lotId = lot.id;
    const version = identityVersion(lotId);
    const id = inspectionIdentity(site, lot_id, chip_id, inspection_type, version);
    // A writer may be storing the same part right now.
    await connection.execute(
      'INSERT INTO parts (id, lot_id, chip_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [partIdentity(site, lot_id, chip_id, version), lotId, chip_id],
      'run',
      transaction,
    );
    const inspection = this.em.create(InspectionEntity, {
      id,
      site,
      lot: this.em.getReference(LotEntity, lotId),
      chip_id,
      inspection_type,
      ...rest,
    });
    try {
      await this.em.persist(inspection).flush();
    } catch (error) {
      const translated = toDatabaseError(driverError(error));
      if (translated instanceof DatabaseError && translated.sqlstate === '23505') {
        throw new DuplicateInspectionError(id);
      }
      throw translated;
    }
    return inspection;
  }
}
