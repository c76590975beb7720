import { streamsSchema } from '@chip/contracts';
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
      'PostgreSQL URL with the rights of chip_ingest: holds the retention of telemetry and the partitions that ingest has stopped. Without it no sample is too_old, and stopped partitions show in the metrics only',
    ),
  INGEST_STREAMS: streamsSchema.describe(
    'streams whose machine topics this process reads: those of the writers that load the same DATABASE_URL',
  ),
  PARTITIONS_CONCURRENTLY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('partitions of one topic that may have blocks in flight at the same time'),
});

export type IngestConfig = z.infer<typeof ingestSchema>;
