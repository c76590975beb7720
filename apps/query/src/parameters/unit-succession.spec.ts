import { describe, expect, it } from '@jest/globals';
import { type Problem } from '../http/problem.error.ts';
import { requireUnitOfKind } from './unit-succession.ts';

const beside = (stored: string | null) => ({ valid_from: '2026-01-01T00:00:00Z', unit: stored });

describe('the unit of a version', () => {
  it.each([
    ['another kind', 'V', 'nm'],
    ['none where there was one', undefined, 'nm'],
  ])('conflicts: %s', (_name, unit, stored) => {
    let problem: Problem | undefined;
    try {
      requireUnitOfKind({ unit }, beside(stored));
    } catch (error) {
      problem = error as Problem;
    }
    expect(problem).toMatchObject({ status: 409, code: 'parameter_conflict', errors: [{ parameter: '/unit' }] });
    expect(problem?.detail).toMatch(/nm/);
  });

  it.each([
    ['another of the same kind', 'um', 'nm'],
    ['one where there was none', 'nm', null],
    ['none where there was none', undefined, null],
  ])('may be %s', (_name, unit, stored) => {
    expect(() => requireUnitOfKind({ unit }, beside(stored))).not.toThrow();
  });
});
