/** Runs the whole pipeline until asked to stop: servers, topics and tables, services, synthetic load. */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildWorkspace } from '../build.ts';
import { checkDiskSpace, SPACE_FOR_SERVERS } from '../../servers/disk-space.ts';
import { writeEnvFile, type Env } from '../../env-file.ts';
import { LOCAL_FOLDER, REPOSITORY_ROOT, STACK_ENV_FILE, stackFolder, type StackFolder } from '../../layout.ts';
import { claim, release } from '../one-at-a-time.ts';
import { PortPicker } from '../../processes/ports.ts';
import type { Part } from '../../processes/part.ts';
import type { Report } from '../../terminal/progress.ts';
import { startServers, usualPorts, type Servers } from '../../servers/provision.ts';
import { runCommand } from '../../processes/run-command.ts';
import {
  describeServices,
  describeSimulator,
  SERVICE_NAMES,
  type ServiceCounts,
  type Services,
  urlVariable,
} from '../../processes/services.ts';
import { StackError } from '../../terminal/stack-error.ts';
import { Supervisor } from '../../processes/supervisor.ts';
import { sweep } from '../../processes/sweep.ts';
import { together } from '../../processes/together.ts';
import { storeGeometries } from './geometries.ts';

export interface StackOptions extends ServiceCounts {
  readonly hasSimulator: boolean;
  /** AUTH_MODE of the query service. */
  readonly auth: 'none' | 'keys';
}

/** What the stack offers once it is ready. */
interface RunningStack {
  readonly urls: Services['urls'];
  /** A viewer's API key where the query service asks for one: a secret, never for a log. */
  readonly key: string | undefined;
}

export interface StackRun {
  /** Path of the command that runs the stack; other commands find it by this path. */
  readonly script: string;
  readonly options: StackOptions;
  readonly report: Report;
  /** Aborted to stop the stack. */
  readonly signal: AbortSignal;
  /** Called once everything is ready; the stack runs until the promise settles or the signal is aborted. */
  readonly whileRunning: (stack: RunningStack) => Promise<void>;
}

export async function runStack(run: StackRun): Promise<void> {
  const folder = stackFolder(LOCAL_FOLDER);
  const other = claim(folder.run, run.script);
  if (other !== undefined) {
    throw new StackError(`another "npm start" is running (pid ${other})`, 'wait for it, or stop it with "npm stop"');
  }
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  try {
    await endLeftovers(folder, run.report);
    await bringUp(run, folder, signal);
  } finally {
    stopping.abort();
    await sweep(folder.run, run.report);
    rmSync(STACK_ENV_FILE, { force: true });
    release(folder.run);
  }
}

/** Cleans up after a crashed run: processes, an outdated environment file, logs. */
async function endLeftovers({ run }: StackFolder, report: Report): Promise<void> {
  rmSync(STACK_ENV_FILE, { force: true });
  const ended = await sweep(run, report);
  if (ended.length > 0) {
    report('clean-up', `ended ${ended.length} processes left behind by an earlier run`);
  }
  // One log per run; the previous one stays for diagnosis.
  for (const name of readdirSync(run).filter((file) => file.endsWith('.log') && !file.startsWith('supervisor'))) {
    renameSync(path.join(run, name), path.join(run, `${name}.old`));
  }
}

