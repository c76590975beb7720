import { z } from 'zod';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { chartShape, sampleSchema } from '../charts/chart-request.ts';

export const spcAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    ...chartShape,
    limits: z
      .strictObject({ id: z.string().meta({ format: 'uuid' }), version: z.int().min(1) })
      .optional()
      .meta({ description: 'With limits: which frozen limits the chart has.' }),
    samples: z.array(z.strictObject({ ...sampleSchema.shape, index: z.int().min(0).optional() })).meta({
      description:
        'The sample at each index of the chart; with max_points only those of the points that are shown, each with its `index`.',
    }),
    samples_total: count.optional().meta({ description: 'With max_points: samples of the whole chart.' }),
  })
  .meta({ id: 'SpcChart' });

export type SpcAnswer = z.output<typeof spcAnswer>;
