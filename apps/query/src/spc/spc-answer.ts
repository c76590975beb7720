import { z } from 'zod';
import { asOfSchema, definitionShape } from '../http/answers.ts';
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
    samples: z.array(sampleSchema).meta({ description: 'The sample at each index of the chart.' }),
  })
  .meta({ id: 'SpcChart' });

export type SpcAnswer = z.output<typeof spcAnswer>;
