import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AppError, toAppError, UnexpectedError } from './app-error.ts';
import { ERROR_CODES } from './error-codes.ts';

const runbook = (code: string): URL => new URL(`../../../../docs/runbooks/${code}.md`, import.meta.url);

describe.each(Object.entries(ERROR_CODES))('%s', (code, meaning) => {
  it('says what it means, in a form fit for metric labels and file names', () => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(meaning.length).toBeGreaterThan(20);
  });

  it('has a runbook with its four parts', () => {
    expect(existsSync(runbook(code))).toBe(true);
    const headings = readFileSync(runbook(code), 'utf8').match(/^#+ .*$/gm);
    expect(headings).toEqual([`# ${code}`, '## Meaning', '## Impact', '## Diagnosis', '## Mitigation']);
  });
});

describe('AppError', () => {
  class Refused extends AppError {
    readonly code = 'kafka_refused';
    readonly retriable = false;
  }

  it('carries name, code, context and cause', () => {
    const cause = new Error('why');
    const error = new Refused('it is refused', { cause, context: { topic: 't' } });
    expect(error).toMatchObject({
      name: 'Refused',
      message: 'it is refused',
      code: 'kafka_refused',
      retriable: false,
      context: { topic: 't' },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect('cause' in new Refused('no cause')).toBe(false);
  });

  it('wraps other errors, once', () => {
    const bug = new TypeError('a bug');
    expect(toAppError(bug)).toMatchObject({ code: 'unexpected', message: 'a bug', cause: bug });
    expect(toAppError('a string')).toMatchObject({ message: 'a string' });
    const own = new UnexpectedError('x');
    expect(toAppError(own)).toBe(own);
  });
});
