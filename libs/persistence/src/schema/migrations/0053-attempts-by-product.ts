import { SchemaMigration } from './schema-migration.ts';

/**
 * The attempts of a product: stacked maps and whatever else reads attempts one by one, such as every statistic of a caller who
 * is limited to products, read the whole table for them. With the lot behind it, rows that lie together come together, and
 * those of one lot share an entry: 8 bytes an attempt.
 */
export class AttemptsByProduct extends SchemaMigration {
  override name = '0053-attempts-by-product';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    await this.createIndexConcurrently('idx_inspection_attempts_product', 'ON inspection_attempts (product, lot_id)');
  }
}
