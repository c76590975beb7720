import { SchemaMigration } from './schema-migration.ts';

/**
 * Every index of the data model that is not a key, built without blocking the load: the same code serves an empty
 * database and one with a year of data.
 */
export class Indexes extends SchemaMigration {
  override name = '0003-indexes';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    const inspections: Record<string, string> = {
      idx_inspections_status: `ON inspections (status) WHERE status <> 'completed'`,
      idx_inspections_created_at_desc: 'ON inspections (created_at DESC)',
      idx_inspections_chip_id: 'ON inspections USING hash (chip_id)',
      idx_inspections_metadata: 'ON inspections USING gin (metadata)',
      idx_inspections_pending: `ON inspections (created_at) WHERE status = 'pending'`,
      idx_inspections_summary: 'ON inspections (lot_id, chip_id) INCLUDE (status, created_at)',
      // Keyset pages walk (created_at, id): created_at alone skips rows with equal timestamps.
      idx_inspections_page: 'ON inspections (created_at DESC, id DESC)',
      idx_inspections_page_lot: 'ON inspections (lot_id, created_at DESC, id DESC)',
      idx_inspections_page_equipment: 'ON inspections (equipment_id, created_at DESC, id DESC)',
      idx_inspections_page_product: 'ON inspections (product, created_at DESC, id DESC)',
      idx_inspections_page_type: 'ON inspections (inspection_type, created_at DESC, id DESC)',
      idx_inspections_page_result: 'ON inspections (result, created_at DESC, id DESC)',
      idx_inspections_page_status: 'ON inspections (status, created_at DESC, id DESC)',
      idx_inspection_attempts_completed: `ON inspection_attempts (completed_at) WHERE status = 'completed'`,
      idx_inspection_attempts_lot: 'ON inspection_attempts (lot_id, completed_at)',
      idx_inspection_attempts_equipment: 'ON inspection_attempts (equipment_id, completed_at)',
      idx_inspection_events_received_at: 'ON inspection_events (received_at)',
      idx_defects_class: 'ON defects (class, time)',
      idx_defects_time: 'ON defects (time)',
    };
    for (const [name, definition] of Object.entries(inspections)) {
      await this.createIndexConcurrently(name, definition);
    }

    await this.createIndexPerChunk(
      'idx_system_metrics_service_metric',
      'ON system_metrics (service_name, metric_name, time DESC)',
    );
    await this.createIndexPerChunk('idx_system_metrics_tags', 'ON system_metrics USING gin (tags)');
    await this.createIndexPerChunk('idx_measurements_inspection', 'ON measurements (inspection_id)');
    await this.createIndexPerChunk('idx_measurements_name', 'ON measurements (name, time DESC)');
  }
}
