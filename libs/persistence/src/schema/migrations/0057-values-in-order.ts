import { sumUpMeasured } from './0046-measured-by-day.ts';
import { WITH_TAILS } from './0048-tails-of-days.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Values of one event that share a name, such as those of the sites of a wafer, are neighbours in the order in which the
 * machine sends them. Sorted by value, their moving ranges were a fraction of what they are.
 */
export class ValuesInOrder extends SchemaMigration {
  override name = '0057-values-in-order';

  override up(): void {
    this.addSql(sumUpMeasured('CREATE OR REPLACE', { ...WITH_TAILS, inOrder: true }));
    // Last, so that no day is summed up by the former function without its mark.
    this.addSql(`
-- Sets that differ in their limits alone may be as many as units.
INSERT INTO attempt_day_changes (day) SELECT DISTINCT day FROM daily_measured WHERE name IN (
  SELECT n.name FROM (SELECT DISTINCT names FROM measurement_sets) AS s CROSS JOIN unnest(s.names) AS n (name) GROUP BY s.names, n.name HAVING count(*) > 1);`);
  }
}
