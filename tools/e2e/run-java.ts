import { tmpdir } from 'node:os';
import { requiredEnv } from '@chip/testing';
import { cacheFolder } from '../devstack/layout.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import { COMPILE_LITTLE, javaProgram, provideKafka } from '../devstack/servers/kafka.ts';

/** How suites reach their brokers, as settings of a Java client: `CLIENT_BOOTSTRAP_SERVERS` is its `bootstrap.servers`. */
export function javaClient(): Record<string, string> {
  const brokers = { CLIENT_BOOTSTRAP_SERVERS: requiredEnv('KAFKA_BROKERS') };
  if (process.env['KAFKA_SSL'] !== 'on') {
    return brokers;
  }
  const login = `username="${requiredEnv('KAFKA_SASL_USERNAME')}" password="${requiredEnv('KAFKA_SASL_PASSWORD')}"`;
  return {
    ...brokers,
    CLIENT_SECURITY_PROTOCOL: 'SASL_SSL',
    CLIENT_SSL_TRUSTSTORE_TYPE: 'PEM',
    CLIENT_SSL_TRUSTSTORE_LOCATION: requiredEnv('KAFKA_SSL_CA_FILE'),
    CLIENT_SASL_MECHANISM: requiredEnv('KAFKA_SASL_MECHANISM').toUpperCase(),
    CLIENT_SASL_JAAS_CONFIG: `org.apache.kafka.common.security.scram.ScramLoginModule required ${login};`,
  };
}

/** Runs a Java program from its source, with the client of the broker's version. @returns what it prints */
export async function runJava(source: string, variables: Record<string, string>): Promise<string> {
  const { jars, classes } = await provideKafka(cacheFolder(), tmpdir(), () => {}, new AbortController().signal);
  const args = [COMPILE_LITTLE, ...classes, '-cp', `${jars}/*`, source];
  const { stdout } = await runCommand(javaProgram(), args, {
    env: { ...process.env, ...variables },
    onFailure: `read ${source}`,
  });
  return stdout;
}
