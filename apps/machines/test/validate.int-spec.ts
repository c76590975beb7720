import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

it('runs as "chip validate", which an image has apart from the build', async () => {
  const application = path.resolve(import.meta.dirname, '..');
  const chip = path.join(folder, 'chip.mjs');
  await copyFile(path.join(application, '../../tools/devstack/commands/chip.mjs'), chip);
  const events = path.join(folder, 'events.jsonl');
  const command = spawnSync(process.execPath, [chip, 'validate', 'inspection.results.v1', events], {
    cwd: application,
    encoding: 'utf8',
  });
  expect(command).toMatchObject({ status: 1, stderr: '0 accepted, 1 refused\n' });
});

it('judges the bytes of each line, which ends with a line feed and nothing else', async () => {
  const sample = (host: string): string =>
    `{"time":"2026-01-20T10:30:00Z","service_name":"s","metric_name":"m","metric_value":1,"host":"${host}"}`;
  const at = ['--at', '2026-01-20T10:30:00Z', '--json'];
  const lines = [sample('a\u2028b'), '', sample('c'), sample('\xff')];
  const [separator, ...rest] = lines.join('\r\n').split('\u2028');
  await writeFile(
    path.join(folder, 'samples.jsonl'),
    Buffer.concat([Buffer.from(`${separator}\u2028`), Buffer.from(rest.join(''), 'latin1')]),
  );
  const command = new RunningCommand('validate', ['telemetry.samples.v1', path.join(folder, 'samples.jsonl'), ...at]);
  expect(await command.ended()).toBe(1);
  const verdicts = command.stdout.trimEnd().split('\n');
  expect(verdicts.map((text) => JSON.parse(text) as object)).toMatchObject([
    { line: 1, refusal: null },
    { line: 3, refusal: null },
    { line: 4, refusal: { code: 'invalid_text' } },
  ]);
});

it('ends quietly where the reader of its output has gone, whatever its input still has', async () => {
  const command = new RunningCommand('validate', ['telemetry.samples.v1', '-'], {}, 'pipe');
  command.process.stdout!.destroy();
  command.process.stdin!.write('{}\n');
  expect(await command.ended()).toBe(0);
  expect(command.stderr).toBe('');
});
