/**
 * Installs the packages, and Node 24 with them. Plain JavaScript on the machine's own Node: there is nothing else yet.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLockFile } from '../lock-file.mjs';
import { Refusal, refuse } from './refusal.mjs';
import { useHooks } from './use-hooks.mjs';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const modules = path.join(root, 'node_modules');
export const node = path.join(modules, '.bin', 'node');
const chip = path.join(modules, '.bin', 'chip');

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

/** @param needsServers whether the command that goes on afterwards starts servers */
export async function ensureInstalled(needsServers) {
  useHooks(root);
  await installMissing(needsServers);
  // npm links the command of a workspace only when it installs something.
  try {
    symlinkSync(path.relative(path.dirname(chip), path.join(root, 'tools/devstack/commands/chip.mjs')), chip);
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  }
}

async function installMissing(needsServers) {
  if (isInstalled()) {
    return;
  }
  const release = await lockInstallation();
  try {
    // The previous holder of the lock may have done it.
    if (!isInstalled()) {
      await install(needsServers);
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

/** @param needsServers whether to fetch the servers meanwhile: npm keeps one core busy, and leaves the other */
async function install(needsServers) {
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
    const [program] = await Promise.all([
      bringNode(...quietly).then((brought) => {
        if (needsServers) {
          fetchServers(brought);
        }
        return brought;
      }),
      runNpm(root, 'install', '--no-save', ...quietly),
    ]);
    linkNode(program);
  } finally {
    clearInterval(ticking);
  }
  say('packages installed');
}

/**
 * Does what the script of the package "node" does: brings the Node 24 of this machine. "npm rebuild", which would run it,
 * first reads all packages that are installed.
 *
 * @returns the program, in a folder of its own: the packages may not be there yet
 */
async function bringNode(...quietly) {
  const folder = path.join(root, '.local', 'node');
  const { version } = readJson(path.join(root, 'package-lock.json')).packages['node_modules/node'];
  const machine = `node-linux-${process.arch}`;
  const home = path.join(folder, 'node_modules', machine);
  if (readJson(path.join(home, 'package.json'))?.version !== version) {
    mkdirSync(folder, { recursive: true });
    // Without it, npm would install into the nearest folder above that has one.
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    await runNpm(folder, 'install', '--no-save', '--ignore-scripts', ...quietly, `${machine}@${version}`);
  }
  return path.join(home, 'bin', 'node');
}

/** Puts Node 24 where the package "node" would. */
function linkNode(brought) {
  const program = path.join(modules, 'node', 'bin', 'node');
  mkdirSync(path.dirname(program), { recursive: true });
  for (const file of [program, node]) {
    rmSync(file, { force: true });
  }
  try {
    linkSync(brought, program);
  } catch {
    // On another disk.
    copyFileSync(brought, program);
  }
  symlinkSync(path.relative(path.dirname(node), program), node);
}

/** What needs the servers waits for them, and says why if they cannot be had. */
function fetchServers(program) {
  const script = fileURLToPath(new URL('fetch-servers.ts', import.meta.url));
  const child = spawn(program, [script], { stdio: ['ignore', 'inherit', 'ignore'] });
  child.on('error', () => {});
  child.unref();
  process.once('exit', () => child.kill('SIGTERM'));
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
