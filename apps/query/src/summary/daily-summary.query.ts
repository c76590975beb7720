import { Injectable } from '@nestjs/common';
import { Snapshots } from '../sql/snapshots.ts';
import { type SummaryAnswer, type SummaryParameters } from './daily-summary-answer.ts';
import { dailySummary, summaryRefreshedAt } from './daily-summary.sql.ts';

const DEFINITION =
  'Current state of inspections whose created_at lies on the day (UTC), by type and status, for days that begin in [from, to). From a summary of the last 90 days that is refreshed every few minutes: refreshed_at states its age, as_of what the database has seen since.';

/** Reads the daily summary of inspections. */
@Injectable()
export class DailySummaryQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.snapshots.answer(async (snapshot) => ({
      definition: DEFINITION,
      definition_id: 'inspections.daily/1',
      refreshed_at: await summaryRefreshedAt(snapshot),
      groups: await dailySummary(snapshot, parameters),
    }));
  }
}
