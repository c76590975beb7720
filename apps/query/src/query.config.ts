import { serviceSchema, withAccessRule } from '@chip/service';
import { z } from 'zod';

export const querySchema = withAccessRule(
  serviceSchema.extend({
    DATABASE_URL: z
      .string()
      .describe(
        'PostgreSQL primary, for requests that write and, without READ_DATABASE_URL, for all others: postgres://user:password@host:port/database, one host',
      ),
    READ_DATABASE_URL: z
      .string()
      .optional()
      .describe('PostgreSQL that answers requests that only read, such as replicas; DATABASE_URL when absent'),
    DATABASE_POOL_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(10)
      .describe('most database connections of this process; further requests wait'),
    QUERY_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe('longest run of one SQL statement; then the answer is 503 query_timeout'),
    AUTH_MODE: z
      .enum(['none'], 'must be none: other modes are not supported yet')
      .default('none')
      .describe('none: no access control, on a loopback address only'),
  }),
);
export type QueryConfig = z.output<typeof querySchema>;

/** Largest request body, bytes. Room for tens of thousands of samples sent for evaluation. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Waiting for a connection longer than this answers 503: a client has better things to do than to queue. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Connections for the few requests that write, and as many for what they read back; other reading has its own, so neither waits for the other. */
export const WRITE_CONNECTIONS = 2;
