import { sumUpDay } from './0044-summaries-by-day.ts';
import { SUM_UP_MEASURED } from './0046-measured-by-day.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * A day that cannot be summed up holds up no other one.
 *
 * Until 0.1, ingest accepted measured values up to 1.8e308, such as the overflow value of an instrument, which PostgreSQL
 * cannot square. Or a day has so many values that they exceed temp_file_limit. Such a day keeps its mark and is tried again
 * later: it counts as soon as the values are withdrawn, or the limit is raised.
 */
export class DaysApart extends SchemaMigration {
  override name = '0049-days-apart';

  override up(): void {
    this.addSql(sumUpDay('CREATE OR REPLACE', SUM_UP_MEASURED, LATER));
  }
}

export const LATER = `EXCEPTION WHEN numeric_value_out_of_range OR configuration_limit_exceeded OR program_limit_exceeded THEN
    RAISE WARNING '% cannot be summed up: %', summed, SQLERRM;
    UPDATE attempt_day_changes SET changed_at = clock_timestamp() WHERE day = summed;
    RETURN 0;`;
