import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitFor } from '@chip/testing';
import pg from 'pg';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { ImageBuilder, type Image } from './image-builder.ts';
import { readDeployment, workloadsOf } from './manifests.ts';

/** Half a minute on an idle machine. */
const BUILD_MS = 600_000;
/** A service, and the jobs, which speak with Kafka as well; the other images come about in the same way. */
const APPS = ['query', 'operator'];
const deployment = readDeployment(REPOSITORY_ROOT);
let folder: string;
let builder: ImageBuilder;
const images = new Map<string, Image>();
const image = (app: string): Image => images.get(app)!;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'chip-images-'));
  // The processes of an image run as another user.
  chmodSync(folder, 0o755);
  builder = new ImageBuilder(REPOSITORY_ROOT, folder, deployment.dockerfile, deployment.dockerignore);
  for (const app of APPS) {
    images.set(app, await builder.build(app));
  }
}, BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (app: string, args: readonly string[], env: Record<string, string>) => {
  const child = builder.run(image(app), [...image(app).entrypoint, ...args], env);
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
};
const run = (app: string, args: readonly string[], env: Record<string, string> = {}) => start(app, args, env).ended;

it('an image holds its application, which contains the libraries it uses, and no tools', () => {
  const files = path.join(image('operator').root, 'app');
  expect(readdirSync(path.join(files, 'apps'))).toEqual(['operator']);
  expect(readdirSync(files).sort()).toEqual(['LICENSE', 'NOTICE', 'apps', 'healthcheck.mjs', 'node_modules']);
  expect(readdirSync(path.join(files, 'apps', 'operator')).sort()).toEqual(['dist', 'package.json']);
  const packages = (name: string) => existsSync(path.join(files, 'node_modules', name));
  const used = ['pino', 'kafkajs', 'zod', '@node-rs/crc32', 'lz4-napi', 'snappy'];
  expect(used.filter(packages)).toEqual(used);
  expect(['jest', 'nx', '@swc/core', 'oxlint'].filter(packages)).toEqual([]);
});

it.each([
  ['query', ['dist/main.js'], 'DATABASE_URL'],
  ['operator', ['dist/topics.js', 'check'], 'KAFKA_BROKERS'],
])('%s without configuration ends and names what it lacks', async (app, command, name) => {
  const { code, output } = await run(app, command);
  expect(code).toBe(1);
  expect(output).toContain(`${name} is required`);
});

it('every job of the manifests is a command of the image', async () => {
  const jobs = workloadsOf(deployment).filter(({ args = [] }) => args.length > 0);
  expect(jobs.length).toBeGreaterThan(0);
  for (const { app, args = [] } of jobs) {
    const { code, output } = await run(app, [...args, '--help']);
    expect({ args, code, isUsage: /^Usage: \w+ \w+/.test(output) }).toEqual({ args, code: 0, isUsage: true });
  }
});

it('chip runs the commands of the image, and says where another one is', async () => {
  const usage = await run('operator', ['/usr/local/bin/chip', 'topics', '--help']);
  expect({ code: usage.code, isUsage: usage.output.startsWith('Usage: topics') }).toEqual({ code: 0, isUsage: true });
  const elsewhere = await run('operator', ['/usr/local/bin/chip', 'replay', '--help']);
  expect(elsewhere).toMatchObject({ code: 2, output: expect.stringContaining('it is in the image of machines') });
});

it('the schema job and the query service work from their images as an ordinary user, up to the answer to SIGTERM', async () => {
  const server = new URL(process.env['DATABASE_URL']!);
  const name = `chip_image_${randomBytes(6).toString('hex')}`;
  const administrator = new pg.Client({ connectionString: server.href });
  await administrator.connect();
  await administrator.query(`CREATE DATABASE ${name}`);
  try {
    server.pathname = name;
    const database = { DATABASE_URL: server.href };
    const migrated = await run('operator', ['dist/db.js', 'migrate'], database);
    expect(migrated).toMatchObject({ code: 0 });

    const port = String(await freePort());
    const env = { ...database, HOST: '127.0.0.1', PORT: port, AUTH_MODE: 'none' };
    const ask = (question: string) => run('query', ['/app/healthcheck.mjs', question], { PORT: port });
    expect((await ask('ready')).code).toBe(1);
    const { child, ended } = start('query', image('query').command, env);
    try {
      expect(image('query').healthcheck).toEqual(['node', '/app/healthcheck.mjs', 'ready']);
      await waitFor(
        async () => (await ask('ready')).code,
        (code) => code === 0,
        { intervalMs: 500 },
      );
      expect((await ask('live')).code).toBe(0);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toMatchObject({ code: 0 });
  } finally {
    await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await administrator.end();
  }
}, 180_000);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
