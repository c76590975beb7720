import { Controller, Get, Query } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type SummaryAnswer,
  type SummaryParameters,
  summaryAnswer,
  summaryParameters,
} from './telemetry-summary-answer.ts';
import { describeTags } from './telemetry-parameters.ts';
import { TelemetrySummaryQuery } from './telemetry-summary.query.ts';

@ApiTags('Telemetry')
@Controller('v1/telemetry/summary')
export class TelemetrySummaryController {
  constructor(private readonly query: TelemetrySummaryQuery) {}

  @Get()
  @Answers(summaryAnswer, {
    summary: 'One metric over a time range, per service',
    description:
      'Count, mean, minimum and maximum, weighted by samples. Exact even if the range begins or ends within an hour.',
  })
  @ApiQuery(describeTags)
  getTelemetrySummary(@Query({ schema: summaryParameters }) parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.query.answer(parameters);
  }
}
