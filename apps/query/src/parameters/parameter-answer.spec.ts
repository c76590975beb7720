import { describe, expect, it } from '@jest/globals';
import { parameterRequest } from './parameter-answer.ts';

describe('a request for a version of a parameter', () => {
  it.each([
    [{ lsl: 3 }, 'usl'],
    [{ target: 5 }, 'target'],
    [{ withdraw: true }, 'unit'],
    [{ reason: '' }, 'reason'],
    [{ unit: '' }, 'unit'],
  ])('%j is refused at %s', (changes, field) => {
    const base = { name: 'cd', valid_from: '2026-01-01T00:00:00Z', unit: 'nm', lsl: 1, usl: 2, reason: 'why' };
    const { error } = parameterRequest.safeParse({ ...base, ...changes });
    expect(error?.issues[0]?.path).toEqual([field]);
  });
});
