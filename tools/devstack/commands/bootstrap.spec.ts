import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const HERE = import.meta.dirname;
/** Where the sources stand in a checkout. */
const FOLDER = 'tools/devstack/commands';
/** The Node of this machine, in the version of the lock file. */
const NODE = `node-linux-${process.arch}@24.0.1`;

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(path.join(os.tmpdir(), 'chip-bootstrap-'));
  mkdirSync(path.join(checkout, FOLDER), { recursive: true });
  for (const source of [
    'bootstrap.mjs',
    'installation.mjs',
    'refusal.mjs',
    'use-hooks.mjs',
    'usage.mjs',
    '../lock-file.mjs',
    '../terminal/system-refusals.mjs',
  ]) {
    cpSync(path.join(HERE, source), path.join(checkout, FOLDER, source));
  }
  writeFileSync(path.join(checkout, FOLDER, 'stop.ts'), "console.log('the command runs');\n");
  const packages = { 'node_modules/node': { version: '24.0.1' } };
  writeFileSync(path.join(checkout, 'package-lock.json'), JSON.stringify({ packages }));
});
afterEach(() => rmSync(checkout, { recursive: true }));

/** Runs a command with an npm that writes down how it was called, and does `script` first. */
function runWithNpm(
  script: string,
  command: readonly string[] = ['stop'],
): { calls: string[]; stdout: string; stderr: string; status: number | null } {
  const calls = path.join(checkout, 'calls');
  const programs = path.join(checkout, 'programs');
  mkdirSync(programs);
  writeFileSync(calls, '');
  writeFileSync(
    path.join(programs, 'npm'),
    [
      '#!/bin/sh',
      // The last word is the package to install, if any.
      `for last; do :; done; echo "$1 $last \${npm_config_prefer_offline:-false}" >> '${calls}'`,
      script,
      `node=node_modules/node-linux-${process.arch}`,
      `mkdir -p node_modules/.bin node_modules/node "$node/bin" && ln -sf '${process.execPath}' "$node/bin/node"`,
    ].join('\n'),
    { mode: 0o755 },
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(FOLDER, 'bootstrap.mjs'), ...command], {
    cwd: checkout,
    env: {
      ...process.env,
      // Of the developer's own npm, which runs this test.
      npm_config_prefer_offline: undefined,
      KAFKA_BROKERS: undefined,
      DATABASE_URL: undefined,
      PATH: `${programs}${path.delimiter}${process.env['PATH']}`,
    },
    encoding: 'utf8',
  });
  // Node and the packages are installed side by side.
  return { calls: readFileSync(calls, 'utf8').trim().split('\n').sort(), stdout, stderr, status };
}

it('installs from what npm has cached', () => {
  const { calls, stdout, status } = runWithNpm('');
  expect(calls).toEqual(['install --no-progress true', `install ${NODE} true`]);
  expect(stdout).toBe('the command runs\n');
  expect(status).toBe(0);
});

it('asks the registry when the cache does not know a version yet', () => {
  const { calls, status } = runWithNpm(
    '[ -z "$npm_config_prefer_offline" ] || { echo "npm error code ETARGET" >&2; exit 1; }',
  );
  expect(calls).toEqual([
    'install --no-progress false',
    'install --no-progress true',
    `install ${NODE} false`,
    `install ${NODE} true`,
  ]);
  expect(status).toBe(0);
});

it('says at once what else is wrong', () => {
  const { calls, stderr, status } = runWithNpm('echo "npm error code ENOSPC" >&2; exit 1');
  expect(calls).toEqual(['install --no-progress true', `install ${NODE} true`]);
  expect(stderr).toContain('"npm install" failed:\n  | npm error code ENOSPC');
  expect(stderr).toContain('What to do: ');
  expect(status).toBe(1);
});

it('fetches the servers meanwhile, with Node alone', () => {
  // Without packages, as long as npm installs them.
  cpSync(path.join(HERE, '..'), path.join(checkout, 'tools/devstack'), { recursive: true });
  const { status, stderr } = spawnSync(process.execPath, [path.join(FOLDER, 'fetch-servers.ts')], {
    cwd: checkout,
    // Servers that are given need no download.
    env: { ...process.env, KAFKA_BROKERS: 'localhost:9', DATABASE_URL: 'postgresql://localhost:9/x' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

  const fetching = path.join(checkout, FOLDER, 'fetch-servers.ts');
  writeFileSync(fetching, "import { writeFileSync } from 'node:fs';\nwriteFileSync('fetched', '');\n");
  writeFileSync(
    path.join(checkout, FOLDER, 'start/start.ts'),
    "import { existsSync } from 'node:fs';\nwhile (!existsSync('fetched')) {}\n",
  );
  expect(runWithNpm('', ['start']).status).toBe(0);
});

it.each(['--help', '-h'])('shows the usage of a script for %s, before anything is installed', (option) => {
  const { calls, stdout, status } = runWithNpm('', ['stop', option]);
  expect(calls).toEqual(['']);
  expect(stdout).toContain('npm stop');
  expect(status).toBe(0);
});

it.each(['--help', '-h'])('runs a command of the product for %s without a stack', (option) => {
  const dist = path.join(checkout, 'apps/operator/dist');
  mkdirSync(dist, { recursive: true });
  writeFileSync(path.join(dist, 'dlq.js'), "console.log('the command got', process.argv[2]);\n");
  const { stdout, stderr, status } = runWithNpm('mkdir -p node_modules/.bin && ln -sf /bin/true node_modules/.bin/nx', [
    'run',
    'operator',
    'dlq',
    option,
  ]);
  expect({ stdout, status, stderr }).toMatchObject({ stdout: `the command got ${option}\n`, status: 0 });
});

it('refuses a command that needs a stack', () => {
  mkdirSync(path.join(checkout, 'apps/operator'), { recursive: true });
  const { calls, stderr, status } = runWithNpm('', ['run', 'operator', 'dlq', 'list']);
  expect(calls).toEqual(['']);
  expect(stderr).toContain('the stack is not running');
  expect(status).toBe(1);
});
