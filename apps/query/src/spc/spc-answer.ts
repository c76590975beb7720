import { z } from 'zod';
import { asOfSchema, count, definitionShape, timeText } from '../http/answers.ts';
import { chartShape } from './chart-request.ts';

const sampleSchema = z.strictObject({
  key: z.string().nullable().meta({ description: 'Lot, wafer or day; the chip of a single value.' }),
  site: z.string().nullable(),
  lot_id: z.string().nullable(),
  first_at: timeText,
  last_at: timeText,
  size: count.meta({ description: 'Values, or units.' }),
});

export const spcAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    ...chartShape,
    samples: z.array(sampleSchema).meta({ description: 'The sample at each index of the chart.' }),
  })
  .meta({ id: 'SpcChart' });

export type SpcAnswer = z.output<typeof spcAnswer>;
