/** `npm run fuzz`: random requests to every route of the query service, on its own servers (see usage.mjs). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs';
import '../devstack/kafkajs-timers.ts';
import { buildWorkspace } from '../devstack/commands/build.ts';
import { release, soleOwner } from '../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../devstack/servers/given-servers.ts';
import type { Env } from '../devstack/env-file.ts';
import { cacheFolder, LOCAL_FOLDER, REPOSITORY_ROOT, stackFolder } from '../devstack/layout.ts';
import { startPart, type Part } from '../devstack/processes/part.ts';
import { PortPicker, portsAnywhere } from '../devstack/processes/ports.ts';
import { runMain } from '../devstack/processes/run-main.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import { describeServices, type Services } from '../devstack/processes/services.ts';
import { sweep } from '../devstack/processes/sweep.ts';
import { together } from '../devstack/processes/together.ts';
import { waitFor } from '../devstack/processes/wait-for.ts';
import { pythonPackages, pythonProblem } from '../devstack/python/python-packages.ts';
import { checkDiskSpace, SPACE_FOR_SERVERS } from '../devstack/servers/disk-space.ts';
import { startServers } from '../devstack/servers/provision.ts';
import { reportTo } from '../devstack/terminal/progress.ts';
import { describeFailure, StackError } from '../devstack/terminal/stack-error.ts';
import { wholeNumber } from '../devstack/terminal/whole-number.ts';
import { exampleEvents } from './example-events.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const HERE = path.dirname(SCRIPT);
const report = reportTo((line) => console.error(line));
const HOME = path.join(LOCAL_FOLDER, 'fuzz');
const folder = stackFolder(HOME);
const REPORTS = path.join(HOME, 'reports');

/** What counts as a failure. Whether a request was good is the service's to judge, so no check rejects a 200 or a 400. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'refusals_are_small',
];

interface Options {
  readonly seconds: number;
  readonly seed: number;
}

function readOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
    });
    const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
    return {
      seconds: wholeNumber('--minutes', values.minutes, 1, 1440) * 60,
      seed: wholeNumber('--seed', seed, 0, Number.MAX_SAFE_INTEGER),
    };
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run fuzz -- --help"', { cause: error });
  }
}

async function operate(args: readonly string[], env: Env, signal: AbortSignal): Promise<string> {
  const [entry, ...rest] = args as [string, ...string[]];
  const script = path.join(REPOSITORY_ROOT, 'apps', 'operator', 'dist', `${entry}.js`);
  const options = { cwd: REPOSITORY_ROOT, env: { ...process.env, ...env }, signal, onFailure: 'see the lines above' };
  return (await runCommand(process.execPath, [script, ...rest], options)).stdout;
}

const LONGEST_TURN = fileURLToPath(new URL('./longest-turn.ts', import.meta.url));
const turnFile = (instance: string): string => path.join(HOME, `${instance}.longest-turn.json`);
/** CPU time that no request may keep the event loop for, ms. */
const MOST_MS = 200;

/** The second instance of query asks for keys. Nothing is to be refused for its rate: that would hide the routes. */
function withAccess(part: Part): Part {
  const { launch } = part;
  const access =
    launch.name === 'query-2'
      ? { AUTH_MODE: 'keys', RATE_LIMITS: 'light=1000000,statistic=1000000,export=1000000,write=1000000' }
      : {};
  const watched = launch.name.startsWith('query')
    ? { NODE_OPTIONS: `--import=${LONGEST_TURN}`, FUZZ_LONGEST_TURN: turnFile(launch.name) }
    : {};
  return { ...part, launch: { ...launch, env: { ...launch.env, ...access, ...watched, QUERY_TIMEOUT_MS: '5000' } } };
}

/** Data under the names that the document shows as examples, because the fuzzer uses those as well. */
async function publishExamples(env: Env, query: string, signal: AbortSignal): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: env['KAFKA_BROKERS']!.split(','), clientId: 'fuzz', logLevel: 0 });
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const { topic, messages } of exampleEvents()) {
    await producer.send({ topic, acks: -1, messages });
  }
  await producer.disconnect();
  const isStored = async (): Promise<boolean> => {
    const { totals } = (await (await fetch(`${query}/v1/yield`)).json()) as { totals: { units: number } };
    return totals.units > 0;
  };
  if (!(await waitFor(isStored, 60_000, signal))) {
    throw new Error('the example events were not stored within 60 s');
  }
}

