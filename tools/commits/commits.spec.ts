import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { readHistory, sinceFirstConventional } from './history.ts';
import { problemsOf } from './message.ts';
import { useHooks } from '../devstack/commands/use-hooks.mjs';

const folders: string[] = [];
let folder: string;

/** Without the variables that git gives its hooks: they would point these commands at the real repository. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd, env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`git ${args.join(' ')}: ${stderr}`);
  }
  return stdout.trim();
}

function commit(...messages: string[]): void {
  for (const message of messages) {
    git(folder, 'commit', '--quiet', '--allow-empty', '--no-verify', '-m', message);
  }
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'chip-commits-'));
  folders.push(folder);
});
afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true, force: true })));

describe('history', () => {
  const subjects = (root: string) => sinceFirstConventional(readHistory(root)!).map(({ text }) => text.split('\n')[0]);

  it('counts from the first conventional commit', () => {
    git(folder, 'init', '--quiet', '--initial-branch=main');
    commit('Writer: it is so', 'docs(license): begin', 'Kafka: back to old habits', 'fix(query): go on\n\nBecause.');
    expect(subjects(folder)).toEqual(['docs(license): begin', 'Kafka: back to old habits', 'fix(query): go on']);
  });

  it('takes what a shallow clone has', () => {
    git(folder, 'init', '--quiet', '--initial-branch=main');
    commit('Writer: it is so', 'feat: one', 'feat: two');
    const clone = `${folder}-clone`;
    folders.push(clone);
    git(folder, 'clone', '--quiet', '--depth=1', `file://${folder}`, clone);
    expect(subjects(clone)).toEqual(['feat: two']);
  });

  it('is unknown without a repository', () => {
    expect(readHistory(folder)).toBeUndefined();
  });
});

describe('commit message', () => {
  const why = '\n\nBecause a reader of the log needs the reason.\n';

  it.each([
    ['conventional', `fix(writer): retry a lost commit${why}`],
    ['with comments and a diff below', `fix: retry${why}# Please enter\n# --- >8 ---\n${'x'.repeat(200)}\n`],
    ['a merge', "Merge branch 'main' of elsewhere\n"],
  ])('is accepted: %s', async (_, message) => {
    expect(await problemsOf(message, REPOSITORY_ROOT)).toEqual([]);
  });

  it.each([
    ['no type', `Writer: a lost commit is tried again${why}`, 'type-enum'],
    ['a subject of 73 characters', `fix: ${'s'.repeat(68)}${why}`, 'header-max-length'],
    ['no reason', 'fix(writer): retry a lost commit\n', 'body-empty'],
    ['a body line of 121 characters', `fix: retry\n\n${'b'.repeat(121)}\n`, 'body-max-line-length'],
  ])('is refused: %s', async (_, message, rule) => {
    expect(await problemsOf(message, REPOSITORY_ROOT)).toContainEqual(expect.stringContaining(`(${rule})`));
  });

  // Each starts a process: a busy machine takes its time.
  describe('in progress', () => {
    const check = fileURLToPath(new URL('./check.ts', import.meta.url));
    const verdict = (message: string) => {
      const file = path.join(folder, 'COMMIT_EDITMSG');
      writeFileSync(file, message);
      const { status, stderr } = spawnSync(process.execPath, [check, file], { encoding: 'utf8' });
      return { status, stderr };
    };

    it('goes on in silence', () => {
      expect(verdict(`fix(writer): retry a lost commit${why}`)).toEqual({ status: 0, stderr: '' });
    }, 60_000);

    it('ends with what is wrong with it, the lack of a reason among that', () => {
      const { status, stderr } = verdict('fix(writer): retry a lost commit\n');
      expect(stderr).toContain('(body-empty)');
      expect(status).toBe(1);
    }, 60_000);
  });
});

describe('hook', () => {
  const hooksPath = () =>
    spawnSync('git', ['config', '--local', 'core.hooksPath'], { cwd: folder, env, encoding: 'utf8' });

  it('is set in a fresh clone and kept', () => {
    git(folder, 'init', '--quiet');
    useHooks(folder);
    useHooks(folder);
    expect(hooksPath().stdout).toBe('.githooks\n');
  });

  it('gives way to hooks of the developer', () => {
    git(folder, 'init', '--quiet');
    git(folder, 'config', 'core.hooksPath', '/mine');
    useHooks(folder);
    expect(hooksPath().stdout).toBe('/mine\n');
  });

  it('leaves a repository around an unpacked tarball alone', () => {
    git(folder, 'init', '--quiet');
    const tarball = path.join(folder, 'chip-quality');
    mkdirSync(tarball);
    useHooks(tarball);
    expect(hooksPath().stdout).toBe('');
  });

  it('does nothing without a repository', () => {
    expect(() => useHooks(folder)).not.toThrow();
  });
});
