/** How to reach Kafka, and as whom: variables of a service, and the clients made from them. */
import { repairRequestQueue } from './kafkajs-patches/request-queue.ts';
import { frameSockets } from './kafkajs-patches/response-frames.ts';
import { registerCodecs } from './records/codecs.ts';
import { ConfigError, freshValue, switchSchema, type Logger, watchCertificate } from '@chip/service';
import kafkajs, { type Cluster, type Kafka, type KafkaConfig, type logCreator } from 'kafkajs';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { PREFIX, type Prefixes } from './names.ts';
import { oauthBearer, type TokenSource } from './oauth-bearer.ts';

repairRequestQueue();
registerCodecs();

/** How to reach the brokers, and as whom. */
export interface KafkaConnection extends Prefixes {
  readonly brokers: readonly string[];
  /** Name of this process in the brokers' logs and quotas. */
  readonly clientId: string;
  /** Of a service's variables, certificates and passwords have getters: each connection reads their files again. */
  readonly ssl?: boolean | { ca?: string | string[]; cert?: string; key?: string };
  readonly sasl?:
    | { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
    | { mechanism: 'oauthbearer'; tokens: TokenSource };
}

const BROKER = /^(\[[0-9a-fA-F:]+\]|[^\s:,@/]+):\d{1,5}$/;

/** Whether client credentials may travel to `endpoint`: over TLS, or on the loopback only. */
function isProtected(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

const prefix = z
  .string()
  .regex(PREFIX, 'must be at most 100 letters, digits, dots, underscores and hyphens')
  .default('');

/** Variables of a service that talks to Kafka: `serviceSchema.extend(kafkaVariables)`. */
export const kafkaVariables = {
  KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .refine(
      (brokers) => brokers.every((broker) => BROKER.test(broker)),
      'must be host:port, several separated by commas',
    )
    .describe('bootstrap brokers, host:port, several separated by commas'),
  TOPIC_PREFIX: prefix.describe(
    'put before the name of every topic, such as "fab7."; lets two environments share brokers',
  ),
  GROUP_PREFIX: prefix.describe('put before the name of every consumer group'),
  KAFKA_SSL: switchSchema.default(false).describe('on: TLS to the brokers'),
  KAFKA_SSL_CA: z
    .string()
    .optional()
    .describe('PEM of the authority that signed the brokers; the system store when absent'),
  KAFKA_SSL_CERT: z.string().optional().describe('PEM of the client certificate, for mutual TLS'),
  KAFKA_SSL_KEY: z.string().optional().describe('PEM of the client key, for mutual TLS'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .describe('SASL mechanism; absent: no SASL'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('SASL user; with a token endpoint the client id'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('SASL password; with a token endpoint the client secret'),
  KAFKA_SASL_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('oauthbearer: file that holds the token, read for each session'),
  KAFKA_SASL_TOKEN_ENDPOINT: z
    .url({ protocol: /^https?$/, abort: true })
    .refine(isProtected, 'must be https (http only for the loopback)')
    .optional()
    .describe('oauthbearer: URL that gives tokens for client credentials, instead of a file'),
  KAFKA_SASL_SCOPE: z.string().min(1).optional().describe('oauthbearer: scope to ask the token endpoint for'),
};

export type KafkaVariables = z.infer<z.ZodObject<typeof kafkaVariables>>;

/** As a process needs them that may have no consumer group. */
type ConnectionVariables = Omit<KafkaVariables, 'GROUP_PREFIX'> & Partial<Pick<KafkaVariables, 'GROUP_PREFIX'>>;

/**
 * The connection that a service's variables describe. kafkajs reads certificates and passwords for each connection that
 * it opens, and their getters read the files again: renewed ones are taken over without a restart.
 *
 * @param config as `loadConfig` returns it: a copy does not know its files
 */
export function kafkaConnection(config: ConnectionVariables, clientId: string): KafkaConnection {
  const { KAFKA_SASL_MECHANISM: mechanism } = config;
  const ssl = {};
  const give = (option: string, name: 'KAFKA_SSL_CA' | 'KAFKA_SSL_CERT' | 'KAFKA_SSL_KEY'): void => {
    if (config[name] !== undefined) {
      Object.defineProperty(ssl, option, { enumerable: true, get: freshValue(config, name) });
    }
  };
  give('ca', 'KAFKA_SSL_CA');
  give('cert', 'KAFKA_SSL_CERT');
  give('key', 'KAFKA_SSL_KEY');
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    ...(config.TOPIC_PREFIX === '' ? {} : { topicPrefix: config.TOPIC_PREFIX }),
    ...(config.GROUP_PREFIX ? { groupPrefix: config.GROUP_PREFIX } : {}),
    ...(config.KAFKA_SSL ? { ssl: Object.keys(ssl).length > 0 ? ssl : true } : {}),
    ...(mechanism === undefined ? {} : { sasl: saslOf(mechanism, config) }),
  };
}

/**
 * The connection of a service, whose certificates are measured: see {@link kafkaConnection}.
 *
 * @param client the service's name on the brokers; the instance follows it
 */
export function serviceConnection(
  config: ConnectionVariables & { readonly INSTANCE: string },
  client: string,
  registry: Registry,
): KafkaConnection {
  for (const name of config.KAFKA_SSL ? (['KAFKA_SSL_CA', 'KAFKA_SSL_CERT'] as const) : []) {
    if (config[name] !== undefined) {
      watchCertificate(registry, name, freshValue(config, name) as () => string);
    }
  }
  return kafkaConnection(config, `${client}-${config.INSTANCE}`);
}

/** @throws ConfigError naming what the mechanism lacks */
function saslOf(
  mechanism: NonNullable<KafkaVariables['KAFKA_SASL_MECHANISM']>,
  config: ConnectionVariables,
): NonNullable<KafkaConnection['sasl']> {
  const password = freshValue(config, 'KAFKA_SASL_PASSWORD');
  const required = (name: 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD', why: string): string => {
    const value = config[name];
    if (value === undefined || value === '') {
      throw new ConfigError([{ name, reason: `is required with ${why}` }]);
    }
    return value;
  };
  if (mechanism !== 'oauthbearer') {
    const why = `KAFKA_SASL_MECHANISM=${mechanism}`;
    const username = required('KAFKA_SASL_USERNAME', why);
    required('KAFKA_SASL_PASSWORD', why);
    return {
      mechanism,
      username,
      get password() {
        return password() as string;
      },
    };
  }
  const { KAFKA_SASL_TOKEN_FILE: file, KAFKA_SASL_TOKEN_ENDPOINT: endpoint, KAFKA_SASL_SCOPE: scope } = config;
  if ((file === undefined) === (endpoint === undefined)) {
    const reason = 'or KAFKA_SASL_TOKEN_ENDPOINT, one of them, is required with KAFKA_SASL_MECHANISM=oauthbearer';
    throw new ConfigError([{ name: 'KAFKA_SASL_TOKEN_FILE', reason }]);
  }
  if (file !== undefined) {
    return { mechanism, tokens: { file } };
  }
  const clientId = required('KAFKA_SASL_USERNAME', 'KAFKA_SASL_TOKEN_ENDPOINT');
  required('KAFKA_SASL_PASSWORD', 'KAFKA_SASL_TOKEN_ENDPOINT');
  return {
    mechanism,
    tokens: {
      endpoint: endpoint as string,
      clientId,
      get clientSecret() {
        return password() as string;
      },
      ...(scope === undefined ? {} : { scope }),
    },
  };
}

/**
 * kafkajs retries its calls. Pauses stay short, so that work resumes within seconds after a broker returns. The layers
 * above decide how long to go on, by deadlines and the watchdog.
 */
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 8 };

/**
 * A kafkajs client. Each consumer needs its own: consumers of one client share a table of committed offsets by group.
 */
export function createKafka(connection: KafkaConnection, logger: Logger, overrides: Partial<KafkaConfig> = {}): Kafka {
  return new kafkajs.Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined
      ? {}
      : {
          sasl: (connection.sasl.mechanism === 'oauthbearer'
            ? oauthBearer(connection.sasl.tokens)
            : connection.sasl) as KafkaConfig['sasl'],
        }),
    socketFactory: frameSockets,
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    retry: RETRY,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logInto(logger),
    ...overrides,
  } as KafkaConfig);
}

