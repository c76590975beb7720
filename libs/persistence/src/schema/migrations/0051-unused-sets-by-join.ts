import { compressVectors } from '../rollup-shape.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Gives databases whose measurements compress the function that finds unused sets among millions of vectors. */
export class UnusedSetsByJoin extends SchemaMigration {
  override name = '0051-unused-sets-by-join';

  override async up(): Promise<void> {
    if ((await this.shape()) === 'continuous') {
      this.addSql(compressVectors('measurement_vectors'));
    }
  }
}
