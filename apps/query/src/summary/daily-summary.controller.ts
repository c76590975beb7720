import { INSPECTION_STATUSES } from '@chip/contracts';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, timeRange } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type DailySummaryRow, dailySummary, summaryRefreshedAt } from './daily-summary.sql.ts';

const summaryParameters = z
  .strictObject(timeRange('a day that begins', { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }))
  .superRefine(endsInOrder);
type SummaryParameters = z.output<typeof summaryParameters>;

const summaryAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    refreshed_at: timeText
      .nullable()
      .meta({ description: 'When the summary last saw the data; later events are not in it.' }),
    groups: z.array(
      z.strictObject({
        day: z.string().meta({ format: 'date', examples: ['2026-03-02'] }),
        inspection_type: z.string(),
        status: z.enum(INSPECTION_STATUSES),
        inspection_count: count,
        avg_duration_seconds: z
          .number()
          .nullable()
          .meta({ description: 'Of those with both times; null when none has.' }),
      }),
    ),
  })
  .meta({ id: 'DailySummary' });
type SummaryAnswer = Omit<z.output<typeof summaryAnswer>, 'groups'> & { groups: DailySummaryRow[] };

const DEFINITION =
  'Present state of the inspections whose created_at lies on the day (UTC), by type and status, for days that begin in [from, to). From a summary of the last 90 days that is refreshed every few minutes: refreshed_at tells its age, as_of what the database has seen meanwhile.';

@ApiTags('Inspections')
@Controller('v1/summary/daily')
export class DailySummaryController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(summaryAnswer, {
    summary: 'Inspections per day, type and status',
    description: 'Prepared in advance, so that a dashboard may ask often.',
  })
  answer(@Query({ schema: summaryParameters }) parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.snapshots.answer(async (snapshot) => ({
      definition: DEFINITION,
      definition_id: 'inspections.daily/1',
      refreshed_at: await summaryRefreshedAt(snapshot),
      groups: await dailySummary(snapshot, parameters),
    }));
  }
}