/**
 * Metadata and brokers, for requests that no client of kafkajs offers. kafkajs hands its cluster to partition assigners
 * when a consumer is created; this consumer is never started.
 */
export function clusterOf(connection: KafkaConnection, logger: Logger): Cluster {
  const kafka = createKafka(connection, logger, {
    retry: { initialRetryTime: 200, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 4 },
  });
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return kafkajs.PartitionAssigners.roundRobin(config);
      },
    ],
  });
  return cluster as Cluster;
}

const REPEAT_AFTER_MS = 10_000;

/**
 * Most of what kafkajs logs as an error is a broker that is down for a moment, several times a second. It becomes a
 * warning here, and the same line appears once in 10 s. Failures that matter surface as typed errors and are logged by
 * us.
 */
function logInto(logger: Logger): logCreator {
  const child = logger.child({ component: 'kafkajs' });
  const lastWarnedAt = new Map<string, number>();
  return () =>
    ({ namespace, level, log }) => {
      const { message, broker, groupId, topic, partition, error } = log as typeof log & Record<string, unknown>;
      const fields = { namespace, broker, groupId, topic, partition, error };
      if (level !== kafkajs.logLevel.ERROR) {
        child.debug(fields, message);
        return;
      }
      const now = performance.now();
      const key = `${namespace} ${message} ${String(broker)}`;
      if (now - (lastWarnedAt.get(key) ?? -Infinity) < REPEAT_AFTER_MS) {
        return;
      }
      if (lastWarnedAt.size > 1_000) {
        lastWarnedAt.clear();
      }
      lastWarnedAt.set(key, now);
      child.warn(fields, message);
    };
}
