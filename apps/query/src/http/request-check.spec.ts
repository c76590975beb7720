import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkRequest } from './request-check.ts';

const schema = z.strictObject({ name: z.string(), of: z.strictObject({ n: z.number() }).optional() });

const refusals = (value: unknown, code: 'invalid_body' | 'invalid_parameter'): unknown => {
  try {
    return checkRequest(value, schema, code);
  } catch (error) {
    return (error as { errors: unknown }).errors;
  }
};

describe('a list where there is none', () => {
  it('is a parameter that is given more than once', () => {
    expect(refusals({ name: ['a', 'b'] }, 'invalid_parameter')).toEqual([
      { parameter: 'name', message: 'is given more than once' },
    ]);
  });

  it('is a list in a body, or the whole body', () => {
    const message = (expected: string): string => `Invalid input: expected ${expected}, received array`;
    expect(refusals({ name: ['a'], of: { n: [] } }, 'invalid_body')).toEqual([
      { parameter: '/name', message: message('string') },
      { parameter: '/of/n', message: message('number') },
    ]);
    expect(refusals([], 'invalid_body')).toEqual([{ parameter: '', message: message('object') }]);
  });
});
