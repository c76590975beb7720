import { describe, expect, it } from '@jest/globals';
import { type Problem } from '../http/problem.error.ts';
import { succession, versionAt } from './succession.ts';

interface Version {
  readonly id: string;
  readonly valid_from: string;
}
const JANUARY: Version = { id: 'a', valid_from: '2026-01-01T00:00:00.000000Z' };
const MARCH: Version = { id: 'b', valid_from: '2026-03-01T00:00:00.5Z' };
const at = (valid_from: string) => ({ valid_from });
const follow = (versions: readonly Version[], valid_from: string, differing?: string) =>
  succession(versions, at(valid_from), () => differing, 'version_conflict');

describe('a new version', () => {
  const refused = (versions: readonly Version[], valid_from: string, differing?: string): Problem => {
    try {
      follow(versions, valid_from, differing);
    } catch (error) {
      return error as Problem;
    }
    throw new Error('not refused');
  };

  it('succeeds the last one, or comes before the first one', () => {
    expect(follow([], '2026-01-01T00:00:00.000000Z')).toEqual({});
    expect(follow([JANUARY, MARCH], '2026-03-01T00:00:00.500001Z')).toEqual({ before: MARCH });
    expect(follow([JANUARY, MARCH], '2025-12-31T23:59:59.000000Z')).toEqual({ after: JANUARY });
  });

  it('that is stored already is found, not stored again', () => {
    expect(follow([JANUARY, MARCH], '2026-03-01T00:00:00.500000Z')).toEqual({ same: MARCH });
    const last: Version = { id: 'c', valid_from: '9999-12-31T23:59:59.999999Z' };
    expect(follow([JANUARY, last], last.valid_from)).toEqual({ same: last });
  });

  it.each([
    ['another value at the same time', '2026-01-01T00:00:00.000000Z', 'usl', /another usl/],
    ['a range that ended', '2026-02-01T00:00:00.000000Z', undefined, /2026-03-01T00:00:00.500000Z/],
  ])('conflicts: %s', (_name, valid_from, differing, message) => {
    const { status, code, errors, detail } = refused([JANUARY, MARCH], valid_from, differing);
    expect([status, code, errors.map(({ parameter }) => parameter)]).toEqual([
      409,
      'version_conflict',
      ['/valid_from'],
    ]);
    expect(detail).toMatch(message);
  });
});

describe('versionAt', () => {
  it('compares times, not texts', () => {
    expect(versionAt([JANUARY, MARCH], at('2026-03-01T00:00:00.500000Z'))).toBe(MARCH);
    expect(versionAt([JANUARY, MARCH], at('2026-03-01T00:00:00.000000Z'))).toBeUndefined();
  });
});
