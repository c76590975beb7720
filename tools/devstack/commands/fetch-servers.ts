/**
 * Downloads the servers while npm installs the packages: bootstrap.mjs starts it, with nothing but Node. Needs no package,
 * directly or through what it imports (its test looks).
 */
import path from 'node:path';
import { cacheFolder, LOCAL_FOLDER, stackFolder } from '../layout.ts';
import { runMain } from '../processes/run-main.ts';
import { endOnSignals } from '../processes/signals.ts';
import { givenServers } from '../servers/given-servers.ts';
import { provideKafka } from '../servers/kafka.ts';
import { providePostgresPrograms } from '../servers/postgres-programs.ts';
import { reportTo } from '../terminal/progress.ts';

const report = reportTo((line) => console.log(line));

async function main(): Promise<number> {
  const signal = endOnSignals(
    () => process.exit(1),
    () => {},
  );
  const given = givenServers(process.env);
  const { run } = stackFolder(path.join(LOCAL_FOLDER, 'fetch'));
  // A failure of one must not stop the other; the command that needs it tries again and says what is missing.
  const results = await Promise.allSettled([
    given['KAFKA_BROKERS'] ? undefined : provideKafka(cacheFolder(), run, report, signal),
    given['DATABASE_URL'] ? undefined : providePostgresPrograms(cacheFolder(), report, signal),
  ]);
  return results.every(({ status }) => status === 'fulfilled') ? 0 : 1;
}

await runMain(main);
