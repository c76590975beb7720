/**
 * Every command of README and docs runs against the whole pipeline with the data of the synthetic fab, and queries must
 * return rows. What cannot run here says so behind its fence, but its options must exist all the same.
 */
import { spawnSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requiredEnv } from '@chip/testing';
import { Pipeline, type Service } from '../e2e/pipeline.ts';
import { runJava } from '../e2e/run-java.ts';
import { SecuredKafka } from '../e2e/secured-kafka.ts';
import { cacheFolder, REPOSITORY_ROOT } from '../devstack/layout.ts';
import { SERVICE_NAMES, type ServiceName, urlVariable } from '../devstack/processes/services.ts';
import { pythonPackages, pythonProblem } from '../devstack/python/python-packages.ts';
import { chipArguments, programs, shellExamples } from './shell-examples.ts';

/** Blocks that cannot run here. This number may only shrink: no test proves these commands. */
const MOST_NOT_RUN = 23;

const read = (file: string): string => readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8');
const pages = [...globSync('*.md', { cwd: REPOSITORY_ROOT }), ...globSync('docs/**/*.md', { cwd: REPOSITORY_ROOT })];
const examples = pages.sort().flatMap((page) => shellExamples(page, read(page)));

/** The application of each command. */
const projects = new Map(
  [...read('package.json').matchAll(/"(\w+)": "node tools\/devstack\/commands\/bootstrap\.mjs run (\w+) \w+"/g)].map(
    ([, command, project]) => [command!, project!],
  ),
);
const commands = new Set(projects.keys());

const CHECKOUT = mkdtempSync(path.join(tmpdir(), 'chip-examples-'));
/** Examples speak without TLS: where the brokers of all tests want it, with one of their own. */
let ownKafka: SecuredKafka | undefined;
let brokers: string;
let pipeline: Pipeline;
const services = new Map<ServiceName, Service>();
let env: NodeJS.ProcessEnv;

