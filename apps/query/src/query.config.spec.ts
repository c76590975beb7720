import { describe, expect, it } from '@jest/globals';
import { type ConfigError, loadConfig } from '@chip/service';
import { querySchema } from './query.config.ts';

const DATABASE_URL = 'postgres://chip:s3cret@127.0.0.1:5432/chip_quality';
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    loadConfig(querySchema, env);
    return [];
  } catch (error) {
    expect((error as Error).message).not.toContain('s3cret');
    return (error as ConfigError).problems.map(({ name, reason }) => `${name} ${reason}`);
  }
};

describe('configuration', () => {
  it('needs the database alone', () => {
    expect(loadConfig(querySchema, { DATABASE_URL })).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 3000,
      DATABASE_POOL_MAX: 10,
      QUERY_TIMEOUT_MS: 30_000,
      AUTH_MODE: 'none',
    });
    expect(loadConfig(querySchema, { DATABASE_URL })).not.toHaveProperty('READ_DATABASE_URL');
    expect(problemsOf({})).toEqual(['DATABASE_URL is required']);
    expect(problemsOf({ READ_DATABASE_URL: DATABASE_URL })).toEqual(['DATABASE_URL is required']);
  });

  it.each([
    [{ HOST: '0.0.0.0' }, ['AUTH_MODE must be keys unless HOST is a loopback address']],
    [{ HOST: '10.0.0.1', AUTH_MODE: 'none' }, ['AUTH_MODE must be keys unless HOST is a loopback address']],
    [{ AUTH_MODE: 'keys' }, ['AUTH_MODE must be none: other modes are not supported yet']],
    [{ AUTH_MODE: 'oidc' }, ['AUTH_MODE must be none: other modes are not supported yet']],
  ])('%p is refused', (env, problems) => {
    expect(problemsOf({ DATABASE_URL, ...env })).toEqual(problems);
  });

  it.each([
    ['DATABASE_POOL_MAX', '0'],
    ['DATABASE_POOL_MAX', 'many'],
    ['QUERY_TIMEOUT_MS', '0'],
    ['QUERY_TIMEOUT_MS', '1h'],
    ['PORT', '70000'],
  ])('%s=%s is refused by name', (name, value) => {
    const problems = problemsOf({ DATABASE_URL, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} is not valid`));
  });

  it.each(['localhost', '127.0.0.1', '127.8.9.1', '::1'])('no access control is accepted on %s', (HOST) => {
    expect(problemsOf({ DATABASE_URL, HOST })).toEqual([]);
  });
});
