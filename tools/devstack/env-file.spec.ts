import { expect, it } from '@jest/globals';
import { formatEnv, parseEnv } from './env-file.ts';

it('reads what it writes, values with an equals sign included', () => {
  const env = { DATABASE_URL: 'postgresql://a:b@127.0.0.1:5432/c?x=y', EMPTY: '' };
  expect(parseEnv(formatEnv(env))).toEqual(env);
});

it('passes over comments and blank lines', () => {
  expect(parseEnv('# NAME=no\n\nNAME=value\n')).toEqual({ NAME: 'value' });
});