/** A checkout in which this test's stack is the running one, and commands are already built. */
function prepareCheckout(databaseUrl: string): void {
  for (const name of readdirSync(REPOSITORY_ROOT).filter((entry) => entry !== '.local')) {
    symlinkSync(path.join(REPOSITORY_ROOT, name), path.join(CHECKOUT, name));
  }
  const reader = new URL(process.env['READER_DATABASE_URL'] ?? databaseUrl);
  reader.pathname = new URL(databaseUrl).pathname;
  const stack = {
    KAFKA_BROKERS: brokers,
    DATABASE_URL: databaseUrl,
    READER_DATABASE_URL: reader.href,
    PG_BIN: requiredEnv('PG_BIN'),
    ...Object.fromEntries([...services].map(([name, { url }]) => [urlVariable(name), url])),
  };
  mkdirSync(path.join(CHECKOUT, '.local'));
  writeFileSync(
    path.join(CHECKOUT, '.local/stack.env'),
    Object.entries(stack)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const cases = [...projects].map(([command, project]) => `${command}) app=${project} ;;`).join(' ');
  writeFileSync(
    path.join(CHECKOUT, 'preamble.sh'),
    `set -euo pipefail
set -a; . .local/stack.env; set +a
curl() { command curl --silent --show-error --fail-with-body "$@"; }
chip() {
  case "$1" in ${cases} esac
  "${process.execPath}" "apps/$app/dist/$1.js" "\${@:2}"
}
`,
  );
  env = { ...process.env, NODE_OPTIONS: '', INIT_CWD: CHECKOUT };
}

const shell = (script: string) =>
  spawnSync('bash', ['-c', `. ./preamble.sh\n${script}`], {
    cwd: CHECKOUT,
    env,
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 256 * 1024 * 1024,
  });

beforeAll(async () => {
  ownKafka = process.env['KAFKA_SSL'] === 'on' ? await SecuredKafka.start({}) : undefined;
  brokers = ownKafka?.admin ?? requiredEnv('KAFKA_BROKERS');
  pipeline = await Pipeline.create(ownKafka?.admin);
  await Promise.all(SERVICE_NAMES.map(async (name) => services.set(name, await pipeline.start(name))));
  await pipeline.run('machines', 'main', ['--once', '--lots', '3', '--rate', '5']);
  await pipeline.produce(
    'telemetry.samples.v1',
    ['no time', 'no value', 'no name'].map((value) => ({ key: 'h', value: JSON.stringify({ metric_name: value }) })),
  );
  await pipeline.untilIdle(300_000);
  prepareCheckout(await databaseUrlOf(pipeline));
}, 600_000);

afterAll(async () => {
  await pipeline?.close();
  await ownKafka?.stop();
  rmSync(CHECKOUT, { recursive: true, force: true });
}, 180_000);

async function databaseUrlOf({ database }: Pipeline): Promise<string> {
  const url = new URL(requiredEnv('DATABASE_URL'));
  const { rows } = await database.query<{ name: string }>('SELECT current_database() AS name');
  url.pathname = `/${rows[0]!.name}`;
  return url.href;
}

const helps = new Map<string, string>();
function helpOf(command: string): string {
  const help = helps.get(command) ?? shell(`chip ${command} --help`).stdout;
  helps.set(command, help);
  return help;
}

/** Whether an answer contains a list with entries, except in `as_of`: positions exist without any data. */
function hasRows(answer: unknown): boolean {
  if (Array.isArray(answer)) {
    return answer.length > 0;
  }
  if (typeof answer !== 'object' || answer === null) {
    return false;
  }
  return Object.entries(answer).some(([name, value]) => name !== 'as_of' && hasRows(value));
}

/**
 * Only queries: anything else could start real stacks, faults or containers, so it must be marked as not run.
 */
const mayRun = (command: string): boolean =>
  /^(curl |\. \.local\/stack\.env$|"\$PG_BIN\/psql" )/.test(command) || chipArguments(command, commands) !== undefined;

function problemOf(command: string, output: string): string | undefined {
  if (command.startsWith('curl')) {
    const isJson = /^\s*[[{]/.test(output);
    const isAnswered = isJson ? hasRows(JSON.parse(output)) : output.trim().split('\n').length > 1;
    return isAnswered ? undefined : 'answers without rows';
  }
  if (command.includes('psql')) {
    return /\([1-9]\d* rows?\)/.test(output) ? undefined : 'answers without rows';
  }
  // As JSON lines, an empty result prints nothing.
  const maySayNothing = command.startsWith('. ') || command.endsWith(' --json');
  return output.trim() === '' && !maySayNothing ? 'says nothing' : undefined;
}

describe('examples', () => {
  const runnable = examples.filter(({ notRun }) => notRun === undefined);

  it('are read, and all but a stated number of blocks run', () => {
    expect(runnable.length).toBeGreaterThan(15);
    expect(runnable.filter(({ command }) => !mayRun(command))).toEqual([]);
    const blocks = new Set(examples.filter(({ notRun }) => notRun).map(({ page, notRun }) => `${page}: ${notRun}`));
    expect([...blocks].sort().slice(MOST_NOT_RUN)).toEqual([]);
  });

  it.each(runnable.filter(({ command }) => mayRun(command)))('$page:$line $command', ({ command }) => {
    const chip = chipArguments(command, commands);
    const { status, stdout, stderr } = shell(chip === undefined ? command : `chip ${chip}`);
    expect({ status, stderr: status === 0 ? '' : stderr + stdout }).toEqual({ status: 0, stderr: '' });
    expect(problemOf(command, stdout || stderr)).toBeUndefined();
  });

  it.each(examples.filter(({ command }) => chipArguments(command, commands) !== undefined))(
    '$page:$line gives options that exist: $command',
    ({ command }) => {
      const words = chipArguments(command, commands)!.split(' ');
      const hasSubcommand = projects.get(words[0]!) === 'operator' && !words[1]?.startsWith('-');
      const help = helpOf(words.slice(0, hasSubcommand ? 2 : 1).join(' '));
      const options = [...command.matchAll(/ (--[a-z][a-z-]*)/g)].map(([, option]) => option!);
      expect(help).toMatch(/^Usage: /);
      expect(options.filter((option) => !help.includes(option))).toEqual([]);
    },
  );
});

describe('docs/clients.md', () => {
  const page = read('docs/clients.md');
  const python = pythonProblem();
  const itWithPython = python === undefined ? it : it.skip;
  const run = (command: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}) => {
    // Nx asks for colours, which would be in the numbers that a program prints.
    const environment = { ...env, FORCE_COLOR: '0', QUERY_URL: services.get('query')!.url, ...variables };
    return spawnSync(command, args, { cwd: CHECKOUT, env: environment, encoding: 'utf8', timeout: 120_000 });
  };
  const runPython = async (...args: string[]) => {
    const packages = await pythonPackages(cacheFolder());
    const modules = ['clients/python/src', packages].join(path.delimiter);
    // Empty: Python keeps what it compiles, or each program would compile the packages again.
    return run('python3', args, { PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: '' });
  };

  it('has programs in both languages', () => {
    expect([programs(page, 'ts').length, programs(page, 'python').length]).toEqual([1, 4]);
  });

  it.each(programs(page, 'ts'))('line $line runs in Node', ({ source }) => {
    writeFileSync(path.join(CHECKOUT, 'example.ts'), source);
    const { status, stdout, stderr } = run(process.execPath, ['example.ts']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^L\S+: \d+ units, \d+\.\d %\n[^]*^total: [1-9]\d* units\. First-pass yield[^]*^404 not_found$/m,
    );
  });

  itWithPython.each(programs(page, 'python'))(
    'line $line runs in Python (skipped without python3)',
    async ({ source }) => {
      const { status, stdout, stderr } = await runPython('-c', source);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.split('\n').length).toBeGreaterThan(3);
    },
    600_000,
  );

  itWithPython('its Python client passes its own tests (skipped without python3)', async () => {
    const { status, stderr } = await runPython(
      '-m',
      'unittest',
      'discover',
      '--start-directory',
      'clients/python/tests',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^Ran 14 tests[^]*^OK$/m) });
  });
});

