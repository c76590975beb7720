import { isIP } from 'node:net';
import { kafkaVariables } from '@chip/kafka';
import { authModeSchema, isLoopback, serviceSchema, switchSchema, withAccessRule } from '@chip/service';
import { z } from 'zod';
import { secretsIn } from './sign-in/seals.ts';

/** An address, or a network that is not everyone's. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return most > 0 && more.length === 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most));
}

/** Cookies over plain HTTP could be read on the way. */
function isSafeOrigin(url: string): boolean {
  const { protocol, hostname, origin } = new URL(url);
  return (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) && url.replace(/\/$/, '') === origin;
}

// It reads outside any group.
const { GROUP_PREFIX: _, KAFKA_BROKERS, ...kafkaConnectionVariables } = kafkaVariables;

const perMinute = z.coerce.number().int().min(1).max(1_000_000);
const rateLimitsSchema = z.strictObject({
  light: perMinute,
  statistic: perMinute,
  export: perMinute,
  write: perMinute,
});

export const querySchema = withAccessRule(
  serviceSchema.extend({
    DATABASE_URL: z
      .string()
      .describe(
        'PostgreSQL primary, for requests that write and, without READ_DATABASE_URL, for all requests: postgres://user:password@host:port/database, one host',
      ),
    READ_DATABASE_URL: z
      .string()
      .optional()
      .describe('PostgreSQL for requests that only read, such as a replica; default DATABASE_URL'),
    TELEMETRY_DATABASE_URL: z
      .string()
      .optional()
      .describe(
        'PostgreSQL for requests about telemetry, where its writers load a database of its own; also a replica; default READ_DATABASE_URL',
      ),
    MAX_REPLICA_LAG: z.coerce
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('seconds that a replica at READ_DATABASE_URL may lag; beyond that, the service is not ready'),
    DATABASE_POOL_MAX: z.coerce
      .number()
      .int()
      .min(4)
      .max(200)
      .default(10)
      .describe(
        'maximum number of database connections with which this process reads; a quarter is for exports; further requests wait',
      ),
    DATABASE_STATISTICS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe(
        'of these connections, those for statistics: keep the sum over all instances below the cores of the database, so that statistics slow neither lists nor ingestion',
      ),
    QUERY_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe('longest run of one SQL statement, except of an export; after that, the answer is 503 query_timeout'),
    EXPORT_MAX_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(86_400)
      .default(900)
      .describe(
        'longest run of one export; after that, it breaks off, because the database keeps old rows while it runs',
      ),
    EXPORT_STALL_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(30)
      .describe(
        'an answer, also an export, is aborted when its reader stalls for this long; slower than 8 KiB/s counts as stalled',
      ),
    ALLOWED_HOSTS: z
      .string()
      .transform((names) => names.split(',').map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.string().regex(/^[a-z0-9._-]+$/, 'must be host names without port, separated by commas')))
      .optional()
      .describe(
        'host names that requests may use, separated by commas; any other gets 421. With AUTH_MODE=none loopback names are always allowed; otherwise all names are allowed by default',
      ),
    AUTH_MODE: authModeSchema,
    OIDC_ISSUER: z
      .url({ abort: true })
      .refine((url) => url.startsWith('https://') || isLoopback(new URL(url).hostname), 'must be an https URL')
      .optional()
      .describe('URL of the token issuer, exactly as its tokens state it; required with AUTH_MODE=oidc'),
    OIDC_AUDIENCE: z.string().optional().describe('`aud` of tokens for this service; required with AUTH_MODE=oidc'),
    OIDC_CLIENT_ID: z
      .string()
      .optional()
      .describe(
        'client at the issuer by which people sign in to the page, for PUBLIC_URL/sign-in/done; needs SESSION_SECRET and PUBLIC_URL',
      ),
    OIDC_CLIENT_SECRET: z.string().optional().describe('secret of OIDC_CLIENT_ID; absent for a public client'),
    OIDC_SCOPE: z
      .string()
      .default('openid')
      .refine((scopes) => scopes.split(' ').includes('openid'), 'must include openid')
      .describe('scopes that a sign-in asks for, separated by spaces'),
    SESSION_SECRET: z
      .string()
      .refine((text) => secretsIn(text) !== undefined, 'must be one to five lines of at least 32 characters each')
      .optional()
      .describe(
        'seals the cookies of people who sign in, at least 32 random characters; the same for all instances. Several lines: the first seals, all open',
      ),
    PUBLIC_URL: z
      .url({ abort: true })
      .refine((url) => isSafeOrigin(url), 'must be https://host without a path; http on a loopback address only')
      .optional()
      .describe('address at which browsers reach this service, such as https://chip.example'),
    RATE_LIMITS: z
      .string()
      .default('light=1200,statistic=300,export=20,write=300')
      .transform((text, context) => {
        const given = Object.fromEntries(text.split(',').map((part) => part.split('=').map((word) => word.trim())));
        const checked = rateLimitsSchema.safeParse(given);
        if (checked.success) {
          return checked.data;
        }
        context.addIssue({ code: 'custom', message: 'must be light=N,statistic=N,export=N,write=N' });
        return z.NEVER;
      })
      .describe(
        'requests per minute and caller, by cost: lists, statistics, exports, writes; further requests get 429. Ignored with AUTH_MODE=none',
      ),
    TRUST_PROXY: z
      .string()
      .transform((addresses) => addresses.split(',').map((address) => address.trim()))
      .refine((addresses) => addresses.every(isNetwork), 'must be IP addresses or networks such as 10.1.0.0/16')
      .optional()
      .describe('addresses or networks (CIDR) of proxies whose X-Forwarded-* headers to trust, separated by commas'),
    HTTPS_CERTIFICATE: z
      .string()
      .optional()
      .describe('path of a PEM file with the certificate chain; turns on HTTPS; read again when it changes'),
    HTTPS_KEY: z.string().optional().describe('path of the PEM file with the key of HTTPS_CERTIFICATE'),
    KAFKA_BROKERS: KAFKA_BROKERS.optional().describe(
      'bootstrap brokers, host:port, several separated by commas; with them this instance reads the dead-letter topics into the table dead_letters',
    ),
    ...kafkaConnectionVariables,
    LETTER_REPLAY: switchSchema
      .default(false)
      .describe(
        'on: engineers and admins may replay dead letters through this service; it then needs KAFKA_BROKERS, and the right to write to the machine topics',
      ),
  }),
)
  .refine(({ HTTPS_CERTIFICATE, HTTPS_KEY }) => (HTTPS_CERTIFICATE === undefined) === (HTTPS_KEY === undefined), {
    path: ['HTTPS_KEY'],
    message: 'must be given together with HTTPS_CERTIFICATE',
  })
  .refine(({ DATABASE_POOL_MAX, DATABASE_STATISTICS_MAX }) => DATABASE_STATISTICS_MAX <= DATABASE_POOL_MAX / 2, {
    path: ['DATABASE_STATISTICS_MAX'],
    message: 'must be at most half of DATABASE_POOL_MAX',
  })
  .refine(
    ({ AUTH_MODE, OIDC_ISSUER, OIDC_AUDIENCE }) =>
      !AUTH_MODE.includes('oidc') || (OIDC_ISSUER !== undefined && OIDC_AUDIENCE !== undefined),
    { path: ['OIDC_ISSUER'], message: 'must be given, with OIDC_AUDIENCE, when AUTH_MODE includes oidc' },
  )
  .refine(
    ({ AUTH_MODE, OIDC_CLIENT_ID, SESSION_SECRET, PUBLIC_URL }) =>
      OIDC_CLIENT_ID === undefined ||
      (AUTH_MODE.includes('oidc') && SESSION_SECRET !== undefined && PUBLIC_URL !== undefined),
    { path: ['OIDC_CLIENT_ID'], message: 'must be given with SESSION_SECRET, PUBLIC_URL and an AUTH_MODE with oidc' },
  )
  .refine(({ LETTER_REPLAY, KAFKA_BROKERS: brokers }) => !LETTER_REPLAY || brokers !== undefined, {
    path: ['LETTER_REPLAY'],
    message: 'must be off without KAFKA_BROKERS',
  });
