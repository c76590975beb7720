/**
 * Entry point of every npm script. Works from a bare checkout on the machine's own Node (20 or newer), makes sure the
 * packages are installed, then continues with Node 24, which came with them and runs the TypeScript of this folder.
 *
 *   node tools/devstack/commands/bootstrap.mjs start|stop|test|matrix|test-secured|faults|drill|soak|bench|fuzz [options]
 *   node tools/devstack/commands/bootstrap.mjs run <project> <entry> [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLockFile } from '../lock-file.mjs';
import { describeSystemRefusal } from '../terminal/system-refusals.mjs';
import { useHooks } from './use-hooks.mjs';
import { usage } from './usage.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const modules = path.join(root, 'node_modules');
const node = path.join(modules, '.bin', 'node');
const chip = path.join(modules, '.bin', 'chip');
const oldestNode = 20;

/** Commands written in TypeScript in this project. */
const scripts = {
  start: './start.ts',
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

class Refusal extends Error {}

function refuse(what, next) {
  throw new Refusal(`${what}.\n  What to do: ${next}`);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/**
 * npm keeps a copy of the lock file of what it installed. Comparing with that copy, not with a stamp of our own, makes
 * a developer's "npm install" count as well. Optional packages are for other platforms and may be missing.
 */
function isInstalled() {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages ?? {};
  const present = readJson(path.join(modules, '.package-lock.json'))?.packages;
  return (
    present !== undefined &&
    existsSync(node) &&
    Object.entries(wanted)
      .filter(([folder]) => folder.startsWith('node_modules/'))
      .every(([folder, { version, optional }]) =>
        present[folder] ? present[folder].version === version : optional === true,
      )
  );
}

async function ensureInstalled() {
  useHooks(root);
  await installMissing();
  // npm links the command of a workspace only when it installs something.
  try {
    symlinkSync(path.relative(path.dirname(chip), path.join(root, 'tools/devstack/commands/chip.mjs')), chip);
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  }
}

async function installMissing() {
  if (isInstalled()) {
    return;
  }
  const release = await lockInstallation();
  try {
    // The previous holder of the lock may have done it.
    if (!isInstalled()) {
      await install();
    }
  } finally {
    release();
  }
}

/** Two commands started together in a bare checkout must not both run npm in the same folder. */
async function lockInstallation() {
  const lock = path.join(root, '.local', 'install.lock');
  mkdirSync(path.dirname(lock), { recursive: true });
  for (let isToldOf = false; ;) {
    const holder = takeLockFile(lock, isBootstrap);
    if (holder === undefined) {
      return () => rmSync(lock, { force: true });
    }
    if (!isToldOf) {
      console.error(`another command (pid ${holder}) is installing packages; waiting`);
      isToldOf = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** After a crash the pid in the lock may belong to any process. */
function isBootstrap(pid) {
  try {
    return /bootstrap\.mjs|[/]chip(\.mjs)?(\0|$)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

/** npm states the reason first and explains its options after it. */
function errorLines(output) {
  const lines = output.trimEnd().split('\n');
  const errors = lines.filter((line) => line.startsWith('npm error'));
  return (errors.length > 0 ? errors.slice(0, 15) : lines.slice(-15)).map((line) => `  | ${line}`).join('\n');
}

async function install() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    refuse('there is no Node 24 for this machine', 'use Linux on x86-64 or arm64');
  }
  const began = Date.now();
  const say = (text) => console.error(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  say('installing packages with npm (one to two minutes the first time)');
  const ticking = setInterval(() => say('still installing packages'), 10_000);
  try {
    // Not "npm ci": it refuses a lock file without the optional packages of every other platform, and a registry may
    // lack some of those. This installs the same locked versions and leaves the lock file alone.
    const quietly = ['--no-audit', '--no-fund', '--no-progress'];
    await runNpm(root, 'install', '--no-save', ...quietly);
    await bringNode(...quietly);
  } finally {
    clearInterval(ticking);
  }
  say('packages installed');
}

/**
 * Does what the script of the package "node" does: brings the Node 24 of this machine. "npm rebuild", which would run it,
 * first reads all packages that are installed.
 */
async function bringNode(...quietly) {
  const folder = path.join(modules, 'node');
  const { version } = readJson(path.join(root, 'package-lock.json')).packages['node_modules/node'];
  const machine = `node-linux-${process.arch}`;
  await runNpm(folder, 'install', '--no-save', '--ignore-scripts', ...quietly, `${machine}@${version}`);
  const program = path.join(folder, 'bin', 'node');
  mkdirSync(path.dirname(program), { recursive: true });
  for (const file of [program, node]) {
    rmSync(file, { force: true });
  }
  linkSync(path.join(folder, 'node_modules', machine, 'bin', 'node'), program);
  symlinkSync(path.relative(path.dirname(node), program), node);
}

/**
 * Takes what npm has cached without asking whether it is current: versions are locked by their hashes. A cache from before
 * a version was published does not know it; then npm asks.
 */
async function runNpm(folder, ...args) {
  const cached = await npm(folder, args, { npm_config_prefer_offline: 'true' });
  const isUnknown = cached.code !== 0 && cached.output.includes('ETARGET');
  const { code, output } = isUnknown ? await npm(folder, args, {}) : cached;
  if (code !== 0) {
    refuse(
      `"npm ${args[0]}" failed:\n${errorLines(output)}`,
      'check that npm reaches its registry (network, proxy, npm config) and that the disk has 2 GB free, then try again',
    );
  }
}

/** In the environment, settings reach the npm that a package's script starts, too. */
async function npm(folder, args, settings) {
  const child = spawn('npm', args, { cwd: folder, env: { ...process.env, ...settings } });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    child.kill('SIGTERM');
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt).once('SIGHUP', interrupt);
  const code = await new Promise((resolve, reject) => {
    child.once('error', () =>
      reject(new Refusal('npm was not found.\n  What to do: install Node.js 20 or newer with npm')),
    );
    child.once('close', resolve);
  });
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', interrupt);
  if (isInterrupted) {
    refuse('the installation was interrupted', 'run the command again');
  }
  return { code, output };
}

/**
 * Node 24 and the tools of the workspace come first in the PATH of everything that this script starts. Node keeps what it
 * compiled: a service that starts again takes half the processor time.
 */
function childEnvironment() {
  return {
    NODE_COMPILE_CACHE: path.join(root, '.nx', 'compile-cache'),
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
  await ensureInstalled();
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
    await ensureInstalled();
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