describe('docs/examples', () => {
  it('has a Java program whose inspection is stored', async () => {
    const source = path.join(REPOSITORY_ROOT, 'docs', 'examples', 'PublishInspection.java');
    expect(await runJava(source, { KAFKA_BROKERS: brokers })).toMatch(/^stored at inspection\.results\.v1\/\d+\/\d+$/m);
    await pipeline.untilIdle();
    const { rows } = await pipeline.database.query(
      `SELECT a.result, m.name, m.value FROM lots l JOIN inspections i ON i.lot_id = l.id
       JOIN inspection_attempts a ON a.inspection_id = i.id JOIN measurements m ON m.inspection_id = i.id WHERE l.lot_id = 'LOT-JAVA'`,
    );
    expect(rows).toEqual([{ result: 'pass', name: 'gate_cd', value: 28.4 }]);
  }, 120_000);
});

describe('docs/metrics.md', () => {
  it.each(SERVICE_NAMES)('lists what %s measures, and no more', async (name) => {
    // A kept connection may have been closed while a command blocked this process.
    const ask = (): Promise<Response> => fetch(`${services.get(name)!.url}/metrics`);
    const text = await (await ask().catch(ask)).text();
    const served = [...text.matchAll(/^# TYPE (chip_\w+) /gm)].map(([, metric]) => metric!);
    const listed = [name, 'Every service'].flatMap((heading) => {
      const [, section = ''] = read('docs/metrics.md').split(`\n## ${heading}\n`);
      return [...section.split('\n## ')[0]!.matchAll(/^\| `(chip_\w+)`/gm)].map(([, metric]) => metric!);
    });
    expect(served.sort()).toEqual(listed.sort());
  });
});
