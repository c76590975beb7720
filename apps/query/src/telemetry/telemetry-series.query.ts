import { Injectable } from '@nestjs/common';
import { TelemetrySnapshots } from '../sql/snapshots.ts';
import { tagsOf } from './telemetry-parameters.ts';
import { type SeriesAnswer, type SeriesParameters } from './telemetry-series-answer.ts';
import { chooseBuckets, telemetrySeries } from './telemetry-series.sql.ts';

const SOURCE = {
  raw: 'raw samples with time in [from, to)',
  hourly: 'metrics_hourly, whole hours that begin in [from, to)',
  daily: 'metrics_daily, whole days (UTC) that begin in [from, to)',
} as const;

/** Reads one metric over time. */
@Injectable()
export class TelemetrySeriesQuery {
  constructor(private readonly snapshots: TelemetrySnapshots) {}

  answer(parameters: SeriesParameters): Promise<SeriesAnswer> {
    const tags = tagsOf(parameters);
    const buckets = chooseBuckets(parameters.from, parameters.to, parameters.max_points, tags !== undefined);
    return this.snapshots.answer(async (snapshot) => ({
      definition: `Per bucket of ${buckets.seconds} s, aligned to UTC: ${SOURCE[buckets.resolution]}${tags === undefined ? '' : ' that have all of the tags'}. avg_value = sum of values / number of samples, over all matching services and hosts.`,
      definition_id: 'telemetry.series/1',
      metric_name: parameters.metric_name,
      resolution: buckets.resolution,
      bucket_seconds: buckets.seconds,
      points: await telemetrySeries(snapshot, { ...parameters, tags }, buckets),
    }));
  }
}
