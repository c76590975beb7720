import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cachedFolder } from './cached-folder.ts';

let cache: string;
let builds: number;
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'chip-cache-'));
  builds = 0;
});
afterEach(() => rmSync(cache, { recursive: true }));

const provide = (): Promise<string> =>
  cachedFolder(
    cache,
    'programs',
    (folder) => {
      builds++;
      mkdirSync(path.join(folder, 'bin'));
      writeFileSync(path.join(folder, 'bin/program'), 'runs');
      return Promise.resolve();
    },
    true,
  );
const program = (): string => readFileSync(path.join(cache, 'programs/bin/program'), 'utf8');

describe('a cached folder', () => {
  it('is built once', async () => {
    expect(await provide()).toBe(path.join(cache, 'programs'));
    await provide();
    expect(builds).toBe(1);
  });

  it('is not there when its build fails, and is built next time', async () => {
    await expect(cachedFolder(cache, 'programs', () => Promise.reject(new Error('no network')))).rejects.toThrow();
    expect(readdirSync(cache)).toEqual([]);
    await provide();
    expect(program()).toBe('runs');
  });

  it.each<[string, () => void]>([
    ['is gone', () => rmSync(path.join(cache, 'programs/bin/program'))],
    ['is cut', () => writeFileSync(path.join(cache, 'programs/bin/program'), '')],
  ])('is built again if one of its files %s', async (_, damage) => {
    await provide();
    damage();
    await provide();
    expect([builds, program()]).toEqual([2, 'runs']);
  });

  it('is whole if an earlier version built it, and if files were added', async () => {
    await provide();
    writeFileSync(path.join(cache, 'programs/bin/more'), '');
    await provide();
    rmSync(path.join(cache, 'programs/.files'));
    await provide();
    expect(builds).toBe(1);
  });

  it.each<[string, (partial: string) => void, number]>([
    ['takes what another process builds', (partial) => renameSync(partial, path.join(cache, 'programs')), 0],
    ['is built when another process fails to', (partial) => rmSync(partial, { recursive: true }), 1],
  ])('%s', async (_, end, ours) => {
    // A process that is alive.
    const partial = path.join(cache, `programs.partial-${process.ppid}`);
    mkdirSync(path.join(partial, 'bin'), { recursive: true });
    writeFileSync(path.join(partial, 'bin/program'), 'runs');
    const provided = provide();
    await sleep(300);
    expect(builds).toBe(0);
    end(partial);
    expect(await provided).toBe(path.join(cache, 'programs'));
    expect([builds, program()]).toEqual([ours, 'runs']);
  });

  it('takes nothing from builds that were killed, even with the id of this process', async () => {
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      const partial = path.join(cache, `programs.partial-${pid}`);
      mkdirSync(partial);
      writeFileSync(path.join(partial, 'half'), '');
    }
    await provide();
    expect(readdirSync(cache)).toEqual(['programs']);
    expect(readdirSync(path.join(cache, 'programs')).sort()).toEqual(['.files', 'bin']);
  });
});
