import { Controller, Get, Query } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type SeriesAnswer, type SeriesParameters, seriesAnswer, seriesParameters } from './telemetry-series-answer.ts';
import { describeTags } from './telemetry-parameters.ts';
import { TelemetrySeriesQuery } from './telemetry-series.query.ts';

@ApiTags('Telemetry')
@Controller('v1/telemetry/series')
export class TelemetrySeriesController {
  constructor(private readonly query: TelemetrySeriesQuery) {}

  @Get()
  @Answers(seriesAnswer, {
    summary: 'One metric over time, for a chart',
    description:
      'Buckets as fine as `max_points` allows: raw samples for ranges up to a day, else, and where retention has removed some of them, the hourly or daily roll-up.',
  })
  @ApiQuery(describeTags)
  getTelemetrySeries(@Query({ schema: seriesParameters }) parameters: SeriesParameters): Promise<SeriesAnswer> {
    return this.query.answer(parameters);
  }
}
