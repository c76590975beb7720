import { SchemaMigration } from './schema-migration.ts';

/**
 * Operators append to their stream of the audit trail without owning the database. Their tables are declared where they
 * are created. A server without the role keeps the owner as its only operator.
 */
export class OperatorRole extends SchemaMigration {
  override name = '0043-operator-role';

  override up(): void {
    this.addSql(`INSERT INTO audit_writers VALUES ('chip_operator', 'operator') ON CONFLICT DO NOTHING`);
  }
}