async function bringUp(run: StackRun, folder: StackFolder, signal: AbortSignal): Promise<void> {
  const { options, report } = run;
  await checkDiskSpace(LOCAL_FOLDER, SPACE_FOR_SERVERS);
  const ports = new PortPicker(report);
  const [servers] = await together<[Servers, void]>(
    signal,
    (either) => startServers({ folder, ports, firstPorts: usualPorts, isDurable: true, report, signal: either }),
    (either) => buildWorkspace(report, either),
  );
  const supervisor = new Supervisor(folder.run, report, signal);
  servers.started.forEach(({ part, process }) => supervisor.adopt(part, process));

  // The schema first: it holds the audit trail of the topics.
  await operate('db', 'migrate', servers.env, report, signal);
  await operate('topics', 'create', servers.env, report, signal);

  const { parts: services, urls } = await describeServices(options, servers.env, ports);
  const parts = services.map((part) => withAuthMode(part, options.auth));
  report('services', `starting ${parts.map(({ launch }) => launch.name).join(', ')}`);
  await together(signal, ...parts.map((part) => (either: AbortSignal) => supervisor.start(part, either)));
  report('services', 'ready');
  if (options.hasSimulator) {
    await supervisor.start(describeSimulator(servers.env), signal);
    report('simulator-1', 'publishing synthetic inspections and telemetry');
    const unlessEnded =
      (what: string) =>
      (error: unknown): void => {
        if (!signal.aborted) {
          report('history', `${what}: ${error instanceof Error ? error.message : String(error)}`);
        }
      };
    void publishHistory(folder, servers.env, signal).catch(unlessEnded('not published'));
    // With access control, only a person with a key for changes may store them.
    const [queryUrl] = urls.query;
    if (options.auth === 'none' && queryUrl !== undefined) {
      void storeGeometries(queryUrl, signal).catch(unlessEnded('no geometry of wafers'));
    }
  }
  const key = options.auth === 'keys' ? await makeKey(servers.env, report, signal) : undefined;
  writeEnvFile(STACK_ENV_FILE, {
    ...servers.env,
    ...Object.fromEntries(SERVICE_NAMES.map((name) => [urlVariable(name), urls[name].join(',')])),
    ...(key === undefined ? {} : { QUERY_KEY: key }),
  });
  await run.whileRunning({ urls, key });
}

function withAuthMode(part: Part, auth: StackOptions['auth']): Part {
  const { launch } = part;
  return launch.name.startsWith('query-')
    ? { ...part, launch: { ...launch, env: { ...launch.env, AUTH_MODE: auth } } }
    : part;
}

/** Lots that the fab inspected before it was first watched: enough to see which machine drifts, and which one scratches. */
const HISTORY = ['--once', '--lots', '45', '--steps', 'GATE-CD,M1-AOI', '--rate', '0', '--inspection-rate', '6'];
/** Two lots whose galleries differ at a glance. Their own seed gives them names of their own. */
const PATTERNS = [
  ...['--once', '--lots', '2', '--steps', 'M1-AOI,CP1', '--rate', '0', '--inspection-rate', '3'],
  ...['--patterns', 'ring,scratch', '--seed', 'patterns'],
];

/** Once for all data: the services work it off while they already serve. */
async function publishHistory({ data }: StackFolder, servers: Env, signal: AbortSignal): Promise<void> {
  const done = path.join(data, 'history-published');
  if (existsSync(done)) {
    return;
  }
  for (const args of [HISTORY, PATTERNS]) {
    await runCommand(process.execPath, [path.join(REPOSITORY_ROOT, 'apps', 'machines', 'dist', 'main.js'), ...args], {
      cwd: REPOSITORY_ROOT,
      env: { ...process.env, KAFKA_BROKERS: servers['KAFKA_BROKERS'] },
      signal,
      onFailure: 'see the lines above',
    });
  }
  writeFileSync(done, '');
}

/** A new key for each run, so that none has to be kept; it ends after a week. */
async function makeKey(env: Env, report: Report, signal: AbortSignal): Promise<string> {
  const args = ['--role', 'viewer', '--name', 'npm start', '--expires', '7d', '--by', 'npm start', '--quiet'];
  return (await operate('keys', 'create', env, report, signal, args)).trim();
}

/** @returns what the command printed */
async function operate(
  entry: string,
  command: string,
  env: Env,
  report: Report,
  signal: AbortSignal,
  args: readonly string[] = [],
): Promise<string> {
  report(entry, command);
  const script = path.join(REPOSITORY_ROOT, 'apps', 'operator', 'dist', `${entry}.js`);
  const { stdout } = await runCommand(process.execPath, [script, command, ...args], {
    cwd: REPOSITORY_ROOT,
    env: { ...process.env, ...env },
    signal,
    onFailure: `see the lines above; "npm run ${entry} -- --help" explains the command`,
  });
  return stdout;
}
