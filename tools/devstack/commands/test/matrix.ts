/** `npm run matrix`: the integration tests on the other versions that we support, one column after the other (see usage.mjs). */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LOCAL_FOLDER, stackFolder } from '../../layout.ts';
import { PortPicker, portsAnywhere } from '../../processes/ports.ts';
import { runMain } from '../../processes/run-main.ts';
import { sweep } from '../../processes/sweep.ts';
import { startServers } from '../../servers/provision.ts';
import { reportTo } from '../../terminal/progress.ts';
import { StackError } from '../../terminal/stack-error.ts';
import { buildWorkspace } from '../build.ts';
import { release, soleOwner } from '../one-at-a-time.ts';
import { forgetGivenServers } from '../../servers/given-servers.ts';
import { deleteTestFolder, newTestFolder } from './test-folder.ts';
import { suitesPass } from './suites-on-servers.ts';

const SCRIPT = import.meta.filename;
const report = reportTo((line) => console.log(line));

/** Versions beside those of `npm test`, by the variables that ask for them. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'postgres-18': { CHIP_POSTGRES_MAJOR: '18' },
  'kafka-newest': { CHIP_KAFKA_VERSION: '4.3.1' },
};
/** Whatever talks to a server. */
const PROJECTS = ['persistence', 'kafka', 'ingest', 'writer', 'query', 'operator', 'e2e'];

async function main(): Promise<number> {
  const { columns, projects } = parseOptions(process.argv.slice(2));
  forgetGivenServers();
  const home = path.join(LOCAL_FOLDER, 'matrix');
  const { run } = stackFolder(home);
  const signal = soleOwner(run, SCRIPT, '"npm run matrix"');
  const failed: string[] = [];
  try {
    await buildWorkspace(report, signal);
    for (const column of columns) {
      report('matrix', `${column}: ${JSON.stringify(COLUMNS[column])}`);
      const isOk = await testOn(column, projects, home, signal);
      report('matrix', `${column}: ${isOk ? 'ok' : 'FAILED'}`);
      failed.push(...(isOk ? [] : [column]));
    }
  } finally {
    release(run);
  }
  console.log(failed.length === 0 ? `every column passed: ${columns.join(', ')}` : `FAILED: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

function parseOptions(argv: readonly string[]): { columns: string[]; projects: string[] } {
  const chosen = (option: string, value: string | undefined, from: readonly string[]): string[] => {
    const names = value?.split(',') ?? [...from];
    const unknown = names.filter((name) => !from.includes(name));
    if (unknown.length > 0) {
      throw new TypeError(`--${option} ${unknown.join()} is unknown; there are ${from.join(', ')}`);
    }
    return names;
  };
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { only: { type: 'string' }, projects: { type: 'string' } },
    });
    return {
      columns: chosen('only', values.only, Object.keys(COLUMNS)),
      projects: chosen('projects', values.projects, PROJECTS),
    };
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run matrix -- --help"', { cause: error });
  }
}

async function testOn(
  column: string,
  projects: readonly string[],
  home: string,
  signal: AbortSignal,
): Promise<boolean> {
  const cleanUp = async (): Promise<void> => {
    await sweep(stackFolder(home).run, report);
    deleteTestFolder(home);
  };
  const versions = COLUMNS[column];
  // Servers that a suite starts itself are of these versions, too.
  Object.assign(process.env, versions);
  try {
    await cleanUp();
    const ports = new PortPicker(report);
    const folder = newTestFolder(home);
    const { env } = await startServers({
      folder,
      ports,
      firstPorts: portsAnywhere(),
      isDurable: false,
      report,
      signal,
    });
    return await suitesPass({ ...process.env, ...env }, [`--projects=${projects.join(',')}`], signal);
  } finally {
    Object.keys(versions ?? {}).forEach((name) => delete process.env[name]);
    await cleanUp();
  }
}

await runMain(main);
