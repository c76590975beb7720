import { streamsSchema } from '@chip/contracts';
import { kafkaVariables } from '@chip/kafka';
import { serviceSchema } from '@chip/service';
import { z } from 'zod';

/** Variables of the writer. */
export const writerSchema = serviceSchema.extend({
  ...kafkaVariables,
  DATABASE_URL: z
    .string()
    .min(1)
    .describe(
      'PostgreSQL URL of the primary itself, never through PgBouncer; one host: the name that follows the primary',
    ),
  FLUSH_ROWS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(20_000)
    .describe('most rows of one transaction; more take more memory and make a retry more expensive'),
  WRITER_STREAMS: streamsSchema.describe(
    'streams that this process loads into DATABASE_URL: telemetry and inspection may have databases of their own, each with writers and ingests of its own',
  ),
  PARTITIONS_CONCURRENTLY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('partitions of one topic written at the same time, each on its own connection'),
});

export type WriterConfig = z.infer<typeof writerSchema>;
