import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type SummaryAnswer,
  type SummaryParameters,
  summaryAnswer,
  summaryParameters,
} from './daily-summary-answer.ts';
import { DailySummaryQuery } from './daily-summary.query.ts';

@ApiTags('Inspections')
@Controller('v1/summary/daily')
export class DailySummaryController {
  constructor(private readonly query: DailySummaryQuery) {}

  @Get()
  @Answers(summaryAnswer, {
    summary: 'Inspections per day, type and status',
    description: 'Computed in advance, so that a dashboard may poll it.',
  })
  getDailySummary(@Query({ schema: summaryParameters }) parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.query.answer(parameters);
  }
}
