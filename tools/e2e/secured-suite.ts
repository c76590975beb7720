/** `npm run test:secured`: the integration tests over TLS, with access control at both servers (see usage.mjs). */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildWorkspace } from '../devstack/commands/build.ts';
import { suitesPass } from '../devstack/commands/test/suites-on-servers.ts';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { runMain } from '../devstack/processes/run-main.ts';
import { endOnSignals } from '../devstack/processes/signals.ts';
import { reportTo } from '../devstack/terminal/progress.ts';

const DATABASE = 'chip_quality';
const USER = 'suite';
const report = reportTo((line) => console.error(line));

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { projects: { type: 'string' } } });
  const signal = endOnSignals(() => process.exit(1));
  await buildWorkspace(report, signal);
  // Loads libraries as suites do: @chip/testing imports jest's functions.
  await import(path.join(REPOSITORY_ROOT, 'tools/jest/sources.mjs'));
  const { SecuredKafka } = await import('./secured-kafka.ts');
  const { SecuredPostgres } = await import('./secured-postgres.ts');
  const [kafka, postgres] = await Promise.all([SecuredKafka.start({}, [USER]), SecuredPostgres.start()]);
  try {
    const password = randomBytes(18).toString('hex');
    await kafka.addScramUser('SCRAM-SHA-512', USER, password);
    const urls = [
      'DATABASE_URL',
      'WRITER_DATABASE_URL',
      'INGEST_DATABASE_URL',
      'QUERY_DATABASE_URL',
      'READER_DATABASE_URL',
      'OPERATOR_DATABASE_URL',
    ].map((name) => [name, postgres.url(name, DATABASE)]);
    const env = {
      ...process.env,
      ...(Object.fromEntries(urls) as Record<string, string>),
      PG_BIN: postgres.programs,
      KAFKA_BROKERS: kafka.sasl,
      KAFKA_SSL: 'on',
      KAFKA_SSL_CA_FILE: kafka.file('ca.pem'),
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: USER,
      KAFKA_SASL_PASSWORD: password,
    };
    // Those alone, and not also the suites that theirs wait for.
    const projects =
      values.projects === undefined ? [] : [`--projects=${values.projects}`, '--excludeTaskDependencies'];
    return (await suitesPass(env, projects, signal)) ? 0 : 1;
  } finally {
    await Promise.all([kafka.stop(), postgres.stop()]);
  }
}

await runMain(main);
