import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, integerParameter } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { telemetryFilters } from './telemetry-summary.controller.ts';
import { chooseBuckets, telemetrySeries } from './telemetry-series.sql.ts';

const DEFAULT_POINTS = 500;
const seriesParameters = z
  .strictObject({
    ...telemetryFilters,
    max_points: integerParameter(2, 5000)
      .default(DEFAULT_POINTS)
      .meta({ description: 'Most points of the answer; the width of a bucket follows from it.', example: 100 }),
  })
  .superRefine(endsInOrder);
type SeriesParameters = z.output<typeof seriesParameters>;

const seriesAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    metric_name: z.string(),
    resolution: z.enum(['raw', 'hourly', 'daily']).meta({ description: 'What the points were computed from.' }),
    bucket_seconds: count.meta({ description: 'Width of a bucket.', examples: [300] }),
    points: z.array(
      z.strictObject({
        time: timeText.meta({ description: 'Begin of the bucket; buckets without samples are absent.' }),
        sample_count: count,
        avg_value: z.number(),
        min_value: z.number(),
        max_value: z.number(),
      }),
    ),
  })
  .meta({ id: 'TelemetrySeries' });
type SeriesAnswer = z.output<typeof seriesAnswer>;

const SOURCE = {
  raw: 'raw samples with time in [from, to)',
  hourly: 'metrics_hourly, whole hours that begin in [from, to)',
  daily: 'metrics_daily, whole days (UTC) that begin in [from, to)',
} as const;

@ApiTags('Telemetry')
@Controller('v1/telemetry/series')
export class TelemetrySeriesController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(seriesAnswer, {
    summary: 'One metric over time, for a chart',
    description:
      'Buckets as fine as `max_points` allows: raw samples for ranges up to a day, else the hourly or daily roll-up.',
  })
  answer(@Query({ schema: seriesParameters }) parameters: SeriesParameters): Promise<SeriesAnswer> {
    const buckets = chooseBuckets(parameters.from, parameters.to, parameters.max_points);
    return this.snapshots.answer(async (snapshot) => ({
      definition: `Per bucket of ${buckets.seconds} s, aligned to UTC: ${SOURCE[buckets.resolution]}. avg_value = sum of values / number of samples, over every service and host that matches.`,
      definition_id: 'telemetry.series/1',
      metric_name: parameters.metric_name,
      resolution: buckets.resolution,
      bucket_seconds: buckets.seconds,
      points: await telemetrySeries(snapshot, parameters, buckets),
    }));
  }
}
