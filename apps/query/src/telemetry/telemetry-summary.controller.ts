import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, nameParameter, requiredTimeRange } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { addUp, type ServiceSums, telemetrySummary } from './telemetry-summary.sql.ts';

export const telemetryFilters = {
  metric_name: nameParameter('Metric.', 'response_time_ms'),
  ...requiredTimeRange('its time', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
  service_name: nameParameter('Equipment or service that was measured.', 'AOI-03').optional(),
  host: nameParameter('Host that sent the samples.', 'fab1-gw2').optional(),
};

const summaryParameters = z.strictObject(telemetryFilters).superRefine(endsInOrder);
type SummaryParameters = z.output<typeof summaryParameters>;

const figures = {
  sample_count: count,
  avg_value: z.number().nullable().meta({ description: 'Sum of the values / sample_count; null without samples.' }),
  min_value: z.number().nullable(),
  max_value: z.number().nullable(),
};
const summaryAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    metric_name: z.string(),
    covered: z
      .strictObject({ from: timeText, to: timeText })
      .nullable()
      .meta({ description: 'What the figures cover: the range asked for, or less where raw samples are gone.' }),
    services: z.array(z.strictObject({ service_name: z.string(), ...figures })),
    totals: z.strictObject(figures),
  })
  .meta({ id: 'TelemetrySummary' });
type SummaryAnswer = z.output<typeof summaryAnswer>;

const DEFINITION =
  'Samples with time in [from, to). avg_value = sum of values / number of samples, so every sample weighs the same; never a mean of averages. Whole hours (UTC) come from metrics_hourly, partial hours at the ends from raw samples; a partial hour whose raw samples were removed by retention is left out, and covered is the range that remains. Services by avg_value, highest first.';

@ApiTags('Telemetry')
@Controller('v1/telemetry/summary')
export class TelemetrySummaryController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(summaryAnswer, {
    summary: 'One metric over a time range, per service',
    description:
      'Count, mean, least and greatest value, weighted by samples. Exact also where the range begins or ends inside an hour.',
  })
  answer(@Query({ schema: summaryParameters }) parameters: SummaryParameters): Promise<SummaryAnswer> {
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