export type QueryConfig = z.output<typeof querySchema>;

/** Largest request body, bytes: ten times what an inspection with metadata needs. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Routes that evaluate the caller's numbers, with room for tens of thousands of samples. */
export const LARGE_BODY_ROUTES: ReadonlySet<string> = new Set([
  '/v1/spc/evaluate',
  '/v1/capability/evaluate',
  '/v1/gauge-rr/evaluate',
]);
export const LARGE_BODY_BYTES = 4 * 1024 * 1024;
/** Most connections at once; the server closes further ones. More than a proxy in front of this service opens. */
export const MAX_CONNECTIONS = 1_000;
/** Longest wait for a database connection; after that, fails fast with 503 instead of queueing. */
export const CONNECT_TIMEOUT_MS = 5_000;
/**
 * Longest wait for the answer to a statement, which may be queued behind another; the database itself ends it earlier.
 * Without it, a server that vanished silently, such as one whose host lost power, would be waited for a quarter of an hour.
 */
export const answerTimeoutMs = (statementMs: number): number => 2 * statementMs + CONNECT_TIMEOUT_MS;
/** Divides the connections to read with by the cost of requests: at least one is left for lists and single items. */
export function readConnections({
  DATABASE_POOL_MAX,
  DATABASE_STATISTICS_MAX,
}: Pick<QueryConfig, 'DATABASE_POOL_MAX' | 'DATABASE_STATISTICS_MAX'>) {
  const exports = Math.floor(DATABASE_POOL_MAX / 4);
  const light = DATABASE_POOL_MAX - DATABASE_STATISTICS_MAX - exports;
  return { light, statistic: DATABASE_STATISTICS_MAX, export: exports };
}

/** Connections for the few requests that write, and as many to read back; other reads have their own, so neither waits. */
export const WRITE_CONNECTIONS = 2;
