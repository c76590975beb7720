import { expect, it } from '@jest/globals';
import { marked, nameFromEnviron } from './processes.ts';

const environ = (env: NodeJS.ProcessEnv) =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');

it('recognises a process by the mark it was started with', () => {
  expect(nameFromEnviron(environ(marked({ PATH: '/bin' }, '/a/run', 'ingest-2')), '/a/run')).toBe('ingest-2');
});

it('does not recognise a process of another checkout, even one whose path begins alike', () => {
  const other = environ(marked({}, '/a/run-2', 'ingest-1'));
  expect(nameFromEnviron(other, '/a/run')).toBeUndefined();
});

it('does not recognise a process without a mark', () => {
  expect(nameFromEnviron(environ({ NOTE: 'x CHIP_STACK_PROCESS=/a/run/ingest-1' }), '/a/run')).toBeUndefined();
});
