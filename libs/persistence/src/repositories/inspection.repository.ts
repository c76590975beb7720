import { inspectionIdentity, type InspectionStatus, lotIdentity, partIdentity } from '@chip/contracts';
import { AppError } from '@chip/service';
import { type EntityManager, type FilterQuery, raw } from '@mikro-orm/postgresql';
import { DatabaseError, driverError, toDatabaseError } from '../connection/database-error.ts';
import { type Defect, DefectEntity } from '../schema/entities/defect.entity.ts';
import { type InspectionAttempt, InspectionAttemptEntity } from '../schema/entities/inspection-attempt.entity.ts';
import { type Inspection, InspectionEntity } from '../schema/entities/inspection.entity.ts';
import { LotEntity } from '../schema/entities/lot.entity.ts';
import { parseTimestamptz } from '../connection/pg-values.ts';

/** There is one inspection per (lot, chip, inspection type), and it exists. */
export class DuplicateInspectionError extends AppError {
  readonly code = 'duplicate_inspection';
  readonly retriable = false;

  /** @param inspectionId of the inspection that exists */
  constructor(readonly inspectionId: string) {
    super('There is an inspection of this type for this chip already.', { context: { inspectionId } });
  }
}

/** An inspection to be done. */
export interface InspectionCreate {
  /** Empty when the fab is not named. */
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

/** Where a page begins: behind this item. */
export interface InspectionCursor {
  created_at: string;
  id: string;
}

export interface InspectionFilters {
  status?: InspectionStatus;
  result?: 'pass' | 'fail';
  site?: string;
  lot_id?: string;
  chip_id?: string;
  inspection_type?: string;
  equipment_id?: string;
  product?: string;
  step?: string;
  /** On created_at, RFC 3339; from inclusive, to exclusive. */
  from?: string;
  to?: string;
  /** Contained in the item's metadata. */
  metadata?: Record<string, unknown>;
}

export interface InspectionPage {
  items: Inspection[];
  hasMore: boolean;
}

export interface InspectionHistory {
  inspection: Inspection;
  attempts: InspectionAttempt[];
  defects: Defect[];
  measurements: InspectionMeasurement[];
}

export interface InspectionMeasurement {
  time: string;
  inspection_id: string;
  event_id: string;
  name: string;
  value: number | null;
  unit: string | null;
  lower_limit: number | null;
  upper_limit: number | null;
}

/** Inspections for the API: scheduling, pages, one with its history. The load of events does not come through here. */
export class InspectionRepository {
  constructor(private readonly em: EntityManager) {}

  /**
   * Schedules a pending inspection, with its lot and part when they are new. Events of machines about the same chip and
   * type later continue this row, since both compute the same id.
   *
   * @throws DuplicateInspectionError
   * @throws DatabaseError `data` when the type is unknown or the priority out of range
   */
  async create(data: InspectionCreate): Promise<Inspection> {
    const { site = '', lot_id, chip_id, inspection_type, ...rest } = data;
    const lotId = lotIdentity(site, lot_id);
    const id = inspectionIdentity(site, lot_id, chip_id, inspection_type);
    const connection = this.em.getConnection();
    const transaction = this.em.getTransactionContext();
    // A writer may store the same lot and part at this moment.
    await connection.execute(
      'INSERT INTO lots (id, site, lot_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [lotId, site, lot_id],
      'run',
      transaction,
    );
    await connection.execute(
      'INSERT INTO parts (id, lot_id, chip_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [partIdentity(site, lot_id, chip_id), lotId, chip_id],
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
      if (translated instanceof DatabaseError && translated.sqlstate === '23505')
        throw new DuplicateInspectionError(id);
      throw translated;
    }
    return inspection;
  }

  /** @returns null when there is none */
  async findById(id: string): Promise<Inspection | null> {
    return this.em.findOne(InspectionEntity, { id }, { populate: ['lot'] });
  }

  /** One with everything that was ever measured on it, in four statements whatever its size. */
  async findWithHistory(id: string): Promise<InspectionHistory | null> {
    const inspection = await this.findById(id);
    if (!inspection) return null;
    const attempts = await this.em.find(
      InspectionAttemptEntity,
      { inspection: id },
      { orderBy: { occurred_at: 'asc', event_id: 'asc' } },
    );
    const defects = await this.em.find(
      DefectEntity,
      { inspection_id: id },
      { orderBy: { event_id: 'asc', defect_no: 'asc' } },
    );
    // A hypertable has no primary key, so it is no entity.
    const measurements = await this.em.execute<InspectionMeasurement[]>(
      'SELECT * FROM measurements WHERE inspection_id = ? ORDER BY time, event_id, name',
      [id],
    );
    return {
      inspection,
      attempts,
      defects,
      measurements: measurements.map((one) => ({ ...one, time: parseTimestamptz(one.time) })),
    };
  }

  /** Newest first; pages stay in step while rows are inserted. */
  async findByStatus(status: InspectionStatus, after?: InspectionCursor, limit = 20): Promise<InspectionPage> {
    return this.find({ status }, after, limit);
  }

  /**
   * Newest first by (created_at, id), which is unique: machines stamp several chips with one time, and a cursor on the
   * time alone would skip the rest of them.
   */
  async find(filters: InspectionFilters, after?: InspectionCursor, limit = 20): Promise<InspectionPage> {
    const { from, to, lot_id, site, metadata, ...equal } = filters;
    const conditions: FilterQuery<Inspection>[] = [equal];
    if (site !== undefined) conditions.push({ site });
    if (lot_id !== undefined) conditions.push({ lot: { lot_id } });
    if (from !== undefined) conditions.push({ created_at: { $gte: from } });
    if (to !== undefined) conditions.push({ created_at: { $lt: to } });
    if (metadata !== undefined) conditions.push({ metadata: { $contains: metadata } });
    if (after !== undefined)
      // As a row comparison, which the index (created_at, id) answers; MikroORM's own cursor spells it out with OR.
      conditions.push({
        [raw((alias) => `(${alias}.created_at, ${alias}.id)`)]: {
          $lt: raw('(?::timestamptz, ?::uuid)', [after.created_at, after.id]),
        },
      });
    const items = await this.em.find(
      InspectionEntity,
      { $and: conditions },
      { orderBy: { created_at: 'desc', id: 'desc' }, limit: limit + 1, populate: ['lot'] },
    );
    return { items: items.slice(0, limit), hasMore: items.length > limit };
  }
}
