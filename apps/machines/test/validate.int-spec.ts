import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { RunningCommand } from './run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'validate-'));
  await writeFile(path.join(folder, 'events.jsonl'), '{}\n');
});
afterEach(() => rm(folder, { recursive: true }));

it('reads a relative path from the folder of the user, although npm changes it', async () => {
  const command = new RunningCommand('validate', ['inspection.results.v1', 'events.jsonl'], { INIT_CWD: folder });
  expect(await command.ended()).toBe(1);
  expect(command.stderr).toBe('0 accepted, 1 refused\n');
});

it('ends quietly where the reader of its output has gone, whatever its input still has', async () => {
  const command = new RunningCommand('validate', ['telemetry.samples.v1', '-'], {}, 'pipe');
  command.process.stdout!.destroy();
  command.process.stdin!.write('{}\n');
  expect(await command.ended()).toBe(0);
  expect(command.stderr).toBe('');
});
