import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { fieldValue } from '../http/field-filters.ts';
import { checkTelemetry, telemetryFilters } from './telemetry-parameters.ts';

const summaryShape = z.object(telemetryFilters);

export const summaryParameters = summaryShape
  .catchall(fieldValue)
  .superRefine((given, context) => checkTelemetry(summaryShape.shape, given, context));

export type SummaryParameters = z.output<typeof summaryParameters>;

const figures = {
  sample_count: count,
  avg_value: z.number().nullable().meta({ description: 'Sum of the values / sample_count; null without samples.' }),
  min_value: z.number().nullable(),
  max_value: z.number().nullable(),
};

export const summaryAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    metric_name: z.string(),
    covered: z
      .strictObject({ from: timeText, to: timeText })
      .nullable()
      .meta({ description: 'The range that the figures cover: as requested, or less where raw samples are gone.' }),
    services: z.array(z.strictObject({ service_name: z.string(), ...figures })),
    totals: z.strictObject(figures),
  })
  .meta({ id: 'TelemetrySummary' });

export type SummaryAnswer = z.output<typeof summaryAnswer>;
