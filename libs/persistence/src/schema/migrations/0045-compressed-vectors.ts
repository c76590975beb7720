import { compressVectors } from '../rollup-shape.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Measurements become columns once they are a month old, where the database has the shape that compresses. */
export class CompressedVectors extends SchemaMigration {
  override name = '0045-compressed-vectors';

  override async up(): Promise<void> {
    if ((await this.shape()) === 'continuous') {
      this.addSql(compressVectors('measurement_vectors'));
    }
  }
}
