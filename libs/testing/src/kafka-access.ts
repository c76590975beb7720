import { readFileSync } from 'node:fs';

/** Who a client is, and how it knows the broker, as kafkajs and our own clients take it. */
export interface KafkaAccess {
  readonly ssl?: { ca: string[] };
  readonly sasl?: { mechanism: 'scram-sha-512'; username: string; password: string };
}

/** Variables of the access to one broker: those of a process that talks to another one must not name them. */
const VARIABLES = [
  'KAFKA_SSL',
  'KAFKA_SSL_CA_FILE',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
];

/**
 * How tests reach the broker of `KAFKA_BROKERS`, by the variables that the services read. Nothing for a broker without
 * access control; otherwise TLS with SCRAM.
 */
export function kafkaAccess(env: NodeJS.ProcessEnv = process.env): KafkaAccess {
  const { KAFKA_SSL, KAFKA_SSL_CA_FILE, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = env;
  if (KAFKA_SSL !== 'on') {
    return {};
  }
  if (!KAFKA_SSL_CA_FILE || KAFKA_SASL_MECHANISM !== 'scram-sha-512' || !KAFKA_SASL_USERNAME || !KAFKA_SASL_PASSWORD) {
    throw new Error(`with KAFKA_SSL=on the tests need ${VARIABLES.join(', ')}; the mechanism is scram-sha-512`);
  }
  return {
    ssl: { ca: [readFileSync(KAFKA_SSL_CA_FILE, 'utf8')] },
    sasl: { mechanism: KAFKA_SASL_MECHANISM, username: KAFKA_SASL_USERNAME, password: KAFKA_SASL_PASSWORD },
  };
}

/** The environment without access to the broker of `KAFKA_BROKERS`, for a process that talks to another one. */
export function withoutKafkaAccess(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !VARIABLES.includes(name)));
}
