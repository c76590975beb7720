import { Injectable } from '@nestjs/common';
import { Snapshots } from '../sql/snapshots.ts';
import { type SummaryAnswer, type SummaryParameters } from './telemetry-summary-answer.ts';
import { type ServiceSums, addUp, telemetrySummary } from './telemetry-summary.sql.ts';

const DEFINITION =
  'Samples with time in [from, to). avg_value = sum of values / number of samples, so every sample has the same weight; never a mean of averages. Whole hours (UTC) come from metrics_hourly, partial hours at the ends from raw samples; a partial hour whose raw samples retention has removed is excluded, and covered is the range that remains. Services by avg_value, highest first.';

/** Sums up one metric per service. */
@Injectable()
export class TelemetrySummaryQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(parameters: SummaryParameters): Promise<SummaryAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const { services, covered } = await telemetrySummary(snapshot, parameters);
      const [total] = addUp(services.map((service) => ({ ...service, service_name: '' })));
      return {
        definition: DEFINITION,
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
