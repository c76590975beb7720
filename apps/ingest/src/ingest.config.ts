import { kafkaVariables } from '@chip/kafka';
import { serviceSchema } from '@chip/service';
import { z } from 'zod';

/** Variables of ingest. It needs no database. */
export const ingestSchema = serviceSchema.extend({
  ...kafkaVariables,
  TELEMETRY_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(36_500)
    .default(90)
    .describe(
      'samples older than this are dead letters (too_old); 0 = no limit; the same as the retention of system_metrics',
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
