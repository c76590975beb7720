import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { describeError, hideCredentials, NestLogger } from './logger.ts';

describe('hideCredentials', () => {
  it.each([
    ['connect to postgresql://writer:s3cret@db:5432/chip failed', 'connect to postgresql://***@db:5432/chip failed'],
    [
      '{"url":"postgres://u:p%40ss@h/x","other":"http://h:80/@x"}',
      '{"url":"postgres://***@h/x","other":"http://h:80/@x"}',
    ],
    ['two: amqp://a:b@c and redis://:only@d', 'two: amqp://***@c and redis://***@d'],
    ['at postgres://u:p@ss@w:rd@db:5432/x, a@b', 'at postgres://***@db:5432/x, a@b'],
    ['{"url":"postgres://jo@site:p@ss@db","mail":"a@b"}', '{"url":"postgres://***@db","mail":"a@b"}'],
    ['http://127.0.0.1:3000/path', 'http://127.0.0.1:3000/path'],
    ['mail a:b@c', 'mail a:b@c'],
  ])('%s', (text, expected) => {
    expect(hideCredentials(text)).toBe(expected);
  });
});

describe('describeError', () => {
  it('keeps what says where and why, and drops what quotes rows, also in causes', () => {
    const quoting = {
      code: '23505',
      detail: 'Key (lot_id)=(secret) exists',
      where: 'COPY, line 1: secret',
      hint: 'secret',
      internalQuery: 'secret',
      query: 'secret',
      parameters: ['secret'],
    };
    const driver = Object.assign(new Error('duplicate key'), quoting);
    const several = Object.assign(new AggregateError([driver], 'all failed'), { retriable: false });
    const described = describeError(new Error('could not store', { cause: several }));
    expect(JSON.stringify(described)).not.toContain('secret');
    expect(described).toMatchObject({
      type: 'Error',
      message: 'could not store',
      stack: expect.stringContaining('logger.spec'),
      cause: {
        message: 'all failed',
        retriable: false,
        aggregateErrors: [{ message: 'duplicate key', code: '23505' }],
      },
    });
  });

  it('takes what is no error as it is', () => {
    expect([describeError('text'), describeError(undefined), describeError(null)]).toEqual(['text', undefined, null]);
  });
});

describe('NestLogger', () => {
  const collect = () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino(
      { level: 'trace', base: null, timestamp: false },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    return { lines, nest: new NestLogger(logger) };
  };

  it('keeps the level and the context', () => {
    const { lines, nest } = collect();
    nest.warn('careful', 'Part');
    nest.error('broken', 'stack', 'Part');
    expect(lines).toEqual([
      { level: 40, context: 'Part', msg: 'careful' },
      { level: 50, context: 'Part', msg: 'broken' },
    ]);
  });

  it('keeps the stack of an error', () => {
    const { lines, nest } = collect();
    nest.error(new TypeError('a bug'), 'Part');
    expect(lines[0]).toMatchObject({
      msg: 'a bug',
      err: { type: 'TypeError', stack: expect.stringContaining('logger.spec') },
    });
  });

  it('logs the wiring reports of Nest at debug level', () => {
    const { lines, nest } = collect();
    nest.log('Mapped {/health, GET} route', 'RouterExplorer');
    nest.log('something else', 'Part');
    expect(lines.map(({ level }) => level)).toEqual([20, 30]);
  });
});
