import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

/** One refused variable: its name and the reason, never its value, which may be a secret. */
export interface ConfigProblem {
  readonly name: string;
  readonly reason: string;
}

/** The environment does not match the schema. Lists all problems at once, so that one new deployment can fix them. */
export class ConfigError extends AppError {
  readonly code = 'config_invalid';
  readonly retriable = false;

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(`configuration refused: ${problems.map(({ name, reason }) => `${name} ${reason}`).join('; ')}`);
  }
}

/** A schema whose keys are the names of the environment variables. */
export type ConfigSchema = z.ZodObject<z.ZodRawShape>;

/** The variables every service shares. Services extend it: `serviceSchema.extend({ DATABASE_URL: ... })`. */
export const serviceSchema = z.object({
  HOST: z.string().default('127.0.0.1').describe('address the HTTP server listens on'),
  MANAGEMENT_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      'a second port that serves only /health and /metrics, for probes and Prometheus; never expose it to callers',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of an OpenTelemetry collector (OTLP over HTTP), such as http://collector:4318; absent: no tracing'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe(
      'share of traces to record that begin in this service; those of callers and machines follow their traceparent',
    ),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('port of the HTTP server; 0 picks a free one'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('lowest severity to log'),
  INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .default(
      () =>
        hostname()
          .replace(/[^A-Za-z0-9._-]/g, '-')
          .slice(0, 100) || 'local',
    )
    .describe('name of this process among its siblings, in logs and positions; the host name by default'),
});

/** What {@link serviceSchema} yields. */
export type ServiceConfig = z.infer<typeof serviceSchema>;

/** How callers of the HTTP API prove who they are. `none` trusts every client that can connect. */
export const authModeSchema = z
  .enum(['none', 'keys', 'oidc', 'keys+oidc'])
  .default('none')
  .describe(
    'none: no access control, on a loopback address only; keys: API keys; oidc: tokens of OIDC_ISSUER; keys+oidc: both',
  );

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

/** Whether only processes on this machine can connect to `host`. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/**
 * Adds the rule that `AUTH_MODE=none` needs a loopback `HOST`, so that changing an address cannot expose an API without
 * access control.
 */
export function withAccessRule<Schema extends z.ZodType<{ HOST: string; AUTH_MODE: z.infer<typeof authModeSchema> }>>(
  schema: Schema,
): Schema {
  return schema.refine((config) => config.AUTH_MODE !== 'none' || isLoopback(config.HOST), {
    path: ['AUTH_MODE'],
    message: 'must be keys, oidc or keys+oidc unless HOST is a loopback address',
    // Without this, Zod skips the rule while another variable is wrong, and the problem shows only at the next start.
    when: ({ value }) => {
      const { HOST, AUTH_MODE } = value as { HOST?: unknown; AUTH_MODE?: unknown };
      return typeof HOST === 'string' && typeof AUTH_MODE === 'string';
    },
  });
}

/** On or off, as people write it in manifests. */
export const switchSchema = z
  .enum(['on', 'off', 'true', 'false'])
  .transform((value) => value === 'on' || value === 'true');

/** Where the values of a configuration come from that `NAME_FILE` gave. */
const FILES = new WeakMap<object, ReadonlyMap<string, string>>();

/**
 * Reads the variables that `schema` names from `env`, once, at start.
 *
 * An empty string counts as absent. When `NAME` is absent and `NAME_FILE` is set, the value is that file's content
 * without its last line break (secrets mounted as files). Ignores variables that the schema does not name.
 *
 * @throws ConfigError that names every refused variable and the reason, and no value
 */
export function loadConfig<Schema extends ConfigSchema>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.infer<Schema> {
  const problems: ConfigProblem[] = [];
  const given: Record<string, string> = {};
  const files = new Map<string, string>();
  for (const name of Object.keys(schema.shape)) {
    const direct = env[name];
    const file = env[`${name}_FILE`];
    if (direct) {
      given[name] = direct;
    } else if (file) {
      const content = readSecret(file);
      if (content === undefined) {
        problems.push({ name: `${name}_FILE`, reason: 'names a file that cannot be read' });
      } else if (content !== '') {
        given[name] = content;
        files.set(name, file);
      }
    }
  }
  const unreadable = new Set(problems.map(({ name }) => name.replace(/_FILE$/, '')));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0] ?? 'environment');
      if (!unreadable.has(name)) {
        problems.push({ name, reason: reasonOf(issue, given[name]) });
      }
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(problems);
  }
  FILES.set(parsed.data, files);
  return parsed.data as z.infer<Schema>;
}

/**
 * For secrets that are renewed while the process runs: returns a function that gives the present content of the file of
 * `NAME_FILE`. While the file is empty or cannot be read, such as in the middle of its renewal, it gives the content of
 * before. A value that did not come from a file stays.
 *
 * @param config as {@link loadConfig} returns it, not a copy
 * @param name of a variable that the schema does not transform
 */
export function freshValue<Name extends string>(
  config: Readonly<Partial<Record<Name, string | undefined>>>,
  name: Name,
): () => string | undefined {
  const file = FILES.get(config)?.get(name);
  let last = config[name];
  return () => {
    if (file !== undefined) {
      last = readSecret(file) || last;
    }
    return last;
  };
}

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    // No message names the path: it would print a secret set in the wrong variable.
    return undefined;
  }
}

function reasonOf(issue: z.core.$ZodIssue, value: string | undefined): string {
  if (value === undefined && issue.code !== 'custom') {
    return 'is required';
  }
  // Zod's own messages state what it expected, not what it received; a custom message might quote the value.
  if (value !== undefined && value.length > 3 && issue.message.includes(value)) {
    return 'is not valid';
  }
  return issue.message.startsWith('must') || issue.message.startsWith('is ')
    ? issue.message
    : `is not valid: ${issue.message}`;
}

/** One variable of a schema, for documentation and deployment checks. */
export interface ConfigVariable {
  readonly name: string;
  /** Whether the process refuses to start without it. */
  readonly required: boolean;
  /** Default as an operator would write it, before a conversion that follows; undefined when there is none. */
  readonly default: unknown;
  readonly description: string;
}

/** Lists the variables of `schema`, in its order. */
export function describeConfig(schema: ConfigSchema): ConfigVariable[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    const absent = type.safeParse(undefined);
    return {
      name,
      required: !absent.success,
      default: z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }).default ?? absent.data,
      description: type.description ?? '',
    };
  });
}
