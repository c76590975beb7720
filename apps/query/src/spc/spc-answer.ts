import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { chartShape, sampleSchema } from '../charts/chart-request.ts';

const limitsOfPhase = z.strictObject({
  centre: z.number().nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  violations: count,
});

export const spcAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    ...chartShape,
    limits: z
      .strictObject({ id: z.string().meta({ format: 'uuid' }), version: z.int().min(1) })
      .optional()
      .meta({ description: 'With limits: which frozen limits the chart has.' }),
    phases: z
      .array(
        z.strictObject({
          from: z.int().min(0).meta({ description: 'Index of its first sample.' }),
          to: z.int().min(1).meta({ description: 'Index after its last sample.' }),
          first_at: timeText,
          sigma: z.number().nullable(),
          location: limitsOfPhase,
          dispersion: limitsOfPhase.optional(),
          within: limitsOfPhase.optional(),
        }),
      )
      .optional()
      .meta({
        description: 'With phases: those that have samples, in order; limits are null where they vary or are missing.',
      }),
    samples: z.array(z.strictObject({ ...sampleSchema.shape, index: z.int().min(0).optional() })).meta({
      description:
        'The sample at each index of the chart; with max_points only those of the points that are shown, each with its `index`.',
    }),
    samples_total: count.optional().meta({ description: 'With max_points: samples of the whole chart.' }),
  })
  .meta({ id: 'SpcChart' });

export type SpcAnswer = z.output<typeof spcAnswer>;
