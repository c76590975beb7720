import './kafkajs-patches/request-queue.ts';
import './records/codecs.ts';
import { switchSchema, type Logger } from '@chip/service';
import kafkajs, { type Cluster, type Kafka, type KafkaConfig, type logCreator } from 'kafkajs';
import { z } from 'zod';
import { PREFIX } from './names.ts';

/** How to reach the brokers, and as whom. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** Name of this process in the brokers' logs and quotas. */
  readonly clientId: string;
  /** Stands before the name of every topic on the brokers; callers never see it. Default: none. */
  readonly topicPrefix?: string;
  /** The same for consumer groups. */
  readonly groupPrefix?: string;
  readonly ssl?: boolean | { ca?: string[]; cert?: string; key?: string };
  readonly sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
}

const BROKER = /^(\[[0-9a-fA-F:]+\]|[^\s:,@/]+):\d{1,5}$/;

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
    'stands before the name of every topic, such as "fab7."; it lets two environments share brokers',
  ),
  GROUP_PREFIX: prefix.describe('stands before the name of every consumer group'),
  KAFKA_SSL: switchSchema.default(false).describe('on: TLS to the brokers'),
  KAFKA_SSL_CA: z
    .string()
    .optional()
    .describe('PEM of the authority that signed the brokers; the system store when absent'),
  KAFKA_SSL_CERT: z.string().optional().describe('PEM of the client certificate, for mutual TLS'),
  KAFKA_SSL_KEY: z.string().optional().describe('PEM of the client key, for mutual TLS'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('SASL mechanism; absent: no SASL'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('SASL user'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('SASL password'),
};

export type KafkaVariables = z.infer<z.ZodObject<typeof kafkaVariables>>;

/** The connection that a service's variables describe. */
export function kafkaConnection(config: KafkaVariables, clientId: string): KafkaConnection {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key, KAFKA_SASL_MECHANISM: mechanism } = config;
  const ssl = {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    ...(config.TOPIC_PREFIX === '' ? {} : { topicPrefix: config.TOPIC_PREFIX }),
    ...(config.GROUP_PREFIX === '' ? {} : { groupPrefix: config.GROUP_PREFIX }),
    ...(config.KAFKA_SSL ? { ssl: Object.keys(ssl).length > 0 ? ssl : true } : {}),
    ...(mechanism === undefined
      ? {}
      : {
          sasl: { mechanism, username: config.KAFKA_SASL_USERNAME ?? '', password: config.KAFKA_SASL_PASSWORD ?? '' },
        }),
  };
}

/**
 * kafkajs repeats its calls by itself. Pauses stay short, so that work resumes within seconds after a broker returns;
 * how long to go on is decided above, by deadlines and the watchdog.
 */
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 8 };

/** A kafkajs client. Each consumer needs its own: clients share a table of committed offsets by group name. */
export function createKafka(connection: KafkaConnection, logger: Logger, overrides: Partial<KafkaConfig> = {}): Kafka {
  return new kafkajs.Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl as KafkaConfig['sasl'] }),
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    retry: RETRY,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logInto(logger),
    ...overrides,
  } as KafkaConfig);
}

/**
 * Metadata and brokers, for requests that no client of kafkajs offers. It hands its cluster to partition assigners when
 * a consumer is made, which is never started here.
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
 * What kafkajs calls an error is mostly a broker that is away for a moment, and it says so several times a second:
 * a warning here, the same line once in 10 s. Failures that matter surface as typed errors and are logged by us.
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
      if (now - (lastWarnedAt.get(key) ?? -Infinity) < REPEAT_AFTER_MS) return;
      if (lastWarnedAt.size > 1_000) lastWarnedAt.clear();
      lastWarnedAt.set(key, now);
      child.warn(fields, message);
    };
}
