/** Servers named by the environment: used as they are, without provisioning local ones. */
import type { Env } from '../env-file.ts';
import { answers } from '../processes/ports.ts';
import { StackError } from '../terminal/stack-error.ts';

const KAFKA_PORT = 9092;
const POSTGRES_PORT = 5432;

/** The variables to pass on; a role without its own address uses the owner's. */
export function givenServers(env: NodeJS.ProcessEnv): Env {
  const given: Env = {};
  const take = (name: string, value: string | undefined) => {
    if (value) {
      given[name] = value;
    }
  };
  take('KAFKA_BROKERS', env['KAFKA_BROKERS']);
  if (env['DATABASE_URL']) {
    for (const name of [
      'DATABASE_URL',
      'WRITER_DATABASE_URL',
      'INGEST_DATABASE_URL',
      'QUERY_DATABASE_URL',
      'READER_DATABASE_URL',
      'OPERATOR_DATABASE_URL',
    ]) {
      take(name, env[name] || env['DATABASE_URL']);
    }
    take('PG_BIN', env['PG_BIN']);
  }
  return given;
}

/** For a command whose servers must be its own, because it measures, changes or damages them. */
export function forgetGivenServers(): void {
  delete process.env['KAFKA_BROKERS'];
  delete process.env['DATABASE_URL'];
}

/** Refuses servers that do not answer: usually a variable left over from an earlier shell. */
export async function checkGivenServers(given: Env): Promise<void> {
  const { KAFKA_BROKERS: brokers, DATABASE_URL: database } = given;
  if (brokers) {
    const reached = await Promise.all(
      brokers.split(',').map((broker) => {
        const { host, port } = splitAddress(broker.trim());
        return answers(host, port);
      }),
    );
    if (!reached.includes(true)) {
      throw new StackError(
        `KAFKA_BROKERS is set, but no broker answers at ${brokers}`,
        'start that broker, or unset KAFKA_BROKERS to use a local one',
      );
    }
  }
  if (database) {
    const url = parseUrl(database);
    if (!(await answers(url.hostname, Number(url.port || POSTGRES_PORT)))) {
      throw new StackError(
        `DATABASE_URL is set, but no server answers at ${url.host}`,
        'start that server, or unset DATABASE_URL to use a local one',
      );
    }
  }
}

function splitAddress(broker: string): { host: string; port: number } {
  const colon = broker.lastIndexOf(':');
  return colon < 0
    ? { host: broker, port: KAFKA_PORT }
    : { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The cause would quote the value, and with it a password.
    throw new StackError('DATABASE_URL is not a URL', 'use the form postgresql://user:password@host:port/database');
  }
}
