import { Injectable } from '@nestjs/common';
import { TelemetrySnapshots } from '../sql/snapshots.ts';
import { type SummaryAnswer, type SummaryParameters } from './telemetry-summary-answer.ts';
import { summaryOfTags } from './tagged-summary.sql.ts';
import { tagsOf } from './telemetry-parameters.ts';
import { type ServiceSums, addUp, telemetrySummary } from './telemetry-summary.sql.ts';

const DEFINITION_OF_TAGS =
  'Raw samples with time in [from, to) that have all of the tags. avg_value = sum of values / number of samples. covered begins behind the last hour from which retention has removed raw samples. Services by avg_value, highest first.';
const DEFINITION =
  'Samples with time in [from, to). avg_value = sum of values / number of samples, so every sample has the same weight; never a mean of averages. Whole hours (UTC) come from metrics_hourly, partial hours at the ends from raw samples; a partial hour whose raw samples retention has removed is excluded, and covered is the range that remains. Services by avg_value, highest first.';

/** Sums up one metric per service. */
@Injectable()
export class TelemetrySummaryQuery {
  constructor(private readonly snapshots: TelemetrySnapshots) {}

  answer(parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const tags = tagsOf(parameters);
      const { services, covered } = await (tags === undefined
        ? telemetrySummary(snapshot, parameters)
        : summaryOfTags(snapshot, { ...parameters, tags }));
      const [total] = addUp(services.map((service) => ({ ...service, service_name: '' })));
      return {
        definition: tags === undefined ? DEFINITION : DEFINITION_OF_TAGS,
        definition_id: 'telemetry.summary/1',
        metric_name: parameters.metric_name,
        covered,
        services: services
          .map((service) => ({ service_name: service.service_name, ...figuresOf(service) }))
          .sort((a, b) => b.avg_value - a.avg_value || (a.service_name < b.service_name ? -1 : 1)),
        totals: total ? figuresOf(total) : { sample_count: 0, avg_value: null, min_value: null, max_value: null },
      };
    });
  }
}

const figuresOf = ({ sample_count, sum_value, min_value, max_value }: ServiceSums) => ({
  sample_count,
  avg_value: sum_value / sample_count,
  min_value,
  max_value,
});
