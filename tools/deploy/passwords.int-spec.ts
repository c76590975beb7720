/** The two scripts of docker-compose.yml that handle passwords, run by the shell as they stand. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { readDeployment } from './manifests.ts';

const { services } = readDeployment(REPOSITORY_ROOT).compose;
const ROLES = ['postgres', 'migrator', 'writer', 'ingest', 'api', 'reader', 'operator'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'chip-passwords-'));
  for (const name of ['passwords', 'migrator', 'operator', 'ingest', 'writer', 'query']) {
    mkdirSync(path.join(folder, name));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const all = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)))
      .map((name) => [name, file(name)]),
  );
const make = (env: Record<string, string> = {}): Promise<unknown> => {
  const [shell] = services['passwords']!.entrypoint as [string];
  const script = path.join(REPOSITORY_ROOT, 'tools/deploy/passwords.sh');
  return promisify(execFile)(shell, [script, folder], { env: { PATH: process.env['PATH']!, ...env } });
};

describe('passwords of Compose', () => {
  it('are made once, different for each account, each in the files of the service that needs it', async () => {
    await make();
    const made = all();
    const passwords = ROLES.map((role) => made[`passwords/${role}`]!);
    expect(new Set(passwords).size).toBe(ROLES.length);
    for (const password of passwords) {
      expect(password).toMatch(/^[0-9a-f]{48}$/);
    }
    expect(made).toMatchObject({
      'migrator/password': passwords[1],
      'writer/password': passwords[2],
      'ingest/password': passwords[3],
      'query/password': passwords[4],
      'query/read-password': passwords[5],
      'operator/password': passwords[6],
      'query/client-secret': '',
      'query/session-secret': expect.stringMatching(/^[0-9a-f]{48}$/),
    });
    expect(Object.keys(made)).toHaveLength(ROLES.length + 8);
    writeFileSync(path.join(folder, 'writer/url'), 'of an earlier version');
    await make();
    expect(all()).toEqual(made);
  });

  it('are where the URLs say', async () => {
    await make();
    const files = Object.entries(services).flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([variable, value]) => variable.endsWith('DATABASE_URL') && value)
        .map(([, value]) => {
          const url = new URL(String(value));
          const room = services[name]!.volumes!.map((volume) => /^(\w+)-secrets:/.exec(volume)?.[1]).find(Boolean);
          return [`${room}${url.searchParams.get('passwordfile')!.replace('/secrets', '')}`, url.username];
        }),
    );
    expect(files).toHaveLength(7);
    for (const [name, account] of files) {
      expect(file(name!)).toBe(file(`passwords/${account!.replace('chip_', '')}`));
    }
  });

  it('include those of the sign-in, which may be chosen', async () => {
    await make();
    const made = file('query/session-secret');
    await make({ OIDC_CLIENT_SECRET: 'of the client' });
    expect([file('query/client-secret'), file('query/session-secret')]).toEqual(['of the client', made]);
    await make({ SESSION_SECRET: `new ${made}\n${made}` });
    expect([file('query/client-secret'), file('query/session-secret')]).toEqual(['', `new ${made}\n${made}`]);
  });

  it('may be chosen, also later', async () => {
    await make();
    const before = file('passwords/reader');
    await make({ WRITER_PASSWORD: 'chosen1' });
    expect(file('writer/password')).toBe('chosen1');
    expect(file('passwords/reader')).toBe(before);
    await expect(make({ API_PASSWORD: 'not@all' })).rejects.toThrow(/password of api may have letters and digits only/);
  });

  it('reach the job that sets them', async () => {
    await make();
    const [shell, flags, script] = services['accounts']!.entrypoint as [string, string, string];
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'psql'), '#!/bin/sh\necho "$@"\nenv\n');
    chmodSync(path.join(bin, 'psql'), 0o755);
    // Compose takes "$$" for "$".
    const text = script.replaceAll('$$', '$').replaceAll('/secrets/', `${folder}/passwords/`);
    const { stdout } = await promisify(execFile)(shell, [flags, text], {
      env: { PATH: `${bin}:${process.env['PATH']}` },
    });
    expect(stdout).toContain('--no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/roles.sql --file=/accounts.sql');
    expect(stdout).toContain(`PGPASSWORD=${file('passwords/postgres')}\n`);
    for (const role of ROLES.slice(1)) {
      expect(stdout).toContain(`${role.toUpperCase()}_PASSWORD=${file(`passwords/${role}`)}\n`);
    }
  });

  it('of the API reach PgBouncer', async () => {
    await make();
    const [shell, flags, script] = services['pgbouncer']!.entrypoint as [string, string, string];
    const text = script
      .replaceAll('$$', '$')
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll('/secrets/', `${folder}/query/`)
      .replace(/exec pgbouncer.*/, `cat ${folder}/users.txt`);
    const { stdout } = await promisify(execFile)(shell, [flags, text]);
    expect(stdout.trim().split(/\n+/)).toEqual([
      `"chip_api" "${file('passwords/api')}"`,
      `"chip_reader" "${file('passwords/reader')}"`,
    ]);
  });
});
