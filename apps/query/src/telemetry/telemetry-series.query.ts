import { type Queryable } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { TelemetrySnapshots } from '../sql/snapshots.ts';
import { tagsOf } from './telemetry-parameters.ts';
import { type SeriesAnswer, type SeriesParameters } from './telemetry-series-answer.ts';
import { type Buckets, chooseBuckets, coveredByRaw, coveredByRollUp, telemetrySeries } from './telemetry-series.sql.ts';
import { type TelemetrySummaryQuestion } from './telemetry-summary.sql.ts';

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
    return this.snapshots.answer(async (snapshot) => {
      const { resolution, seconds, points, covered } = await seriesOf(snapshot, { ...parameters, tags });
      return {
        definition: `Per bucket of ${seconds} s, aligned to UTC: ${SOURCE[resolution]}${tags === undefined ? '' : ' that have all of the tags'}. avg_value = sum of values / number of samples, over all matching services and hosts.`,
        definition_id: 'telemetry.series/1',
        metric_name: parameters.metric_name,
        resolution,
        bucket_seconds: seconds,
        covered,
        points,
      };
    });
  }
}

/** The roll-ups are kept longer than raw samples, and only these have tags. */
async function seriesOf(
  snapshot: Queryable,
  question: TelemetrySummaryQuestion & { readonly max_points: number },
): Promise<Buckets & Pick<SeriesAnswer, 'covered' | 'points'>> {
  const { from, to, max_points, tags } = question;
  const buckets = chooseBuckets(from, to, max_points, tags && 'raw');
  if (buckets.resolution === 'raw') {
    const points = await telemetrySeries(snapshot, question, buckets);
    const covered = tags === undefined ? await coveredByRaw(snapshot, question, points) : undefined;
    if (covered !== undefined || tags !== undefined) {
      return { ...buckets, points, covered };
    }
  }
  const rolledUp = chooseBuckets(from, to, max_points, 'rolled_up');
  const points = await telemetrySeries(snapshot, question, rolledUp);
  return { ...rolledUp, points, covered: coveredByRollUp(question, rolledUp.resolution) };
}
