import { INSPECTION_STATUSES } from '@chip/contracts';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { endsInOrder, timeRange } from '../http/parameters.ts';
import { type DailySummaryRow } from './daily-summary.sql.ts';

export const summaryParameters = z
  .strictObject(timeRange('a day that begins', { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }))
  .superRefine(endsInOrder);

export type SummaryParameters = z.output<typeof summaryParameters>;

export const summaryAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    refreshed_at: timeText
      .nullable()
      .meta({ description: 'When the summary last read the data; it does not include later events.' }),
    groups: z.array(
      z.strictObject({
        day: z.string().meta({ format: 'date', examples: ['2026-03-02'] }),
        inspection_type: z.string(),
        status: z.enum(INSPECTION_STATUSES),
        inspection_count: count,
        avg_duration_seconds: z
          .number()
          .nullable()
          .meta({ description: 'Mean over inspections with both times; null when none has both.' }),
      }),
    ),
  })
  .meta({ id: 'DailySummary' });

export type SummaryAnswer = Omit<z.output<typeof summaryAnswer>, 'groups'> & { groups: DailySummaryRow[] };
