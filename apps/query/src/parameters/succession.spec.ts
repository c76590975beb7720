import { describe, expect, it } from '@jest/globals';
import { type Problem } from '../http/problem.error.ts';
import { parameterRequest } from './parameter-answer.ts';
import { versionAt } from '../versions/succession.ts';
import { requireSuccession } from './succession.ts';

const version = (id: string, valid_from: string, unit: string | null = 'nm') => ({
  id,
  valid_from,
  unit,
  lower_limit: 1,
  upper_limit: 2,
  target: null,
});
const request = (valid_from: string, changes: object = {}) =>
  parameterRequest.parse({ name: 'cd', valid_from, unit: 'nm', lsl: 1, usl: 2, reason: 'why', ...changes });

const JANUARY = version('a', '2026-01-01T00:00:00Z');
const MARCH = version('b', '2026-03-01T00:00:00.5Z');

describe('a new version of a parameter', () => {
  const refused = (versions: (typeof JANUARY)[], given: ReturnType<typeof request>): Problem => {
    try {
      requireSuccession(versions, given);
    } catch (error) {
      return error as Problem;
    }
    throw new Error('not refused');
  };

  it('succeeds the last one, or comes before the first one', () => {
    expect(requireSuccession([], request('2026-01-01T00:00:00Z'))).toEqual({});
    expect(requireSuccession([JANUARY, MARCH], request('2026-03-01T00:00:00.500001Z'))).toEqual({ before: MARCH });
    expect(requireSuccession([JANUARY, MARCH], request('2025-12-31T23:59:59Z'))).toEqual({});
  });

  it('that is stored already is found, not stored again', () => {
    expect(requireSuccession([JANUARY, MARCH], request('2026-03-01T01:00:00.5+01:00'))).toEqual({ same: MARCH });
  });

  it.each([
    ['another limit at the same time', request('2026-01-01T00:00:00Z', { usl: 3 }), '/valid_from', /another usl/],
    ['a target at the same time', request('2026-01-01T00:00:00Z', { target: 1.5 }), '/valid_from', /another target/],
    ['a range that ended', request('2026-02-01T00:00:00Z'), '/valid_from', /2026-03-01T00:00:00.500000Z/],
    ['another kind of unit', request('2026-04-01T00:00:00Z', { unit: 'V' }), '/unit', /nm/],
    ['no unit where there was one', request('2026-04-01T00:00:00Z', { unit: undefined }), '/unit', /nm/],
  ])('conflicts: %s', (_name, given, parameter, message) => {
    const { status, code, errors, detail } = refused([JANUARY, MARCH], given);
    expect([status, code, errors.map((error) => error.parameter)]).toEqual([409, 'parameter_conflict', [parameter]]);
    expect(detail).toMatch(message);
  });

  it('may have another unit of the same kind, and one where there was none', () => {
    expect(requireSuccession([MARCH], request('2026-04-01T00:00:00Z', { unit: 'um' }))).toEqual({ before: MARCH });
    const without = version('c', '2026-01-01T00:00:00Z', null);
    expect(requireSuccession([without], request('2026-04-01T00:00:00Z'))).toEqual({ before: without });
  });
});

describe('versionAt', () => {
  it('compares times, not texts', () => {
    expect(versionAt([JANUARY, MARCH], request('2026-03-01T00:00:00.50Z'))).toBe(MARCH);
    expect(versionAt([JANUARY, MARCH], request('2026-03-01T00:00:00Z'))).toBeUndefined();
  });
});

describe('a request', () => {
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