async function startServices(signal: AbortSignal): Promise<{ env: Env; urls: Services['urls'] }> {
  const [{ env }] = await together(
    signal,
    (either) =>
      startServers({
        // Creates the folder of the data again.
        folder: stackFolder(HOME),
        ports: new PortPicker(report),
        firstPorts: portsAnywhere(),
        isDurable: false,
        report,
        signal: either,
      }),
    (either: AbortSignal) => buildWorkspace(report, either),
  );
  await operate(['db', 'migrate'], env, signal);
  await operate(['topics', 'create'], env, signal);
  const { parts, urls } = await describeServices({ query: 2 }, env, new PortPicker(report), portsAnywhere().services);
  await together(
    signal,
    ...parts.map((part) => (either: AbortSignal) => startPart(folder.run, withAccess(part), either)),
  );
  return { env, urls };
}

/** @returns whether every check held */
async function fuzz(name: string, url: string, headers: readonly string[], options: Options, signal: AbortSignal) {
  const packages = await pythonPackages(cacheFolder(), path.join(HERE, 'requirements.txt'));
  report('fuzz', `${name}: ${options.seconds} s, seed ${options.seed}`);
  const args = [
    ...['-m', 'schemathesis.cli', 'run', `${url}/openapi.json`, '--no-color'],
    ...['--checks', CHECKS.join(','), '--continue-on-failure', '--warnings', 'off'],
    ...['--max-time', String(options.seconds), '--seed', String(options.seed), '--generation-database', 'none'],
    ...['--request-timeout', '60', '--report', 'ndjson', '--report-dir', path.join(REPORTS, name)],
    ...headers.flatMap((header) => ['--header', header]),
  ];
  const env = { ...process.env, PYTHONPATH: packages, SCHEMATHESIS_HOOKS: path.join(HERE, 'checks.py') };
  const onFailure = `see the lines above and ${REPORTS}; "--seed ${options.seed}" repeats the requests`;
  try {
    // Schemathesis keeps a folder where it runs.
    const { stdout } = await runCommand('python3', args, { cwd: HOME, env, signal, onFailure });
    console.log(stdout.slice(stdout.indexOf('= SUMMARY =')));
    return true;
  } catch (error) {
    console.error(describeFailure(error));
    return false;
  }
}

/** @returns whether no turn of the event loop took too much CPU time */
function turnsAreShort(instance: string): boolean {
  const file = turnFile(instance);
  const { ms, asked } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { ms: number; asked: string[] })
    : { ms: 0, asked: [] };
  const found = ms === 0 ? 'none worth a note' : `${ms.toFixed(0)} ms, with ${asked.join(' and ') || 'nothing asked'}`;
  report('fuzz', `${instance}: most CPU time of one turn of the event loop (at most ${MOST_MS} ms): ${found}`);
  return ms <= MOST_MS;
}

async function run(options: Options, signal: AbortSignal): Promise<boolean> {
  const { env, urls } = await startServices(signal);
  const [open, keyed] = urls.query as [string, string];
  await publishExamples(env, open, signal);
  const scopes = ['--scope', 'export:raw', '--scope', 'audit:read'];
  const rights = ['--role', 'admin', ...scopes, '--name', 'fuzz', '--by', 'npm run fuzz', '--quiet'];
  const key = (await operate(['keys', 'create', ...rights], env, signal)).trim();
  const half = { ...options, seconds: Math.max(10, Math.floor(options.seconds / 2)) };
  const withoutKeys = await fuzz('open', open, [], half, signal);
  const withKey = await fuzz('keyed', keyed, [`Authorization: Bearer ${key}`], half, signal);
  const short = ['query-1', 'query-2'].map(turnsAreShort);
  return withoutKeys && withKey && short.every(Boolean);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const problem = pythonProblem();
  if (problem !== undefined) {
    throw new StackError(problem, 'install Python 3.11 or newer with pip');
  }
  const signal = soleOwner(folder.run, SCRIPT, '"npm run fuzz"');
  // The requests change what they find, so the servers must be its own.
  forgetGivenServers();
  try {
    await sweep(folder.run, report);
    rmSync(folder.data, { recursive: true, force: true });
    ['query-1', 'query-2'].forEach((instance) => rmSync(turnFile(instance), { force: true }));
    await checkDiskSpace(LOCAL_FOLDER, SPACE_FOR_SERVERS);
    return (await run(options, signal)) ? 0 : 1;
  } finally {
    await sweep(folder.run, report);
    rmSync(folder.data, { recursive: true, force: true });
    release(folder.run);
  }
}

await runMain(main);
