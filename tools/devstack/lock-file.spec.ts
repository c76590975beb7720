import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { takeLockFile } from './lock-file.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'chip-lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const OWN = `${process.pid}\n`;

it('is taken once, and again after a holder that is gone', () => {
  expect(takeLockFile(file, () => true)).toBeUndefined();
  writeFileSync(file, '4711\n');
  expect(takeLockFile(file, (pid) => pid === 4711)).toBe(4711);
  expect(readFileSync(file, 'utf8')).toBe('4711\n');
  expect(takeLockFile(file, () => false)).toBeUndefined();
  expect(readFileSync(file, 'utf8')).toBe(OWN);
  // Of a process before this one, in a container that has been started again.
  expect(takeLockFile(file, () => true)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['lock']);
});

it('belongs to the process that took it since it was found stale', () => {
  writeFileSync(file, '4711\n');
  let looks = 0;
  const holder = takeLockFile(file, (pid) => {
    if (looks++ === 0) {
      writeFileSync(file, '4712\n');
    }
    return pid === 4712;
  });
  expect(holder).toBe(4712);
  expect(readFileSync(file, 'utf8')).toBe('4712\n');
  expect(readdirSync(folder)).toEqual(['lock']);
});

it('never looks unowned while it is taken', async () => {
  const script = `
    import { rmSync } from 'node:fs';
    import { takeLockFile } from ${JSON.stringify(pathToFileURL(path.join(import.meta.dirname, 'lock-file.mjs')).href)};
    for (;;) {
      takeLockFile(${JSON.stringify(file)}, () => true);
      rmSync(${JSON.stringify(file)});
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  try {
    const seen = new Set<string>();
    for (let looks = 0; looks < 500;) {
      try {
        seen.add(readFileSync(file, 'utf8'));
        looks++;
      } catch {
        // Between two holders: it notices that the process has ended, if it has.
        await nextTurn();
        expect(child.exitCode).toBe(null);
      }
    }
    expect([...seen]).toEqual([`${child.pid}\n`]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}, 60_000);
