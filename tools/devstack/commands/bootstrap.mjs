/**
 * Entry point of every npm script. Works from a bare checkout on the machine's own Node (20 or newer), makes sure the
 * packages are installed, then continues with Node 24, which came with them and runs the TypeScript of this folder.
 *
 *   node tools/devstack/commands/bootstrap.mjs start|stop|test|matrix|test-secured|faults|drill|soak|bench|fuzz [options]
 *   node tools/devstack/commands/bootstrap.mjs run <project> <entry> [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSystemRefusal } from '../terminal/system-refusals.mjs';
import { ensureInstalled, modules, node, root } from './installation.mjs';
import { Refusal, refuse } from './refusal.mjs';
import { usage } from './usage.mjs';

const oldestNode = 20;

/** Commands written in TypeScript in this project. */
const scripts = {
  start: './start/start.ts',
  stop: './stop.ts',
  test: './test/test.ts',
  matrix: './test/matrix.ts',
  'test-secured': '../../e2e/secured-suite.ts',
  faults: '../../faults/run/faults.ts',
  drill: '../../drill/run/drill.ts',
  'drill alerts': '../../observe/drill/drill.ts',
  soak: '../../soak/soak.ts',
  bench: '../../bench/bench.ts',
  fuzz: '../../fuzz/fuzz.ts',
};

/** Commands that talk to Kafka or the database; the others only use files. */
const entriesOnTheStack = new Set(['topics', 'db', 'keys', 'positions', 'dlq', 'replay']);

const asksForHelp = (args) => args.includes('--help') || args.includes('-h');

/**
 * Node 24 and the tools of the workspace come first in the PATH of everything that this script starts. Node keeps what it
 * compiled: a service that starts again takes half the processor time. Nx, which would start three processes to read what
 * projects there are, reads it itself: for so few they take longer to start.
 */
function childEnvironment() {
  return {
    NODE_COMPILE_CACHE: path.join(root, '.nx', 'compile-cache'),
    NX_ISOLATE_PLUGINS: 'false',
    ...process.env,
    PATH: `${path.join(modules, '.bin')}${path.delimiter}${process.env.PATH ?? ''}`,
  };
}

/** Runs a command in place of this process: its signals, its output, its exit code. */
function runInOurPlace(command, args, env) {
  const child = spawn(command, args, { stdio: 'inherit', env });
  // A Ctrl-C in a terminal reaches the child directly; a signal from elsewhere (npm, a supervisor) reaches only us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

function buildProject(project, env) {
  const nx = path.join(modules, '.bin', 'nx');
  const { status, stdout } = spawnSync(nx, ['run', `${project}:build`, '--outputStyle=static'], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    refuse(`the build of ${project} failed:\n${stdout.trimEnd()}`, 'fix the source, then try again');
  }
}

function readStackEnvironment() {
  const file = path.join(root, '.local', 'stack.env');
  if (!existsSync(file)) {
    return undefined;
  }
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

async function runEntry([project, entry, ...args]) {
  const folder = ['apps', 'libs'].map((parent) => path.join(root, parent, project ?? '')).find((f) => existsSync(f));
  if (!project || !entry || !folder) {
    console.error(usage.run);
    return 2;
  }
  const stack = readStackEnvironment();
  const hasServers = stack ?? process.env.KAFKA_BROKERS ?? process.env.DATABASE_URL;
  // A command that only reads files or shows its help needs no servers.
  const isOffline = asksForHelp(args) || (entry === 'replay' && args.includes('--dry-run'));
  if (!hasServers && entriesOnTheStack.has(entry) && !isOffline) {
    refuse('the stack is not running', 'start it with "npm start", or set KAFKA_BROKERS and DATABASE_URL');
  }
  await ensureInstalled(false);
  const env = { ...stack, ...childEnvironment() };
  buildProject(project, env);
  return runInOurPlace(node, [path.join(folder, 'dist', `${entry}.js`), ...args], env);
}

/** A drill is named by two words. */
const twoWords = ([first, second, ...rest]) =>
  `${first} ${second}` in scripts
    ? [`${first} ${second}`, ...rest]
    : [first, ...(second === undefined ? [] : [second]), ...rest];

async function main(words) {
  const [command, ...args] = twoWords(words);
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    refuse(`this is Node ${process.versions.node}`, `install Node.js ${oldestNode} or newer with npm`);
  }
  if (command === 'run') {
    return runEntry(args);
  }
  if (!(command in scripts)) {
    console.error(Object.values(usage).join('\n'));
    return 2;
  }
  if (asksForHelp(args)) {
    console.log(usage[command]);
    return 0;
  }
  // Stopping must neither wait for an installation nor replace packages that are still in use.
  if (command !== 'stop' || !existsSync(node)) {
    await ensureInstalled(command !== 'stop');
  }
  const script = fileURLToPath(new URL(scripts[command], import.meta.url));
  // kafkajs sets harmless negative timers, for which Node would print a warning.
  return runInOurPlace(node, ['--disable-warning=TimeoutNegativeWarning', script, ...args], childEnvironment());
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const text = error instanceof Refusal ? error.message : describeSystemRefusal(error);
  if (text === undefined) {
    throw error;
  }
  console.error(text);
  process.exitCode = 1;
}
