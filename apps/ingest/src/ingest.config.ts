import { kafkaVariables } from '@chip/kafka';
import { serviceSchema } from '@chip/service';
import { z } from 'zod';

/** Variables of ingest. */
export const ingestSchema = serviceSchema.extend({
  ...kafkaVariables,
  DATABASE_URL: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PostgreSQL URL with the rights of chip_ingest: the retention of telemetry, and where ingest stands still. Without it no sample is too_old, and standstills show in the metrics only',
    ),
  PARTITIONS_CONCURRENTLY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('partitions of one topic whose blocks may be under way at the same time'),
});

export type IngestConfig = z.infer<typeof ingestSchema>;
