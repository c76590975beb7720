import { sumUpDay } from './0044-summaries-by-day.ts';
import { SUM_UP_MEASURED } from './0046-measured-by-day.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * A day that cannot be summed up holds up no other one.
 *
 * Until 0.1, ingest accepted measured values up to 1.8e308, such as the overflow value of an instrument, which PostgreSQL
 * cannot square. Their day keeps its mark and is tried again later, so that it counts as soon as they are withdrawn.
 */
export class DaysApart extends SchemaMigration {
  override name = '0049-days-apart';

  override up(): void {
    this.addSql(sumUpDay('CREATE OR REPLACE', SUM_UP_MEASURED, LATER));
  }
}

const LATER = `EXCEPTION WHEN numeric_value_out_of_range THEN
    RAISE WARNING '% cannot be summed up: %', summed, SQLERRM;
    UPDATE attempt_day_changes SET changed_at = clock_timestamp() WHERE day = summed;
    RETURN 0;`;
