import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../layout.ts';

const CHIP = path.join(REPOSITORY_ROOT, 'tools/devstack/commands/chip.mjs');
const run = (...args: string[]) => spawnSync(process.execPath, [CHIP, ...args], { encoding: 'utf8' });

it('chip has every command that has an npm script', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(REPOSITORY_ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const aliases = Object.entries(scripts).flatMap(([name, script]) => {
    const [, project, entry] = /bootstrap\.mjs run (\w+) (\w+)$/.exec(script) ?? [];
    return project === undefined ? [] : [{ name, project, entry }];
  });
  const source = readFileSync(CHIP, 'utf8');
  const { stdout, status } = run('--help');
  expect(status).toBe(0);
  for (const { name, project, entry } of aliases) {
    expect(entry).toBe(name);
    expect(source).toContain(`  ${name}: '${project}',`);
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  }
  expect(source.match(/^ {2}\w+: '\w+',$/gm)).toHaveLength(aliases.length);
});

it('chip names what it does not know', () => {
  const { stderr, status } = run('topic', 'check');
  expect(stderr).toMatch(/^chip: "topic" is not a command/);
  expect(status).toBe(2);
});
