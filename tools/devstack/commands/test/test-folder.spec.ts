import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { deleteTestFolder, newTestFolder } from './test-folder.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'chip-test-folder-'));
});
afterEach(() => {
  deleteTestFolder(home);
  rmSync(home, { recursive: true });
});

it('is new for each run, also after one that was killed', () => {
  writeFileSync(path.join(newTestFolder(home).data, 'left behind'), '');
  const { data } = newTestFolder(home);
  expect(readdirSync(data)).toEqual([]);
  deleteTestFolder(home);
  expect(existsSync(data)).toBe(false);
});

it('keeps processes and logs in the checkout, wherever the data lives', () => {
  expect(path.dirname(newTestFolder(home).run)).toBe(home);
});
