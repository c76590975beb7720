import { SchemaMigration } from './schema-migration.ts';

/**
 * Everything that one machine touched, newest first: a page walks this index instead of sorting the machine's history.
 */
export class UnitsOfEquipment extends SchemaMigration {
  override name = '0021-units-of-equipment';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    await this.createIndexConcurrently(
      'idx_inspection_attempts_equipment_recent',
      'ON inspection_attempts (equipment_id, occurred_at DESC, event_id DESC)',
    );
  }
}
