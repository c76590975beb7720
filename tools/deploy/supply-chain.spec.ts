import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { type Lock, packagesOf, problemsOf } from './supply-chain.mjs';

const read = (name: string): string => readFileSync(path.join(REPOSITORY_ROOT, name), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as Lock;
const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
const NPMRC = read('.npmrc');

describe('the packages from registries', () => {
  it('are locked by their hash and their address, run no script that was not judged, and have licences that are accepted', () => {
    expect(packagesOf(lock).length).toBeGreaterThan(500);
    expect(problemsOf(lock, allowScripts, NPMRC)).toEqual([]);
  });

  it('run no script', () => {
    expect(Object.entries(allowScripts).filter(([, isAllowed]) => isAllowed)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['a script', { hasInstallScript: true }, /^evil 1\.0\.0 runs a script/],
    ['no hash', { integrity: undefined }, /^evil 1\.0\.0 is not locked/],
    ['a weak hash', { integrity: 'sha1-abc' }, /^evil 1\.0\.0 is not locked/],
    ['no address', { resolved: undefined }, /^evil 1\.0\.0 has the address none/],
    [
      'an address elsewhere',
      { resolved: 'https://registry.example.com/evil/-/evil-1.0.0.tgz' },
      /^evil 1\.0\.0 has the address https:\/\/registry\.example\.com/,
    ],
    ['a licence that asks for more', { license: 'AGPL-3.0' }, /^evil 1\.0\.0 has the licence AGPL-3\.0/],
    ['no licence', { license: undefined }, /^evil 1\.0\.0 has the licence unknown/],
    ['a licence for builds alone', { license: 'CC-BY-4.0' }, /^evil 1\.0\.0 has the licence CC-BY-4\.0/],
  ])('with %s are noticed', (_, entry, problem) => {
    const resolved = 'https://registry.invalid/evil/-/evil-1.0.0.tgz';
    const good = { version: '1.0.0', resolved, license: 'MIT', integrity: 'sha512-abc' };
    const changed = (more: object): Lock => ({
      packages: { 'node_modules/a/node_modules/evil': { ...good, ...more } },
    });
    expect(problemsOf(changed({}), allowScripts, NPMRC)).toEqual([]);
    const problems = problemsOf(changed(entry), allowScripts, NPMRC);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('may run their scripts again when .npmrc forgets about them, which is noticed', () => {
    expect(problemsOf(lock, allowScripts, 'fund=false')).toEqual([
      '.npmrc does not switch off the scripts of packages',
    ]);
  });
});
