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
    MAX_REPLICA_LAG: z.coerce
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('seconds that a replica at READ_DATABASE_URL may be behind; further behind, the service is not ready'),
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
    EXPORT_MAX_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(86_400)
      .default(900)
      .describe('longest run of one export; then it breaks off, since the database keeps old rows as long as it runs'),
    EXPORT_STALL_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(30)
      .describe('an export whose reader takes nothing for so long breaks off; slower than 8 KiB/s counts as nothing'),
    ALLOWED_HOSTS: z
      .string()
      .transform((names) => names.split(',').map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.string().regex(/^[a-z0-9._-]+$/, 'must be host names without port, separated by commas')))
      .optional()
      .describe(
        'host names that requests may name, separated by commas; others answer 421. With AUTH_MODE=none loopback names are always allowed; else all are allowed when absent',
      ),
    AUTH_MODE: z
      .enum(['none'], 'must be none: other modes are not supported yet')
      .default('none')
      .describe('none: no access control, on a loopback address only'),
  }),
);
export type QueryConfig = z.output<typeof querySchema>;

/** Largest request body, bytes: an inspection with its metadata needs a tenth of it. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Routes that take numbers of the caller: room for tens of thousands of samples. */
export const LARGE_BODY_ROUTES: ReadonlySet<string> = new Set([
  '/v1/spc/evaluate',
  '/v1/capability/evaluate',
  '/v1/gauge-rr/evaluate',
]);
export const LARGE_BODY_BYTES = 4 * 1024 * 1024;
/** Connections at once; further ones are closed. More than a proxy in front of this service opens. */
export const MAX_CONNECTIONS = 1_000;
/** Waiting for a connection longer than this answers 503: a client has better things to do than to queue. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Connections for the few requests that write, and as many for what they read back; other reading has its own, so neither waits for the other. */
export const WRITE_CONNECTIONS = 2;
