import { describe, expect, it } from '@jest/globals';
import { type ConfigError, loadConfig } from '@chip/service';
import { querySchema, readConnections } from './query.config.ts';

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
  it('requires only the database', () => {
    expect(loadConfig(querySchema, { DATABASE_URL })).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 3000,
      DATABASE_POOL_MAX: 10,
      DATABASE_STATISTICS_MAX: 2,
      QUERY_TIMEOUT_MS: 30_000,
      AUTH_MODE: 'none',
    });
    expect(loadConfig(querySchema, { DATABASE_URL })).not.toHaveProperty('READ_DATABASE_URL');
    expect(problemsOf({})).toEqual(['DATABASE_URL is required']);
    expect(problemsOf({ READ_DATABASE_URL: DATABASE_URL })).toEqual(['DATABASE_URL is required']);
  });

  it.each([
    [{ HOST: '0.0.0.0' }, ['AUTH_MODE must be keys, oidc or keys+oidc unless HOST is a loopback address']],
    [
      { HOST: '10.0.0.1', AUTH_MODE: 'none' },
      ['AUTH_MODE must be keys, oidc or keys+oidc unless HOST is a loopback address'],
    ],
    [{ AUTH_MODE: 'oidc' }, ['OIDC_ISSUER must be given, with OIDC_AUDIENCE, when AUTH_MODE includes oidc']],
    [{ HTTPS_CERTIFICATE: '/c.pem' }, ['HTTPS_KEY must be given together with HTTPS_CERTIFICATE']],
    [{ RATE_LIMITS: 'light=1' }, ['RATE_LIMITS must be light=N,statistic=N,export=N,write=N']],
    ...['proxy.example', 'loopback', '0.0.0.0/0', '10.0.0.0/33', '10.0.0.0/8/8', '127.0.0.1,', '::/129'].map(
      (addresses): [Record<string, string>, string[]] => [
        { TRUST_PROXY: addresses },
        ['TRUST_PROXY must be IP addresses or networks such as 10.1.0.0/16'],
      ],
    ),
    [
      { AUTH_MODE: 'oidc', OIDC_AUDIENCE: 'a', OIDC_ISSUER: 'http://issuer.example' },
      ['OIDC_ISSUER must be an https URL'],
    ],
    ...[
      {},
      { SESSION_SECRET: 's'.repeat(32) },
      { SESSION_SECRET: 's'.repeat(32), PUBLIC_URL: 'https://chip.example', AUTH_MODE: 'keys' },
    ].map((env): [Record<string, string>, string[]] => [
      { AUTH_MODE: 'oidc', OIDC_ISSUER: 'https://issuer.example', OIDC_AUDIENCE: 'a', OIDC_CLIENT_ID: 'page', ...env },
      ['OIDC_CLIENT_ID must be given with SESSION_SECRET, PUBLIC_URL and an AUTH_MODE with oidc'],
    ]),
    ...['http://chip.example', 'https://chip.example/path', 'ftp://127.0.0.1', 'https://user@chip.example'].map(
      (address): [Record<string, string>, string[]] => [
        { PUBLIC_URL: address },
        ['PUBLIC_URL must be https://host without a path; http on a loopback address only'],
      ],
    ),
    ...['short', `${'s'.repeat(32)}\nshort`, Array.from({ length: 6 }, (_, i) => `${i}`.repeat(32)).join('\n')].map(
      (secret): [Record<string, string>, string[]] => [
        { SESSION_SECRET: secret },
        ['SESSION_SECRET must be one to five lines of at least 32 characters each'],
      ],
    ),
    [{ OIDC_ISSUER: 'issuer' }, ['OIDC_ISSUER is not valid: Invalid URL']],
    [{ PUBLIC_URL: 'chip.example' }, ['PUBLIC_URL is not valid: Invalid URL']],
    [{ OIDC_SCOPE: 'profile' }, ['OIDC_SCOPE must include openid']],
  ])('%p is refused', (env, problems) => {
    expect(problemsOf({ DATABASE_URL, ...env })).toEqual(problems);
  });

  it('accepts proxies by address or network', () => {
    const { TRUST_PROXY } = loadConfig(querySchema, {
      DATABASE_URL,
      TRUST_PROXY: '127.0.0.1, 10.1.0.0/16,::1,fd00::/8',
    });
    expect(TRUST_PROXY).toEqual(['127.0.0.1', '10.1.0.0/16', '::1', 'fd00::/8']);
  });

  it('accepts any address when keys or tokens are required', () => {
    expect(problemsOf({ DATABASE_URL, HOST: '0.0.0.0', AUTH_MODE: 'keys' })).toEqual([]);
    const tokens = { OIDC_ISSUER: 'https://issuer.example', OIDC_AUDIENCE: 'chip' };
    expect(problemsOf({ DATABASE_URL, HOST: '0.0.0.0', AUTH_MODE: 'keys+oidc', ...tokens })).toEqual([]);
  });

  it.each([
    ['DATABASE_POOL_MAX', 'no'],
    ['DATABASE_STATISTICS_MAX', '0'],
    ['DATABASE_POOL_MAX', '201'],
    ['QUERY_TIMEOUT_MS', '0'],
    ['QUERY_TIMEOUT_MS', '1h'],
    ['PORT', '70000'],
  ])('%s=%s is refused by name', (name, value) => {
    const problems = problemsOf({ DATABASE_URL, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} is not valid`));
  });

  it('leaves connections for lists', () => {
    expect(problemsOf({ DATABASE_URL, DATABASE_POOL_MAX: '10', DATABASE_STATISTICS_MAX: '5' })).toEqual([]);
    expect(problemsOf({ DATABASE_URL, DATABASE_POOL_MAX: '10', DATABASE_STATISTICS_MAX: '6' })).toEqual([
      'DATABASE_STATISTICS_MAX must be at most half of DATABASE_POOL_MAX',
    ]);
    expect(problemsOf({ DATABASE_URL, DATABASE_POOL_MAX: '3', DATABASE_STATISTICS_MAX: '1' })).toEqual([
      'DATABASE_POOL_MAX is not valid: Too small: expected number to be >=4',
    ]);
  });

  it.each([
    [10, 2, { light: 6, statistic: 2, export: 2 }],
    [4, 2, { light: 1, statistic: 2, export: 1 }],
    [200, 100, { light: 50, statistic: 100, export: 50 }],
  ])('%d connections, %d of them for statistics, are divided by cost', (max, statistics, expected) => {
    expect(readConnections({ DATABASE_POOL_MAX: max, DATABASE_STATISTICS_MAX: statistics })).toEqual(expected);
  });

  it.each(['localhost', '127.0.0.1', '127.8.9.1', '::1'])('no access control is accepted on %s', (host) => {
    expect(problemsOf({ DATABASE_URL, HOST: host })).toEqual([]);
  });
});
