import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { fieldValue } from '../http/field-filters.ts';
import { integerParameter } from '../http/parameters.ts';
import { checkTelemetry, telemetryFilters } from './telemetry-parameters.ts';

const DEFAULT_POINTS = 500;

const seriesShape = z.object({
  ...telemetryFilters,
  max_points: integerParameter(2, 5000)
    .default(DEFAULT_POINTS)
    .meta({ description: 'Maximum number of points; determines the width of a bucket.', example: 100 }),
});

export const seriesParameters = seriesShape
  .catchall(fieldValue)
  .superRefine((given, context) => checkTelemetry(seriesShape.shape, given, context));

export type SeriesParameters = z.output<typeof seriesParameters>;

export const seriesAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    metric_name: z.string(),
    resolution: z.enum(['raw', 'hourly', 'daily']).meta({ description: 'Source of the points.' }),
    bucket_seconds: count.meta({ description: 'Width of a bucket.', examples: [300] }),
    covered: z.strictObject({ from: timeText, to: timeText }).nullable().optional().meta({
      description:
        'The range that the points cover completely: as requested, or less where raw samples of a partial hour are gone; for a roll-up, its whole hours or days. null: none of the range, so ask for whole hours. Absent with tags, which roll-ups do not have.',
    }),
    points: z.array(
      z.strictObject({
        time: timeText.meta({ description: 'Start of the bucket; buckets without samples are absent.' }),
        sample_count: count,
        avg_value: z.number(),
        min_value: z.number(),
        max_value: z.number(),
      }),
    ),
  })
  .meta({ id: 'TelemetrySeries' });

export type SeriesAnswer = z.output<typeof seriesAnswer>;
