import { expect, it } from '@jest/globals';
import { runEntry } from './run-entry.ts';

/** Its subcommands, each with what `--help` says of it. */
async function subcommandsOf(entry: string, path: readonly string[]): Promise<[name: string, about: string][]> {
  const { code, stdout } = await runEntry(entry, [...path, '--help'], {});
  expect(code).toBe(0);
  const [, listed = ''] = stdout.split('\nCommands:\n');
  // A long description goes on in lines that are indented further.
  return [...listed.matchAll(/^ {2}(\w\S*)(?: (?:\[options\]|<.+?>|\[.+?\]))*(?: {2,}(\S.*))?$/gm)]
    .map(([, name = '', about = '']): [string, string] => [name, about])
    .filter(([name]) => name !== 'help');
}

it.each(['db', 'topics', 'positions', 'dlq', 'keys'])('%s says of each command what it does', async (entry) => {
  const commands = await subcommandsOf(entry, []);
  expect(commands.length).toBeGreaterThan(2);
  const parts = ['audit', 'retention', 'hold', 'rollup'].filter((name) => commands.some(([known]) => known === name));
  const nested = await Promise.all(parts.map((name) => subcommandsOf(entry, [name])));
  const silent = [...commands, ...nested.flat()].filter(([, about]) => about === '');
  expect(silent).toEqual([]);
});

it('ends quietly where the reader of its output has gone', async () => {
  expect(await runEntry('dlq', ['--help'], {}, { isRead: false })).toEqual({ code: 0, stdout: '', stderr: '' });
});
