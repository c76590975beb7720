import { sumUpMeasured } from './0046-measured-by-day.ts';
import { WITH_TAILS } from './0048-tails-of-days.ts';
import { LAST_ATTEMPTS } from './0058-days-of-many-attempts.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * A day without measurements, as all are of inspections that measure nothing, is not summed up as if it had some: to plan
 * the statement for measurements takes longer than everything else of such a day.
 */
export class DaysWithoutMeasurements extends SchemaMigration {
  override name = '0060-days-without-measurements';

  override up(): void {
    this.addSql(
      sumUpMeasured('CREATE OR REPLACE', {
        ...WITH_TAILS,
        inOrder: true,
        lastAttempts: LAST_ATTEMPTS,
        endsEarly: true,
      }),
    );
  }
}
