import { expect, it } from '@jest/globals';
import { describeFailure, StackError } from './stack-error.ts';

it('says what happened, and what to do', () => {
  expect(describeFailure(new StackError('it broke', 'fix it', { excerpt: 'a\nb' }))).toBe(
    '\nit broke.\n  | a\n  | b\n  What to do: fix it',
  );
});

it('says what to do when the system refuses', () => {
  const refusal = Object.assign(new Error("EACCES: permission denied, mkdir '/x/.local'"), { code: 'EACCES' });
  expect(describeFailure(refusal)).toMatch(/^\nEACCES: permission denied, mkdir '\/x\/.local'.\n {2}What to do: run /);
});

it('keeps the stack of an unexpected error', () => {
  expect(describeFailure(new TypeError('a bug'))).toContain('    at ');
});
