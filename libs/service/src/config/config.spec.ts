import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  authModeSchema,
  ConfigError,
  describeConfig,
  freshValue,
  isLoopback,
  loadConfig,
  serviceSchema,
  switchSchema,
  withAccessRule,
} from './config.ts';

/** This spec is the manual of how services read their environment. */
const problemsOf = (call: () => unknown): readonly { name: string; reason: string }[] => {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('what every service reads', () => {
  it('has a default for everything', () => {
    expect(loadConfig(serviceSchema, {})).toEqual({
      HOST: '127.0.0.1',
      PORT: 3000,
      LOG_LEVEL: 'info',
      OTEL_TRACES_SAMPLER_ARG: 0.01,
      INSTANCE: expect.stringMatching(/^[A-Za-z0-9._-]+$/),
    });
  });

  it('uses variables that are set', () => {
    const env = {
      HOST: '0.0.0.0',
      PORT: '8080',
      LOG_LEVEL: 'debug',
      INSTANCE: 'writer-2',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
    };
    expect(loadConfig(serviceSchema, env)).toEqual({ ...env, PORT: 8080, OTEL_TRACES_SAMPLER_ARG: 0.5 });
  });

  it('counts an empty variable as absent and ignores variables it does not know', () => {
    expect(loadConfig(serviceSchema, { PORT: '', HOME: '/root', PORTS: 'x' }).PORT).toBe(3000);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '30.5'],
    ['LOG_LEVEL', 'loud'],
    ['INSTANCE', 'with space'],
  ])('refuses %s=%s by name', (name, value) => {
    const problems = problemsOf(() => loadConfig(serviceSchema, { [name]: value }));
    expect(problems.map((problem) => problem.name)).toEqual([name]);
  });
});

describe('refusals', () => {
  const schema = z.object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('the primary'),
    BATCH_SIZE: z.coerce.number().int().positive().default(10),
    MODE: z.enum(['fast', 'safe']).default('safe'),
  });

  it('name every problem at once', () => {
    const error = problemsOf(() => loadConfig(schema, { BATCH_SIZE: '0', MODE: 'wild' }));
    expect(error.map(({ name }) => name)).toEqual(['DATABASE_URL', 'BATCH_SIZE', 'MODE']);
    expect(error[0]?.reason).toBe('is required');
  });

  it('never contain a value, not even through a message that quotes it', () => {
    const leaky = z.object({
      TOKEN: z.string().refine(() => false, { error: (issue) => `bad token ${String(issue.input)}` }),
      DATABASE_URL: z.url({ protocol: /^postgres$/ }),
      MODE: z.enum(['fast']),
    });
    const env = { TOKEN: 'hunter22', DATABASE_URL: 'mysql://u:s3cret@db/x', MODE: 'topsecret' };
    try {
      loadConfig(leaky, env);
    } catch (error) {
      const text = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
      for (const secret of ['hunter22', 's3cret', 'topsecret']) {
        expect(text).not.toContain(secret);
      }
      expect((error as ConfigError).code).toBe('config_invalid');
      return;
    }
    throw new Error('nothing was refused');
  });
});

describe('secrets in files', () => {
  const schema = z.object({ PASSWORD: z.string().min(4) });
  const file = (content: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'secret');
    writeFileSync(path, content);
    return path;
  };

  it('are read from NAME_FILE without the last line break', () => {
    expect(loadConfig(schema, { PASSWORD_FILE: file('pass word\n') })).toEqual({ PASSWORD: 'pass word' });
    expect(loadConfig(schema, { PASSWORD_FILE: file('two\nlines\r\n') })).toEqual({ PASSWORD: 'two\nlines' });
  });

  it('are read again on request; in the middle of a renewal the value of before holds', () => {
    const path = file('first\n');
    const value = freshValue(loadConfig(schema, { PASSWORD_FILE: path }), 'PASSWORD');
    expect(value()).toBe('first');
    writeFileSync(path, 'second\n');
    expect(value()).toBe('second');
    writeFileSync(path, '');
    expect(value()).toBe('second');
    rmSync(path);
    expect(value()).toBe('second');
    expect(freshValue(loadConfig(schema, { PASSWORD: 'direct', PASSWORD_FILE: path }), 'PASSWORD')()).toBe('direct');
  });

  it('give way to NAME itself', () => {
    expect(loadConfig(schema, { PASSWORD: 'direct', PASSWORD_FILE: '/does/not/exist' })).toEqual({
      PASSWORD: 'direct',
    });
  });

  it('are refused when the file cannot be read, once and without the path', () => {
    const problems = problemsOf(() => loadConfig(schema, { PASSWORD_FILE: '/does/not/exist' }));
    expect(problems).toEqual([{ name: 'PASSWORD_FILE', reason: 'names a file that cannot be read' }]);
  });

  it('count as absent when the file is empty', () => {
    expect(problemsOf(() => loadConfig(schema, { PASSWORD_FILE: file('\n') }))).toEqual([
      { name: 'PASSWORD', reason: 'is required' },
    ]);
  });
});

describe('AUTH_MODE', () => {
  const schema = withAccessRule(serviceSchema.extend({ AUTH_MODE: authModeSchema, NEEDED: z.string() }));
  const withMode = (authMode: string | undefined, host: string) =>
    loadConfig(schema, { HOST: host, NEEDED: 'x', AUTH_MODE: authMode });

  it('is none by default, which needs a loopback address', () => {
    expect(withMode(undefined, '127.0.0.1').AUTH_MODE).toBe('none');
  });

  it.each(['keys', 'oidc', 'keys+oidc'])('%s may listen anywhere', (mode) => {
    expect(withMode(mode, '0.0.0.0').AUTH_MODE).toBe(mode);
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('may be none on %s', (host) => {
    expect(withMode('none', host).AUTH_MODE).toBe('none');
  });

  it.each(['0.0.0.0', '10.0.0.7', '::', 'example.com', '127.0.0.1.example.com'])('must not be none on %s', (host) => {
    expect(problemsOf(() => withMode('none', host))).toEqual([
      { name: 'AUTH_MODE', reason: 'must be keys, oidc or keys+oidc unless HOST is a loopback address' },
    ]);
    expect(isLoopback(host)).toBe(false);
  });

  it('is checked even when another variable is wrong', () => {
    expect(
      problemsOf(() => loadConfig(schema, { HOST: '0.0.0.0', AUTH_MODE: 'none' }))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['AUTH_MODE', 'NEEDED']);
  });
});

it('reads switches as people write them', () => {
  const schema = z.object({ FEATURE: switchSchema.default(false) });
  const read = (feature?: string) => loadConfig(schema, { FEATURE: feature }).FEATURE;
  expect([read('on'), read('true'), read('off'), read('false'), read()]).toEqual([true, true, false, false, false]);
  expect(problemsOf(() => read('yes'))).toHaveLength(1);
});

it('lists the variables of a schema for documentation and deployment checks', () => {
  const schema = serviceSchema
    .pick({ PORT: true })
    .extend({ DATABASE_URL: z.string().describe('the primary'), NOTE: z.string().optional() })
    .extend({
      KINDS: z
        .string()
        .default('a,b')
        .transform((names) => names.split(',').map((name) => ({ name }))),
    });
  expect(describeConfig(schema)).toEqual([
    { name: 'PORT', required: false, default: 3000, description: 'port of the HTTP server; 0 picks a free one' },
    { name: 'DATABASE_URL', required: true, default: undefined, description: 'the primary' },
    { name: 'NOTE', required: false, default: undefined, description: '' },
    { name: 'KINDS', required: false, default: 'a,b', description: '' },
  ]);
});
